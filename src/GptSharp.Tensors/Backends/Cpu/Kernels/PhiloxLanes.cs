using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// Philox on registers: every 128 bits hold one counter, so the words come out in the order of the elements.
/// </summary>
/// <remarks>
/// A round multiplies words 0 and 2 (one widening multiply does both), puts the four halves of the products into reverse
/// order and mixes in words 1 and 3 and the key: four instructions for <c>T.Count</c> words.
/// </remarks>
internal readonly struct PhiloxLanes<T>
    where T : unmanaged, ILanes<T>
{
    private readonly T _counter, _multipliers;
    private readonly T _key0, _key1, _key2, _key3, _key4, _key5, _key6, _key7, _key8, _key9;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PhiloxLanes(in RandomKey key, uint sample)
    {
        _counter = T.AddWords(T.BroadcastWords(0, key.FirstSample + sample, key.Step, key.Site), T.CounterSteps);
        _multipliers = T.BroadcastWords(Philox.Multiplier0, 0, Philox.Multiplier1, 0);
        T step = T.BroadcastWords(Philox.Weyl0, 0, Philox.Weyl1, 0);
        _key0 = T.BroadcastWords((uint)key.Seed, 0, (uint)(key.Seed >> 32), 0);
        _key1 = T.AddWords(_key0, step);
        _key2 = T.AddWords(_key1, step);
        _key3 = T.AddWords(_key2, step);
        _key4 = T.AddWords(_key3, step);
        _key5 = T.AddWords(_key4, step);
        _key6 = T.AddWords(_key5, step);
        _key7 = T.AddWords(_key6, step);
        _key8 = T.AddWords(_key7, step);
        _key9 = T.AddWords(_key8, step);
    }

    /// <summary>The words of elements 4 <paramref name="block"/> to 4 <paramref name="block"/> + Count - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Words(uint block)
    {
        T s = T.AddWords(_counter, T.BroadcastWords(block, 0, 0, 0));
        s = T.PhiloxRound(s, _multipliers, _key0);
        s = T.PhiloxRound(s, _multipliers, _key1);
        s = T.PhiloxRound(s, _multipliers, _key2);
        s = T.PhiloxRound(s, _multipliers, _key3);
        s = T.PhiloxRound(s, _multipliers, _key4);
        s = T.PhiloxRound(s, _multipliers, _key5);
        s = T.PhiloxRound(s, _multipliers, _key6);
        s = T.PhiloxRound(s, _multipliers, _key7);
        s = T.PhiloxRound(s, _multipliers, _key8);
        return T.PhiloxRound(s, _multipliers, _key9);
    }

    /// <summary>Four registers of consecutive words, from element 4 <paramref name="block"/>; together they hide the multiply's latency.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Words(out T a, out T b, out T c, out T d, uint block)
    {
        T first = T.AddWords(_counter, T.BroadcastWords(block, 0, 0, 0));
        T stride = T.BroadcastWords((uint)T.Count / 4, 0, 0, 0);
        T w = first, x = T.AddWords(w, stride), y = T.AddWords(x, stride), z = T.AddWords(y, stride);
        T m = _multipliers;
        Round(ref w, ref x, ref y, ref z, m, _key0);
        Round(ref w, ref x, ref y, ref z, m, _key1);
        Round(ref w, ref x, ref y, ref z, m, _key2);
        Round(ref w, ref x, ref y, ref z, m, _key3);
        Round(ref w, ref x, ref y, ref z, m, _key4);
        Round(ref w, ref x, ref y, ref z, m, _key5);
        Round(ref w, ref x, ref y, ref z, m, _key6);
        Round(ref w, ref x, ref y, ref z, m, _key7);
        Round(ref w, ref x, ref y, ref z, m, _key8);
        Round(ref w, ref x, ref y, ref z, m, _key9);
        (a, b, c, d) = (w, x, y, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref T w, ref T x, ref T y, ref T z, T multipliers, T key)
    {
        w = T.PhiloxRound(w, multipliers, key);
        x = T.PhiloxRound(x, multipliers, key);
        y = T.PhiloxRound(y, multipliers, key);
        z = T.PhiloxRound(z, multipliers, key);
    }
}
