using System.CommandLine;
using System.Text.Json;
using GptSharp.Cli.Display;
using GptSharp.Cli.Kernels;
using GptSharp.Cli.Kernels.Runs;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp kernels list</c>: what there is, and what it takes of a GPU.</summary>
internal static class KernelsListCommand
{
    public static Command Create(CommandOutput output)
    {
        Option<bool> json = new("--json") { Description = "Write one JSON array and nothing else." };
        CommandWithExamples command = new(
            "list",
            "List every kernel in this program: its idea, threads of a block, shared memory and registers.",
            "gptsharp kernels list",
            "gptsharp kernels list --json")
        {
            json,
        };
        command.SetAction(parsed =>
        {
            IReadOnlyList<ShippedFile> files = ShippedFile.All();
            if (parsed.GetValue(json))
            {
                output.Out.WriteLine(JsonSerializer.Serialize(files, RungJson.Options));
                return ExitCode.Done;
            }

            Write(files, output.Out);
            return ExitCode.Done;
        });
        return command;
    }

    // One table, cut into files: columns stand below each other all the way down.
    private static void Write(IReadOnlyList<ShippedFile> files, TextWriter writer)
    {
        int width = files.SelectMany(file => file.Kernels).Select(kernel => kernel.Name.Length).DefaultIfEmpty().Max();
        string Row(string name, string threads, string shared, string registers) =>
            $"  {name.PadRight(width)}  {threads,7}  {shared,7}  {registers,9}";

        writer.WriteLine(Row("kernel", "threads", "shared", "registers"));
        writer.WriteLine();
        foreach (ShippedFile file in files)
        {
            RungTables.WriteWrapped($"{file.File}: {file.Idea}", "  ", writer);
            foreach (ShippedKernel kernel in file.Kernels)
            {
                string threads = kernel.Threads == 0 ? "any" : Format.Count(kernel.Threads);
                writer.WriteLine(Row(kernel.Name, threads, Format.Count(kernel.SharedBytes), Format.Count(kernel.Registers)));
            }

            writer.WriteLine();
        }

        RungTables.WriteWrapped(
            $"{Format.Count(files.Sum(file => file.Kernels.Count))} kernels in {Format.Count(files.Count)} files. Threads of a block at most; bytes of shared "
            + "memory that the kernel declares, and for a rung those that its launch adds; registers alive at once, of which an assembler needs up to a quarter more.",
            "",
            writer);
    }
}
