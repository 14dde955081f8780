using System.Runtime.Intrinsics.X86;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using GptSharp.Tensors.Tests.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu;

public class VectorMathTests
{
    public enum Function
    {
        Exp,
        Exp2,
        Exp2OrLeast,
        Log,
        Tanh,
        TanhDerivative,
        Erf,
    }

    public static TheoryData<Function, SimdPath, double> Bounds
    {
        get
        {
            TheoryData<Function, SimdPath, double> data = new();
            foreach (SimdPath path in Enum.GetValues<SimdPath>())
            {
                // An x86 processor from before AVX2 rounds twice where the others fuse.
                double exponentials = path == SimdPath.Vector128 && Sse.IsSupported && !Fma.IsSupported ? 1.25 : 1.0;
                data.Add(Function.Exp, path, exponentials);
                data.Add(Function.Exp2, path, exponentials);
                data.Add(Function.Exp2OrLeast, path, exponentials);
                data.Add(Function.Log, path, 1.0);
                data.Add(Function.Tanh, path, 1.5);
                data.Add(Function.TanhDerivative, path, 6);
                data.Add(Function.Erf, path, 1.5);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Bounds))]
    public void The_error_stays_within_the_documented_ulps_over_all_floats(Function function, SimdPath path, double bound)
    {
        SimdPaths.Require(path);

        // Every 6151st bit pattern, so all binades, denormals, infinities and NaNs of both signs are met.
        float[] x = new float[(uint.MaxValue / 6151) + 1];
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = BitConverter.UInt32BitsToSingle((uint)(i * 6151L));
        }

