using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GptSharp.Ptx.Arithmetic;

namespace GptSharp.Ptx.Matrix;

/// <summary>The type of a matrix instruction's factors.</summary>
internal interface IFactor
{
    /// <summary>Factors in one register: two of 16 bits, or one.</summary>
    static abstract int PerRegister { get; }

    /// <summary>Bits of a factor's significand, with the hidden one.</summary>
    static abstract FloatFormat Format { get; }

    /// <summary>The factors in the low halves of sixteen lanes, or the only ones.</summary>
    static abstract Vector512<float> Low(Vector512<uint> register);

    /// <summary>The factors in the high halves of sixteen lanes.</summary>
    static abstract Vector512<float> High(Vector512<uint> register);
}

/// <summary>bfloat16.</summary>
internal readonly struct BFloat16Factor : IFactor
{
    /// <inheritdoc/>
    public static int PerRegister => 2;

    /// <inheritdoc/>
    public static FloatFormat Format => FloatFormat.BF16;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Low(Vector512<uint> register) => Vector512.ShiftLeft(register, 16).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> High(Vector512<uint> register) => (register & Vector512.Create(0xffff_0000u)).AsSingle();
}

/// <summary>IEEE binary16.</summary>
internal readonly struct Binary16Factor : IFactor
{
    /// <inheritdoc/>
    public static int PerRegister => 2;

    /// <inheritdoc/>
    public static FloatFormat Format => FloatFormat.F16;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Low(Vector512<uint> register) => Binary16.Widen(register & Vector512.Create(0xffffu));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> High(Vector512<uint> register) => Binary16.Widen(Vector512.ShiftRightLogical(register, 16));
}

/// <summary>TF32: a single whose 13 low bits are ignored.</summary>
internal readonly struct Tf32Factor : IFactor
{
    /// <inheritdoc/>
    public static int PerRegister => 1;

    /// <inheritdoc/>
    public static FloatFormat Format => FloatFormat.TF32;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Low(Vector512<uint> register) => (register & Vector512.Create(0xffff_e000u)).AsSingle();

    /// <inheritdoc/>
    public static Vector512<float> High(Vector512<uint> register) => throw new InvalidOperationException("A register holds one TF32.");
}
