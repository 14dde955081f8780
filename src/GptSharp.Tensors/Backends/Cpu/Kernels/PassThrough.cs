using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>What an operation on packed heads does with the channels that it leaves alone.</summary>
internal static unsafe class PassThrough
{
    /// <summary>y = x + beta y; y is not read when <paramref name="beta"/> is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<T, TStorage>(TStorage* y, TStorage* x, int length, float beta)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged
    {
        T keep = T.Broadcast(beta);
        int i = 0;
        for (; i <= length - T.Count; i += T.Count)
        {
            T value = T.Load(x + i);
            T.Store(y + i, beta == 0 ? value : T.MultiplyAdd(keep, T.Load(y + i), value));
        }

        if (i < length)
        {
            int rest = length - i;
            T last = T.LoadPartial(x + i, rest);
            T.StorePartial(y + i, beta == 0 ? last : T.MultiplyAdd(keep, T.LoadPartial(y + i, rest), last), rest);
        }
    }
}