        // Exp2 is infinite at 128 and promises nothing above; where the derivative is subnormal, 0 will do.
        Check(function, path, bound, function switch
        {
            Function.Exp2 or Function.Exp2OrLeast => [.. x.Where(v => !(v > 127))],
            Function.TanhDerivative => [.. x.Where(v => !(Math.Abs(v) > 44.36f))],
            _ => x,
        });
    }

    [Theory]
    [MemberData(nameof(Bounds))]
    public void The_error_stays_within_the_documented_ulps_where_the_functions_bend(Function function, SimdPath path, double bound)
    {
        SimdPaths.Require(path);
        (double low, double high) = function switch
        {
            Function.Exp => (-104.5, 89.5),
            Function.Exp2 or Function.Exp2OrLeast => (-151.5, 127),
            Function.Log => (0, 4),
            Function.Tanh or Function.TanhDerivative => (-10, 10),
            _ => (-5, 5),
        };
        float[] x = new float[400_000];
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = (float)(low + ((high - low) * i / (x.Length - 1)));
        }

        Check(function, path, bound, x);
    }

    [Theory]
    [InlineData(SimdPath.Avx512)]
    [InlineData(SimdPath.Avx2)]
    [InlineData(SimdPath.Neon)]
    [InlineData(SimdPath.Vector128)]
    public void Special_values_are_those_of_the_mathematical_functions(SimdPath path)
    {
        SimdPaths.Require(path);
        float[] x = [0f, -0f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.Epsilon, -float.Epsilon];
        float inf = float.PositiveInfinity, nan = float.NaN;
        Assert.Equal([1, 1, inf, 0, nan, 1, 1], Evaluate(Function.Exp, path, x));
        float[] xAtMost128 = [0f, -0f, 127, 128, -inf, nan, float.Epsilon, -float.Epsilon];
        Assert.Equal([1, 1, MathF.Pow(2, 127), inf, 0, nan, 1, 1], Evaluate(Function.Exp2, path, xAtMost128));
        Assert.Equal([-inf, -inf, inf, nan, nan, MathF.Log(float.Epsilon), nan], Evaluate(Function.Log, path, x));
        float[] odd = [0f, -0f, 1, -1, nan, float.Epsilon, -float.Epsilon];
        Assert.Equal(odd, Evaluate(Function.Tanh, path, x));
        Assert.Equal(odd, Evaluate(Function.Erf, path, x));
        Assert.True(float.IsNegative(Evaluate(Function.Tanh, path, x)[1]));
        Assert.True(float.IsNegative(Evaluate(Function.Erf, path, x)[1]));
    }

    private static void Check(Function function, SimdPath path, double bound, float[] x)
    {
        float[] y = Evaluate(function, path, x);
        double worst = 0;
        float at = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double exact = Exact(function, x[i]);
            double error = Ulps(y[i], exact);
            if (error > worst)
            {
                (worst, at) = (error, x[i]);
            }
        }

        Assert.True(worst <= bound, $"{function} at {path} is off by {worst:F3} ulp at {at:R}.");
        TestContext.Current.TestOutputHelper?.WriteLine($"{function} at {path}: {worst:F3} ulp, at {at:R}");
    }

    private static double Ulps(float got, double exact)
    {
        if (double.IsNaN(exact) || float.IsNaN(got))
        {
            return double.IsNaN(exact) && float.IsNaN(got) ? 0 : double.PositiveInfinity;
        }

        if ((float)exact == got)
        {
            return float.IsInfinity(got) ? 0 : Math.Abs(got - exact) / Spacing(exact);
        }

        // An overflow that the exact value only just misses counts as one step beyond the largest float.
        double value = float.IsInfinity(got) ? Math.CopySign(Math.ScaleB(1, 128), got) : got;
        return double.IsInfinity(exact) ? double.PositiveInfinity : Math.Abs(value - exact) / Spacing(exact);
    }

    private static double Spacing(double exact) =>
        Math.Abs(exact) < 1.17549435e-38 ? Math.ScaleB(1, -149) : Math.ScaleB(1, Math.Min(127, Math.ILogB(exact)) - 23);

    private static double Exact(Function function, double x) => function switch
    {
        Function.Exp => Math.Exp(x),
        Function.Exp2 => Math.Pow(2, x),
        Function.Exp2OrLeast => Math.Pow(2, Math.Max(-125, x)),
        Function.Log => Math.Log(x),
        Function.Tanh => Math.Tanh(x),
        Function.TanhDerivative => 4 * Math.Exp(-2 * Math.Abs(x)) / Math.Pow(1 + Math.Exp(-2 * Math.Abs(x)), 2),
        _ => Erf(x),
    };

    // 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!: all terms have one sign, so nothing cancels.
    private static double Erf(double x)
    {
        if (double.IsNaN(x) || Math.Abs(x) > 6)
        {
            return double.IsNaN(x) ? x : Math.Sign(x);
        }

        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static unsafe float[] Evaluate(Function function, SimdPath path, float[] x)
    {
        float[] y = new float[x.Length];
        fixed (float* py = y, px = x)
        {
            LaneDispatch.Run(new Evaluation(py, px, x.Length, function), path);
        }

        return y;
    }

    private static T DerivativeOfTanh<T>(T value)
        where T : unmanaged, ILanes<T>
    {
        VectorMath.Tanh(value, out T derivative);
        return derivative;
    }

    private readonly unsafe struct Evaluation(float* y, float* x, int count, Function function) : ILaneAction
    {
        public void Run<T>()
            where T : unmanaged, ILanes<T>
        {
            for (int i = 0; i < count; i += T.Count)
            {
                int n = Math.Min(T.Count, count - i);
                T value = T.LoadPartial(x + i, n);
                value = function switch
                {
                    Function.Exp => VectorMath.Exp(value),
                    Function.Exp2 => VectorMath.Exp2(value),
                    Function.Exp2OrLeast => VectorMath.Exp2OrLeast(value),
                    Function.Log => VectorMath.Log(value),
                    Function.Tanh => VectorMath.Tanh(value),
                    Function.TanhDerivative => DerivativeOfTanh(value),
                    _ => VectorMath.Erf(value),
                };
                T.StorePartial(y + i, value, n);
            }
        }
    }
}
