using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace GptSharp.Cli.Tests.Packages;

/// <summary>
/// Somebody with the .NET SDK, an empty folder and the packages that <c>dotnet pack</c> made of this checkout. Nothing is fetched:
/// the packages that ours need come from the folder where this build has them.
/// </summary>
public sealed class Newcomer : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public Newcomer()
    {
        Assembly tests = typeof(Newcomer).Assembly;
        string configuration = tests.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        string builtWith = tests.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "NuGetPackageRoot").Value!;
        _folder.Put("NuGet.Config", $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="packed" value="{Packages}" />
                <add key="built-with" value="{builtWith}" />
              </packageSources>
            </configuration>
            """);
        Directory.CreateDirectory(Packages);

        // What is tested is what was built: pack builds nothing, and writes the packages out of the checkout.
        PackOutput = Dotnet(
            "pack", Path.Combine(Golden.Repository, "GptSharp.sln"), "--configuration", configuration, "--no-build", "--output", Packages);
    }

    /// <summary>The folder that was empty.</summary>
    public string Home => _folder.Path;

    /// <summary>Where the packages lie.</summary>
    public string Packages => _folder.At("packages");

    /// <summary>What <c>dotnet pack</c> said.</summary>
    public string PackOutput { get; }

    public string Put(string name, string text) => _folder.Put(name, text);

    /// <summary>Runs the SDK in the folder and returns what it printed.</summary>
    public string Dotnet(params string[] arguments) => Run("dotnet", arguments);

    /// <summary>Runs a program in the folder and returns what it printed.</summary>
    public string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Home,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The test itself may run inside the SDK, whose settings are not the newcomer's.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        // Extracted packages and what the SDK forgets to delete stay in the folder, and no server of the SDK outlives its command.
        start.Environment["TMPDIR"] = Directory.CreateDirectory(_folder.At("temporary")).FullName;
        start.Environment["NUGET_PACKAGES"] = _folder.At("extracted");
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(
            process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{output}\n{errors.Result}");
        return output;
    }

    public void Dispose() => _folder.Dispose();
}
