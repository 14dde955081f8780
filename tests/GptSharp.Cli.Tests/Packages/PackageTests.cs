using System.Globalization;
using System.IO.Compression;
using System.Xml.Linq;
using Xunit;

namespace GptSharp.Cli.Tests.Packages;

public sealed class PackageTests(Newcomer newcomer) : IClassFixture<Newcomer>
{
    private static readonly string[] Libraries =
        ["GptSharp.Cuda", "GptSharp.Data", "GptSharp.Files", "GptSharp.Inference", "GptSharp.Interop", "GptSharp.Nn", "GptSharp.Ptx", "GptSharp.Tensors", "GptSharp.Training"];

    private string PathOf(string package) =>
        Assert.Single(Directory.GetFiles(newcomer.Packages), path => Path.GetFileName(path).StartsWith($"{package}.0", StringComparison.Ordinal));

    [Fact]
    public void Packing_makes_a_package_of_each_library_and_one_of_the_tool_without_a_warning()
    {
        string[] names = [.. Directory.GetFiles(newcomer.Packages).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];
        Assert.Equal(Libraries.Append("gptsharp"), names.Select(name => name[..name.IndexOf(".0", StringComparison.Ordinal)]));
        Assert.DoesNotContain("warning", newcomer.PackOutput, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("gptsharp")]
    [InlineData("GptSharp.Cuda")]
    [InlineData("GptSharp.Data")]
    [InlineData("GptSharp.Files")]
    [InlineData("GptSharp.Inference")]
    [InlineData("GptSharp.Interop")]
    [InlineData("GptSharp.Nn")]
    [InlineData("GptSharp.Ptx")]
    [InlineData("GptSharp.Tensors")]
    [InlineData("GptSharp.Training")]
    public void Every_package_has_the_readme_and_the_license(string package)
    {
        using ZipArchive archive = ZipFile.OpenRead(PathOf(package));
        foreach (string name in new[] { "README.md", "LICENSE" })
        {
            using var reader = new StreamReader(archive.GetEntry(name)!.Open());
            Assert.Equal(File.ReadAllText(Path.Combine(Golden.Repository, name)), reader.ReadToEnd());
        }

        using Stream manifest = archive.Entries.Single(entry => entry.Name.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        XElement metadata = XDocument.Load(manifest).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
        string Text(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
        Assert.Equal("MIT", Text("license"));
        Assert.Equal("README.md", Text("readme"));
        Assert.NotEmpty(Text("description"));
    }

    [Fact]
    public void Every_library_comes_with_its_documentation() => Assert.All(Libraries, library =>
    {
        using ZipArchive archive = ZipFile.OpenRead(PathOf(library));
        Assert.NotNull(archive.GetEntry($"lib/net10.0/{library}.dll"));
        Assert.NotNull(archive.GetEntry($"lib/net10.0/{library}.xml"));
    });

    [Fact]
    public void The_tool_installs_and_runs()
    {
        newcomer.Dotnet("tool", "install", "--tool-path", "tools", "--add-source", newcomer.Packages, "gptsharp");
        string info = newcomer.Run(Path.Combine(newcomer.Home, "tools", "gptsharp"), "info", "gpt2");
        Assert.Contains("124,439,808", info, StringComparison.Ordinal);
    }

    [Fact]
    public void The_program_in_the_readme_trains_ten_steps_on_the_packages()
    {
        newcomer.Put("lesson/lesson.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="GptSharp.Training" Version="0.1.*" />
              </ItemGroup>
            </Project>
            """);
        string readme = File.ReadAllText(Path.Combine(Golden.Repository, "README.md"));
        newcomer.Put("lesson/Program.cs", readme.Split("```csharp\n")[1].Split("```")[0]);
        string output = newcomer.Dotnet("run", "--configuration", "Release", "--project", "lesson");
        double[] losses = [.. output.Split('\n')
            .Where(line => line.StartsWith("loss ", StringComparison.Ordinal))
            .Select(line => double.Parse(line[5..], CultureInfo.InvariantCulture))];
        Assert.Equal(10, losses.Length);
        Assert.True(losses[9] < losses[0] - 0.3, $"The losses are {string.Join(", ", losses)}.");
    }
}
