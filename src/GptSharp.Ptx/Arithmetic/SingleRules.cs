using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>What single precision adds to IEEE arithmetic: one NaN, flushed subnormals, saturation.</summary>
internal static class SingleRules
{
    /// <summary>The NaN that single-precision instructions return.</summary>
    public const uint QuietNaN = 0x7fffffff;

    /// <summary>Any NaN becomes the one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Canonical(Vector256<float> value) =>
        Vector256.ConditionalSelect(Vector256.Equals(value, value), value, Vector256.Create(QuietNaN).AsSingle());

    /// <inheritdoc cref="Canonical(Vector256{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Canonical(Vector512<float> value) =>
        Vector512.ConditionalSelect(Vector512.Equals(value, value), value, Vector512.Create(QuietNaN).AsSingle());

    /// <summary><c>.ftz</c>: a subnormal becomes the zero of its sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Flush(Vector256<float> value) =>
        Vector256.ConditionalSelect(
            Vector256.LessThan(Vector256.Abs(value), Vector256.Create(0x0080_0000).AsSingle()), value & Vector256.Create(-0f), value);

    /// <inheritdoc cref="Flush(Vector256{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Flush(Vector512<float> value) =>
        Vector512.ConditionalSelect(
            Vector512.LessThan(Vector512.Abs(value), Vector512.Create(0x0080_0000).AsSingle()), value & Vector512.Create(-0f), value);

    /// <summary><c>.ftz</c> on one value.</summary>
    public static float Flush(float value) => float.IsSubnormal(value) ? MathF.CopySign(0f, value) : value;

    /// <summary><c>.sat</c>: into [0, 1]; NaN becomes +0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Saturate(Vector256<float> value) =>
        Vector256.Min(value, Vector256<float>.One) & Vector256.GreaterThan(value, Vector256<float>.Zero);

    /// <inheritdoc cref="Saturate(Vector256{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Saturate(Vector512<float> value) =>
        Vector512.Min(value, Vector512<float>.One) & Vector512.GreaterThan(value, Vector512<float>.Zero);

    /// <summary><c>.sat</c> on one value.</summary>
    public static float Saturate(float value) => value > 0 ? Math.Min(value, 1f) : 0f;
}

/// <summary>A modifier of single-precision results and operands, known when the instruction is bound.</summary>
internal interface ISingleRule
{
    /// <summary>Before the operation.</summary>
    static abstract Vector256<float> Enter(Vector256<float> operand);

    /// <summary>Before the operation.</summary>
    static abstract Vector512<float> Enter(Vector512<float> operand);

    /// <summary>After the operation.</summary>
    static abstract Vector256<float> Leave(Vector256<float> result);

    /// <summary>After the operation.</summary>
    static abstract Vector512<float> Leave(Vector512<float> result);
}

/// <summary>No modifier.</summary>
internal readonly struct PlainRule : ISingleRule
{
    /// <inheritdoc/>
    public static Vector256<float> Enter(Vector256<float> operand) => operand;

    /// <inheritdoc/>
    public static Vector512<float> Enter(Vector512<float> operand) => operand;

    /// <inheritdoc/>
    public static Vector256<float> Leave(Vector256<float> result) => SingleRules.Canonical(result);

    /// <inheritdoc/>
    public static Vector512<float> Leave(Vector512<float> result) => SingleRules.Canonical(result);
}

/// <summary><c>.ftz</c>.</summary>
internal readonly struct FlushRule : ISingleRule
{
    /// <inheritdoc/>
    public static Vector256<float> Enter(Vector256<float> operand) => SingleRules.Flush(operand);

    /// <inheritdoc/>
    public static Vector512<float> Enter(Vector512<float> operand) => SingleRules.Flush(operand);

    /// <inheritdoc/>
    public static Vector256<float> Leave(Vector256<float> result) => SingleRules.Flush(SingleRules.Canonical(result));

    /// <inheritdoc/>
    public static Vector512<float> Leave(Vector512<float> result) => SingleRules.Flush(SingleRules.Canonical(result));
}

