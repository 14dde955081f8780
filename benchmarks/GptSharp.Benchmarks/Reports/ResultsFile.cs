using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GptSharp.Cli.Machine;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Benchmarks.Reports;

/// <summary>
/// <c>benchmarks/results/CPU-DATE.json</c>: what was measured on one kind of processor on one day. Each report is a section of
/// its own and replaces only itself.
/// </summary>
internal static partial class ResultsFile
{
    private static readonly JsonSerializerOptions Style = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>Writes a section.</summary>
    /// <param name="section"><c>steps</c> or <c>ops</c>.</param>
    /// <param name="results">What was measured.</param>
    /// <returns>The file.</returns>
    public static string Write(string section, object results)
    {
        string cpu = Processor.Name();
        string date = DateTime.Now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string path = Path.Combine(Folder(), $"{NotInNames().Replace(cpu.ToLowerInvariant(), "-").Trim('-')}-{date}.json");
        JsonNode file = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))! : new JsonObject();
        file["cpu"] = cpu;
        file["processors"] = Environment.ProcessorCount;
        file["vectors"] = CpuFeatures.Select().ToString();
        file["runtime"] = RuntimeInformation.FrameworkDescription;
        file["system"] = RuntimeInformation.OSDescription;
        file["date"] = date;
        file[section] = JsonSerializer.SerializeToNode(results, Style);
        Directory.CreateDirectory(Folder());
        File.WriteAllText(path, file.ToJsonString(Style) + "\n");
        return path;
    }

    // Of the checkout that was compiled.
    private static string Folder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "results"));

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInNames();
}
