using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Warnings;

/// <summary>
/// Warns of accesses to memory that cost more than they look, generic ones and those of local memory, and of sums whose bits change from run
/// to run.
/// </summary>
internal static class AccessWarnings
{
    private static readonly HashSet<string> Spaces = new(StringComparer.Ordinal)
    {
        "const", "global", "local", "param", "param::entry", "param::func", "shared", "shared::cta", "shared::cluster",
    };

    private static readonly HashSet<string> FloatTypes = new(StringComparer.Ordinal) { "f16", "f16x2", "bf16", "bf16x2", "f32", "f64" };

    /// <summary>A warning for an instruction, or null.</summary>
    public static string? Check(InstructionSyntax instruction)
    {
        if (instruction.Opcode is not ("ld" or "st" or "atom" or "red" or "ldu") || instruction.Modifiers.Contains("async"))
        {
            return null;
        }

        return !instruction.Modifiers.Any(Spaces.Contains)
            ? "This access is generic: the GPU finds out the kind of memory for each address; name .global or .shared where it is known."
            : instruction.Modifiers.Contains("local")
            ? "This access goes to local memory, which lies behind the caches in device memory: an array that is indexed by a variable, or spilled registers."
            : instruction.Opcode is "atom" or "red" && instruction.Modifiers.Contains("add") && instruction.Modifiers.Any(FloatTypes.Contains)
            ? "Numbers that are added atomically are added in any order: the last bits of the sum change from run to run."
            : null;
    }

    /// <summary>A warning for a declaration in a function, or null.</summary>
    public static string? Check(DeclarationSyntax declaration) =>
        declaration.Variables.FirstOrDefault(variable => variable.Space == StateSpace.Local) is { } local
            ? $"'{local.Name}' takes {local.ByteLength} bytes of local memory per thread."
            : null;
}
