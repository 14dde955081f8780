using System.Globalization;

namespace GptSharp.Ptx.Counters;

/// <summary>What part of a GPU an instruction occupies.</summary>
public enum InstructionClass
{
    /// <summary>Fused multiply-add of binary32.</summary>
    FusedMultiplyAdd,

    /// <summary>Other arithmetic of binary32.</summary>
    Float,

    /// <summary>Arithmetic of two 16-bit floats at once.</summary>
    Half,

    /// <summary>Arithmetic of binary64.</summary>
    Double,

    /// <summary>Approximate functions: exponential, logarithm, reciprocal, roots, sine, tangent.</summary>
    SpecialFunction,

    /// <summary>Exact divisions and roots and integer divisions: one statement, many machine instructions.</summary>
    Division,

    /// <summary>Matrix multiplication.</summary>
    Matrix,

    /// <summary>Integer arithmetic and logic.</summary>
    Integer,

    /// <summary>Comparisons and selections.</summary>
    Compare,

    /// <summary>Conversions.</summary>
    Conversion,

    /// <summary>Moves.</summary>
    Move,

    /// <summary>Loads and stores of global memory.</summary>
    Global,

    /// <summary>Loads and stores of shared memory, matrix loads included.</summary>
    Shared,

    /// <summary>Loads and stores of local memory.</summary>
    Local,

    /// <summary>Loads of constants and parameters.</summary>
    Constant,

    /// <summary>Loads and stores whose address tells the space.</summary>
    Generic,

    /// <summary>Asynchronous copies, their commits and waits.</summary>
    AsyncCopy,

    /// <summary>Atomic operations and reductions in memory.</summary>
    Atomic,

    /// <summary>Exchange between the lanes of a warp.</summary>
    Warp,

    /// <summary>Barriers and fences.</summary>
    Barrier,

    /// <summary>Branches, calls and returns.</summary>
    Control,
}

/// <summary>Sorts instructions into classes.</summary>
public static class InstructionClasses
{
    private static readonly HashSet<string> Special = new(StringComparer.Ordinal) { "ex2", "lg2", "rsqrt", "sin", "cos", "tanh" };

    /// <summary>The class of an instruction.</summary>
    /// <param name="opcode">The opcode, for example <c>fma</c>.</param>
    /// <param name="modifiers">Its dotted parts, without dots.</param>
    public static InstructionClass Classify(string opcode, IReadOnlyList<string> modifiers)
    {
        ArgumentNullException.ThrowIfNull(opcode);
        ArgumentNullException.ThrowIfNull(modifiers);
        switch (opcode)
        {
            case "ld" or "ldu" or "st":
                return Space(modifiers);
            case "ldmatrix" or "stmatrix":
                return InstructionClass.Shared;
            case "wmma":
                return modifiers.Contains("mma") ? InstructionClass.Matrix : Space(modifiers);
            case "mma":
                return InstructionClass.Matrix;
            case "atom" or "red":
                return InstructionClass.Atomic;
            case "cp" or "mbarrier":
                return InstructionClass.AsyncCopy;
            case "shfl" or "vote" or "match" or "redux" or "activemask" or "elect" or "movmatrix":
                return InstructionClass.Warp;
            case "bar" or "barrier" or "membar" or "fence":
                return InstructionClass.Barrier;
            case "bra" or "brx" or "call" or "ret" or "exit" or "trap" or "brkpt" or "nanosleep":
                return InstructionClass.Control;
            case "mov" or "cvta" or "prefetch" or "prefetchu" or "isspacep" or "createpolicy" or "applypriority" or "discard":
                return InstructionClass.Move;
            case "setp" or "set" or "selp" or "slct" or "testp":
                return InstructionClass.Compare;
            case "cvt":
                return InstructionClass.Conversion;
            case "div" or "sqrt" or "rcp":
                return modifiers.Contains("approx") ? InstructionClass.SpecialFunction : InstructionClass.Division;
            case "rem":
                return InstructionClass.Division;
        }

        return Special.Contains(opcode) ? InstructionClass.SpecialFunction : Arithmetic(opcode, modifiers);
    }

    /// <summary>Floating-point operations of one matrix instruction, from its shape: 2 m n k; 0 for other instructions.</summary>
    /// <param name="opcode">The opcode.</param>
    /// <param name="modifiers">Its dotted parts, without dots.</param>
    public static long MatrixOperations(string opcode, IReadOnlyList<string> modifiers)
    {
        ArgumentNullException.ThrowIfNull(modifiers);
        if (opcode != "mma" && !(opcode == "wmma" && modifiers.Contains("mma")))
        {
            return 0;
        }

        string? shape = modifiers.FirstOrDefault(part => part is ['m', >= '0' and <= '9', ..]);
        string[] sizes = shape?.Split(['m', 'n', 'k'], StringSplitOptions.RemoveEmptyEntries) ?? [];
        return sizes.Length == 3 ? 2 * sizes.Aggregate(1L, (product, size) => product * long.Parse(size, CultureInfo.InvariantCulture)) : 0;
    }

    private static InstructionClass Space(IReadOnlyList<string> modifiers)
    {
        foreach (string part in modifiers)
        {
            string space = part.Split("::")[0];
            switch (space)
            {
                case "global":
                    return InstructionClass.Global;
                case "shared":
                    return InstructionClass.Shared;
                case "local":
                    return InstructionClass.Local;
                case "const" or "param":
                    return InstructionClass.Constant;
            }
        }

        return InstructionClass.Generic;
    }

    private static InstructionClass Arithmetic(string opcode, IReadOnlyList<string> modifiers) => (modifiers.Count > 0 ? modifiers[^1] : "") switch
    {
        "f32" or "f32x2" => opcode is "fma" or "mad" ? InstructionClass.FusedMultiplyAdd : InstructionClass.Float,
        "f64" => InstructionClass.Double,
        "f16" or "f16x2" or "bf16" or "bf16x2" => InstructionClass.Half,
        _ => InstructionClass.Integer,
    };
}
