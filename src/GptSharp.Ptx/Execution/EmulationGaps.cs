using GptSharp.Ptx.Execution.Decoding;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution;

/// <summary>Finds the statements of a module that the emulator cannot run, without running anything.</summary>
internal static class EmulationGaps
{
    /// <summary>Each such statement once, in the order of the file, with the reason.</summary>
    public static IReadOnlyList<(SourceSpan Span, string Reason)> Find(ModuleSyntax module)
    {
        using var memory = new DeviceMemory();
        var gaps = new SortedDictionary<int, (SourceSpan, string)>();
        LoadedModule loaded;
        try
        {
            loaded = new LoadedModule(module, memory);
        }
        catch (NotEmulatedException)
        {
            // An initialiser names what another file defines: such a module cannot be launched at all.
            return [];
        }

        foreach (FunctionSyntax function in module.Functions.Where(function => function.Body is not null))
        {
            KernelProgram program = ProgramBuilder.Build(loaded, function, default);
            for (int step = 0; step < program.Length; step++)
            {
                if (program.Reason(step) is { } reason && program.Sources[step] is { } source)
                {
                    gaps[source.Span.Start] = (source.Span, reason);
                }
            }
        }

        return [.. gaps.Values];
    }
}
