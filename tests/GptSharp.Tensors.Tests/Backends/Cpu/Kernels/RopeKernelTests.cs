using System.Numerics;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class RopeKernelTests
{
    // Sequences, time, query heads, key heads, head size, rotated channels, beta.
    public static TheoryData<int, int, int, int, int, int, float> Cases => new()
    {
        { 1, 1, 1, 1, 2, 2, 0 },
        { 2, 9, 6, 3, 6, 6, 1 },
        { 2, 7, 4, 1, 13, 12, 0.5f },
        { 1, 5, 2, 2, 80, 20, 0 },
        { 1, 3, 1, 1, 96, 96, 1 },
        { 1, 3, 2, 1, 128, 64, 0 },
        { 1, 2, 1, 1, 601, 600, 1 },
        { 3, 111, 3, 1, 17, 16, 0 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_pair_is_a_complex_number_that_is_turned(
        int batch, int time, int queryHeads, int keyHeads, int headSize, int rotated, float beta)
    {
        HeadShape shape = new(batch * time, queryHeads, keyHeads, headSize);
        int count = shape.Rows * shape.Width, positions = time + 3, half = rotated / 2;
        foreach (RopePairing pairing in Enum.GetValues<RopePairing>())
        {
            foreach (bool inverse in (bool[])[false, true])
            {
                using KernelCase c = new(count);
                GuardedFloats y = c.Output(count, beta), x = c.Input(count);
                GuardedFloats table = c.Input(positions * rotated, i => (float)Turn(i / rotated, i % rotated));
                GuardedFloats starts = c.InputIntegers(batch, b => 2 * b);
                c.Run(
                    team => RopeKernel.Run<float>(
                        y, x, table, (int*)starts.Pointer, shape, time, positions, rotated, pairing, inverse, beta, team),
                    () =>
                    {
                        for (int i = 0; i < count; i++)
                        {
                            int position = Math.Min((2 * (i / shape.Width / time)) + (i / shape.Width % time), positions - 1);
                            double held = beta == 0 ? 0 : beta * (double)y.Initial[i];
                            KernelCase.AssertNear(Turned(x, i, position) + held, y[i], 1e-6, "y", i);
                        }
                    });

                double Turned(GuardedFloats values, int i, int position)
                {
                    int channel = i % headSize;
                    if (i % shape.Width >= (queryHeads + keyHeads) * headSize || channel >= rotated)
                    {
                        return values[i];
                    }

                    bool isHalves = pairing == RopePairing.RotateHalf;
                    int pair = isHalves ? channel % half : channel / 2;
                    bool isSecond = isHalves ? channel >= half : channel % 2 == 1;
                    int distance = isHalves ? half : 1, first = isSecond ? i - distance : i;
                    double angle = (inverse ? -1 : 1) * Angle(position, pair);
                    Complex turned = new Complex(values[first], values[first + distance]) * Complex.Exp(new(0, angle));
                    return isSecond ? turned.Imaginary : turned.Real;
                }
            }
        }

        double Angle(int position, int pair) => position * Math.Pow(50, -2.0 * pair / rotated);

        double Turn(int position, int column) =>
            column < half ? Math.Cos(Angle(position, column)) : Math.Sin(Angle(position, column - half));
    }

    [Fact]
    public void The_inverse_may_turn_back_in_place()
    {
        HeadShape shape = new(2 * 11, 4, 2, 15);
        int count = shape.Rows * shape.Width;
        foreach (RopePairing pairing in Enum.GetValues<RopePairing>())
        {
            using KernelCase c = new(1);
            GuardedFloats y = c.Output(count), x = c.Input(count);
            GuardedFloats table = c.Input(11 * 14, i => (float)(i % 14 < 7 ? Math.Cos(i / 14 * (1 + (i % 7))) : Math.Sin(i / 14 * (1 + (i % 7)))));
            c.Run(
                team =>
                {
                    RopeKernel.Run<float>(y, x, table, null, shape, 11, 11, 14, pairing, false, 0, team);
                    RopeKernel.Run<float>(y, y, table, null, shape, 11, 11, 14, pairing, true, 0, team);
                },
                () =>
                {
                    for (int i = 0; i < count; i++)
                    {
                        KernelCase.AssertNear(x[i], y[i], 5e-7, "y", i);
                    }
                });
        }
    }
}