/// <summary><c>.sat</c>.</summary>
internal readonly struct SaturateRule : ISingleRule
{
    /// <inheritdoc/>
    public static Vector256<float> Enter(Vector256<float> operand) => operand;

    /// <inheritdoc/>
    public static Vector512<float> Enter(Vector512<float> operand) => operand;

    /// <inheritdoc/>
    public static Vector256<float> Leave(Vector256<float> result) => SingleRules.Saturate(result);

    /// <inheritdoc/>
    public static Vector512<float> Leave(Vector512<float> result) => SingleRules.Saturate(result);
}

/// <summary><c>.ftz.sat</c>.</summary>
internal readonly struct FlushSaturateRule : ISingleRule
{
    /// <inheritdoc/>
    public static Vector256<float> Enter(Vector256<float> operand) => SingleRules.Flush(operand);

    /// <inheritdoc/>
    public static Vector512<float> Enter(Vector512<float> operand) => SingleRules.Flush(operand);

    /// <inheritdoc/>
    public static Vector256<float> Leave(Vector256<float> result) => SingleRules.Saturate(SingleRules.Flush(result));

    /// <inheritdoc/>
    public static Vector512<float> Leave(Vector512<float> result) => SingleRules.Saturate(SingleRules.Flush(result));
}

/// <summary>An operation of one operand under a rule.</summary>
internal readonly struct RuledUnary<TOp, TRule> : IVectorUnary<float>
    where TOp : struct, IVectorUnary<float>
    where TRule : struct, ISingleRule
{
    /// <inheritdoc/>
    public static Vector256<float> Invoke(Vector256<float> a) => TRule.Leave(TOp.Invoke(TRule.Enter(a)));

    /// <inheritdoc/>
    public static Vector512<float> Invoke(Vector512<float> a) => TRule.Leave(TOp.Invoke(TRule.Enter(a)));
}

/// <summary>An operation of two operands under a rule.</summary>
internal readonly struct RuledBinary<TOp, TRule> : IVectorBinary<float>
    where TOp : struct, IVectorBinary<float>
    where TRule : struct, ISingleRule
{
    /// <inheritdoc/>
    public static Vector256<float> Invoke(Vector256<float> a, Vector256<float> b) => TRule.Leave(TOp.Invoke(TRule.Enter(a), TRule.Enter(b)));

    /// <inheritdoc/>
    public static Vector512<float> Invoke(Vector512<float> a, Vector512<float> b) => TRule.Leave(TOp.Invoke(TRule.Enter(a), TRule.Enter(b)));
}

/// <summary>An operation of three operands under a rule.</summary>
internal readonly struct RuledTernary<TOp, TRule> : IVectorTernary<float>
    where TOp : struct, IVectorTernary<float>
    where TRule : struct, ISingleRule
{
    /// <inheritdoc/>
    public static Vector256<float> Invoke(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        TRule.Leave(TOp.Invoke(TRule.Enter(a), TRule.Enter(b), TRule.Enter(c)));

    /// <inheritdoc/>
    public static Vector512<float> Invoke(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        TRule.Leave(TOp.Invoke(TRule.Enter(a), TRule.Enter(b), TRule.Enter(c)));
}

/// <summary>Flushed operands and an untouched result: <c>abs.ftz</c> and <c>neg.ftz</c>, which keep the bits of a NaN.</summary>
internal readonly struct FlushedUnary<TOp> : IVectorUnary<float>
    where TOp : struct, IVectorUnary<float>
{
    /// <inheritdoc/>
    public static Vector256<float> Invoke(Vector256<float> a) => TOp.Invoke(SingleRules.Flush(a));

    /// <inheritdoc/>
    public static Vector512<float> Invoke(Vector512<float> a) => TOp.Invoke(SingleRules.Flush(a));
}
