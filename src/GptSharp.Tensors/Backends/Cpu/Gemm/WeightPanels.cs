using System.Buffers;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// A weight (N, K) in panels: of each run of outputs as long as two registers, first all weights of the first input, then all of the
/// second, and so on; in BF16 pairs of inputs take the place of one. A product of few rows then reads memory in order and does nothing
/// with what it reads but multiply it.
/// </summary>
/// <remarks>Each panel takes the place that its outputs' rows had, so a weight is laid out anew where it lies.</remarks>
internal static unsafe class WeightPanels
{
    /// <summary>Outputs of a panel.</summary>
    public static int Width(SimdPath path) => 2 * path.Bits() / (8 * sizeof(float));

    /// <summary>Whether a weight can lie in panels: they must be full, and pairs must fill registers to be moved as they are.</summary>
    public static bool Fit(int outputs, int inputs, DType type, SimdPath path) =>
        outputs % Width(path) == 0
        && (type == DType.F32 || (type == DType.BF16 && path.Bits() > 128 && inputs % Width(path) == 0));

    /// <summary>Where a number of a weight in panels lies: its index.</summary>
    public static long IndexOf(int output, int input, int inputs, DType type, SimdPath path)
    {
        int width = Width(path), lane = output % width;
        long panel = (long)(output - lane) * inputs;
        return type == DType.BF16
            ? panel + (2 * (((long)(input / 2) * width) + lane)) + (input % 2)
            : panel + ((long)input * width) + lane;
    }

    /// <summary>From rows to panels.</summary>
    /// <param name="weight">(outputs, steps), where a step is an input, or in BF16 a pair.</param>
    /// <param name="outputs">N, whole panels.</param>
    /// <param name="steps">K, or half of it.</param>
    /// <param name="team">Does it.</param>
    public static void Arrange(float* weight, int outputs, int steps, ThreadTeam team) =>
        LaneDispatch.For(team, outputs / Width(team.Path), new Turn(weight, steps, isArranged: false));

    /// <summary>From panels to rows.</summary>
    public static void Restore(float* weight, int outputs, int steps, ThreadTeam team) =>
        LaneDispatch.For(team, outputs / Width(team.Path), new Turn(weight, steps, isArranged: true));

    private readonly struct Turn(float* weight, int steps, bool isArranged) : ILaneKernel
    {
        public void Run<T>(int part)
            where T : unmanaged, ILanes<T>
        {
            int width = 2 * T.Count, count = width * steps;
            float* panel = weight + ((long)part * count);
            float[] memory = ArrayPool<float>.Shared.Rent(count);
            fixed (float* copy = memory)
            {
                new Span<float>(panel, count).CopyTo(memory);
                if (isArranged)
                {
                    LaneTranspose.Run<T, float>(panel, steps, copy, width, steps, width);
                }
                else
                {
                    LaneTranspose.Run<T, float>(panel, width, copy, steps, width, steps);
                }
            }

            ArrayPool<float>.Shared.Return(memory);
        }
    }
}
