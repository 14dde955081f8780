using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Speed;

/// <summary>
/// The triad a = s a + b over arrays far larger than any cache: what memory can deliver. Unlike STREAM's a = b + s c (McCalpin 1995)
/// it writes where it has read, so that the three passes that are counted are all that is moved: storing to lines that were not
/// loaded loads them first, unseen. It walks in four places at once, because one core's prefetchers follow several rows of lines.
/// </summary>
internal readonly unsafe struct Triad(float* a, float* b, long count) : ILaneAction
{
    /// <summary>Bytes moved per element.</summary>
    public const int BytesPerElement = 3 * sizeof(float);

    private const int Places = 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<T>()
        where T : unmanaged, ILanes<T>
    {
        T scale = T.Broadcast(0.5f);
        long part = count / Places;
        for (long i = 0; i <= part - T.Count; i += T.Count)
        {
            for (long place = i; place < count; place += part)
            {
                T.Store(a + place, T.MultiplyAdd(scale, T.Load(a + place), T.Load(b + place)));
            }
        }
    }
}
