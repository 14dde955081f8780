using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Matrices turned over, in blocks of four by four.</summary>
internal static unsafe class Transpose
{
    /// <summary>target[c, r] = factor source[r, c] for r below <paramref name="rows"/> and c below <paramref name="columns"/>.</summary>
    /// <remarks>Rows of the source and of the target are lds and ldt floats apart; the arrays do not overlap.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* target, nint ldt, float* source, nint lds, int rows, int columns, float factor)
    {
        Vector128<float> scale = Vector128.Create(factor);
        int r = 0;
        for (; r <= rows - 4; r += 4)
        {
            float* from = source + (r * lds), to = target + r;
            int c = 0;
            for (; c <= columns - 4; c += 4)
            {
                Vector128<float> a = Vector128.Load(from + c) * scale, b = Vector128.Load(from + c + lds) * scale;
                Vector128<float> d = Vector128.Load(from + c + (2 * lds)) * scale, e = Vector128.Load(from + c + (3 * lds)) * scale;
                Turn(ref a, ref b, ref d, ref e);
                a.Store(to + (c * ldt));
                b.Store(to + ((c + 1) * ldt));
                d.Store(to + ((c + 2) * ldt));
                e.Store(to + ((c + 3) * ldt));
            }

            for (; c < columns; c++)
            {
                for (int k = 0; k < 4; k++)
                {
                    to[(c * ldt) + k] = factor * from[(k * lds) + c];
                }
            }
        }

        for (; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                target[(c * ldt) + r] = factor * source[(r * lds) + c];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ref Vector128<float> a, ref Vector128<float> b, ref Vector128<float> c, ref Vector128<float> d)
    {
        if (Sse.IsSupported)
        {
            Vector128<float> ab0 = Sse.UnpackLow(a, b), ab1 = Sse.UnpackHigh(a, b);
            Vector128<float> cd0 = Sse.UnpackLow(c, d), cd1 = Sse.UnpackHigh(c, d);
            a = Sse.MoveLowToHigh(ab0, cd0);
            b = Sse.MoveHighToLow(cd0, ab0);
            c = Sse.MoveLowToHigh(ab1, cd1);
            d = Sse.MoveHighToLow(cd1, ab1);
        }
        else if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<double> ab0 = AdvSimd.Arm64.ZipLow(a, b).AsDouble(), ab1 = AdvSimd.Arm64.ZipHigh(a, b).AsDouble();
            Vector128<double> cd0 = AdvSimd.Arm64.ZipLow(c, d).AsDouble(), cd1 = AdvSimd.Arm64.ZipHigh(c, d).AsDouble();
            a = AdvSimd.Arm64.ZipLow(ab0, cd0).AsSingle();
            b = AdvSimd.Arm64.ZipHigh(ab0, cd0).AsSingle();
            c = AdvSimd.Arm64.ZipLow(ab1, cd1).AsSingle();
            d = AdvSimd.Arm64.ZipHigh(ab1, cd1).AsSingle();
        }
        else
        {
            (Vector128<float> p, Vector128<float> q, Vector128<float> s, Vector128<float> t) = (a, b, c, d);
            a = Vector128.Create(p[0], q[0], s[0], t[0]);
            b = Vector128.Create(p[1], q[1], s[1], t[1]);
            c = Vector128.Create(p[2], q[2], s[2], t[2]);
            d = Vector128.Create(p[3], q[3], s[3], t[3]);
        }
    }
}
