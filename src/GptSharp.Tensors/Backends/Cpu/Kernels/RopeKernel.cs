using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Rotates pairs of channels of every query and key head of packed queries, keys and values; the rest passes through.</summary>
internal static unsafe class RopeKernel
{
    private const int PartElements = 16384;

    // Interleaved pairs read each cosine and sine twice, side by side: this many channels are laid out at a time, on the stack.
    private const int LaidOut = 256;

    /// <summary>y = x rotated by the table's angles (or by their negatives) + beta y; y is not read when <paramref name="beta"/> is 0.</summary>
    /// <remarks>
    /// y, x: (B, time, (H + 2 G) D), y may be x; table: (positions, rotated), cosines before sines; starts: (B), at least 0, or null for
    /// zeros. Sequence b's element t stands at position starts[b] + t, or the table's last if that is beyond it.
    /// </remarks>
    public static void Run<TStorage>(
        TStorage* y, TStorage* x, float* table, int* starts, HeadShape shape, int time, int positions, int rotated,
        RopePairing pairing, bool inverse, float beta, ThreadTeam team)
        where TStorage : unmanaged
    {
        int rowsPerPart = Parts.RowsOf(shape.Width, PartElements);
        LaneDispatch.For(
            team, Parts.Count(shape.Rows, rowsPerPart),
            new Part<TStorage>(
                y, x, table, starts, shape, time, positions, rotated, pairing, inverse ? -1 : 1, beta, rowsPerPart));
    }

    private readonly struct Part<TStorage>(
        TStorage* y, TStorage* x, float* table, int* starts, HeadShape shape, int time, int positions, int rotated,
        RopePairing pairing, float direction, float beta, int rowsPerPart) : ILaneKernel
        where TStorage : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            float* signs = stackalloc float[T.Count];
            for (int i = 0; i < T.Count; i++)
            {
                signs[i] = i % 2 == 0 ? -direction : direction;
            }

            float* laidOut = stackalloc float[2 * LaidOut];
            T alternating = T.Load(signs);
            int first = part * rowsPerPart, end = Math.Min(shape.Rows, first + rowsPerPart);
            for (int row = first; row < end; row++)
            {
                long start = (long)shape.Width * row;
                float* angles = table + (Position(row) * rotated);
                if (pairing == RopePairing.RotateHalf)
                {
                    RotateHalves<T>(start, angles);
                }
                else
                {
                    RotateNeighbours(start, angles, alternating, laidOut, laidOut + LaidOut);
                }

                for (int h = 0; rotated < shape.HeadSize && h < shape.ScoreHeads; h++)
                {
                    long still = start + (h * shape.HeadSize) + rotated;
                    PassThrough.Run<T, TStorage>(y + still, x + still, shape.HeadSize - rotated, beta);
                }

                long values = start + shape.ValueStart;
                PassThrough.Run<T, TStorage>(y + values, x + values, shape.ValueWidth, beta);
            }
        }

        private long Position(int row)
        {
            (int sequence, int t) = Math.DivRem(row, time);
            long start = starts == null ? 0 : starts[sequence];
            return Math.Min(start + t, positions - 1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void RotateHalves<T>(long start, float* cosines)
            where T : unmanaged, ILanes<T>
        {
            int half = rotated / 2;
            float* sines = cosines + half;
            T sign = T.Broadcast(direction), keep = T.Broadcast(beta);
            for (int h = 0; h < shape.ScoreHeads; h++)
            {
                TStorage* a = x + start + (h * shape.HeadSize), b = a + half;
                TStorage* left = y + start + (h * shape.HeadSize), right = left + half;
                int i = 0;
                for (; i <= half - T.Count; i += T.Count)
                {
                    T u = T.Load(a + i), v = T.Load(b + i), cosine = T.Load(cosines + i), sine = T.Load(sines + i) * sign;
                    T turnedU = T.NegateMultiplyAdd(v, sine, u * cosine), turnedV = T.MultiplyAdd(u, sine, v * cosine);
                    T.Store(left + i, beta == 0 ? turnedU : T.MultiplyAdd(keep, T.Load(left + i), turnedU));
                    T.Store(right + i, beta == 0 ? turnedV : T.MultiplyAdd(keep, T.Load(right + i), turnedV));
                }

                if (i < half)
                {
                    int rest = half - i;
                    T u = T.LoadPartial(a + i, rest), v = T.LoadPartial(b + i, rest);
                    T cosine = T.LoadPartial(cosines + i, rest), sine = T.LoadPartial(sines + i, rest) * sign;
                    T turnedU = T.NegateMultiplyAdd(v, sine, u * cosine), turnedV = T.MultiplyAdd(u, sine, v * cosine);
                    turnedU = beta == 0 ? turnedU : T.MultiplyAdd(keep, T.LoadPartial(left + i, rest), turnedU);
                    turnedV = beta == 0 ? turnedV : T.MultiplyAdd(keep, T.LoadPartial(right + i, rest), turnedV);
                    T.StorePartial(left + i, turnedU, rest);
                    T.StorePartial(right + i, turnedV, rest);
                }
            }
        }

        // (u, v) -> (u, v) (cos, cos) + (v, u) (-sin, sin): one register holds whole pairs.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void RotateNeighbours<T>(long start, float* angles, T alternating, float* cosines, float* sines)
            where T : unmanaged, ILanes<T>
        {
            T keep = T.Broadcast(beta);
            for (int channel = 0; channel < rotated; channel += LaidOut)
            {
                int count = Math.Min(LaidOut, rotated - channel);
                LayOut(cosines, sines, angles + (channel / 2), alternating, count);
                for (int h = 0; h < shape.ScoreHeads; h++)
                {
                    long head = start + (h * shape.HeadSize) + channel;
                    TStorage* source = x + head, target = y + head;
                    int i = 0;
                    for (; i <= count - T.Count; i += T.Count)
                    {
                        T pairs = T.Load(source + i);
                        T turned = T.MultiplyAdd(T.SwapPairs(pairs), T.Load(sines + i), pairs * T.Load(cosines + i));
                        T.Store(target + i, beta == 0 ? turned : T.MultiplyAdd(keep, T.Load(target + i), turned));
                    }

                    if (i < count)
                    {
                        int rest = count - i;
                        T pairs = T.LoadPartial(source + i, rest);
                        T turned = T.MultiplyAdd(
                            T.SwapPairs(pairs), T.LoadPartial(sines + i, rest), pairs * T.LoadPartial(cosines + i, rest));
                        turned = beta == 0 ? turned : T.MultiplyAdd(keep, T.LoadPartial(target + i, rest), turned);
                        T.StorePartial(target + i, turned, rest);
                    }
                }
            }
        }

        // cosines: each twice; sines: each with a minus, then as it is (or the reverse, turning backward).
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void LayOut<T>(float* cosines, float* sines, float* angles, T alternating, int count)
            where T : unmanaged, ILanes<T>
        {
            for (int i = 0; i < count; i += T.Count)
            {
                int pairs = Math.Min(T.Count, count - i) / 2;
                float* cosine = angles + (i / 2), sine = cosine + (rotated / 2);
                T.Store(cosines + i, T.DuplicateLower(T.LoadPartial(cosine, pairs)));
                T.Store(sines + i, T.DuplicateLower(T.LoadPartial(sine, pairs)) * alternating);
            }
        }
    }
}
