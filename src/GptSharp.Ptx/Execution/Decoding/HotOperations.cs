using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

/// <summary>Computations so frequent that the interpreter has them inside its loop, where a call through a pointer would cost more than the work.</summary>
internal static class HotOperations
{
    private static readonly Dictionary<string, Operation> ByName = new(StringComparer.Ordinal)
    {
        ["fma.rn.f32"] = Operation.FusedMultiplyAdd32,
        ["add.f32"] = Operation.AddFloat32,
        ["add.rn.f32"] = Operation.AddFloat32,
        ["sub.f32"] = Operation.SubtractFloat32,
        ["sub.rn.f32"] = Operation.SubtractFloat32,
        ["mul.f32"] = Operation.MultiplyFloat32,
        ["mul.rn.f32"] = Operation.MultiplyFloat32,
        ["add.s32"] = Operation.Add32,
        ["add.u32"] = Operation.Add32,
        ["sub.s32"] = Operation.Subtract32,
        ["sub.u32"] = Operation.Subtract32,
        ["mul.lo.s32"] = Operation.MultiplyLow32,
        ["mul.lo.u32"] = Operation.MultiplyLow32,
        ["mad.lo.s32"] = Operation.MultiplyAddLow32,
        ["mad.lo.u32"] = Operation.MultiplyAddLow32,
        ["and.b32"] = Operation.And32,
        ["or.b32"] = Operation.Or32,
        ["xor.b32"] = Operation.Xor32,
        ["and.pred"] = Operation.AndPredicate,
        ["or.pred"] = Operation.OrPredicate,
        ["xor.pred"] = Operation.XorPredicate,
        ["not.pred"] = Operation.NotPredicate,
        ["add.s64"] = Operation.Add64,
        ["add.u64"] = Operation.Add64,
    };

    /// <summary>The operation of an instruction that computes on lanes.</summary>
    public static Operation Find(InstructionSyntax statement) => ByName.GetValueOrDefault(statement.Name, Operation.Lanes);
}
