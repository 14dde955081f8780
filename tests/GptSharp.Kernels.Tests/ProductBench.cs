using System.Buffers.Binary;
using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

/// <summary>One launch of a product on operands of its own, with a binary64 oracle.</summary>
internal sealed class ProductBench : IDisposable
{
    private readonly KernelBench _bench = new();
    private readonly ProductKernel _kernel;
    private readonly (int M, int N, int K) _size;
    private readonly bool _halves;
    private readonly bool _halfResult;
    private readonly DeviceBuffer _a;
    private readonly DeviceBuffer _b;
    private readonly DeviceBuffer _bias;
    private readonly DeviceBuffer _other;
    private readonly DeviceBuffer _pre;
    private readonly DeviceBuffer _result;
    private readonly double[] _old;

    /// <param name="kernel">The kernel.</param>
    /// <param name="types"><c>f32</c>, <c>bf16</c>, or <c>bf16_f32</c> for a result of another type than the operands.</param>
    /// <param name="size">Sizes of the product.</param>
    public ProductBench(ProductKernel kernel, string types, (int M, int N, int K) size)
    {
        (_kernel, _size, _halves, _halfResult) = (kernel, size, types != "f32", types == "bf16");
        Types = types;
        _a = Values(_halves, (long)size.M * size.K, "a");
        _b = Values(_halves, (long)size.N * size.K, "b");
        _bias = Values(_halfResult, size.N, "bias");
        _other = Values(_halfResult, (long)size.M * size.N, "residual or pre-activation");
        _pre = _bench.Output((long)size.M * size.N * ResultBytes, "pre");
        _result = _bench.Output((long)size.M * size.N * ResultBytes, "result");
        _old = Read(_other, _halfResult);
    }

    public string Types { get; }

    public bool HasBias { get; init; }

    public float Beta { get; init; }

    public ActivationFunction Function { get; init; } = ActivationFunction.GeluTanh;

    public bool KeepsPre { get; init; } = true;

    /// <summary>Options of the launch besides shared memory and counters.</summary>
    public LaunchOptions Options { get; init; } = new() { Workers = 1 };

    /// <summary>Another module than the one that ships.</summary>
    public PtxModule? Module { get; init; }

    private int ResultBytes => _halfResult ? 2 : 4;

    public LaunchCounters Launch()
    {
        (int m, int n, int k) = _size;
        LaunchShape shape = _kernel.Shape(_halves, m, n);
        List<KernelArgument> arguments = [Epilogue(), _a, _b, m, n, k];
        if (_kernel.IsAny)
        {
            (long row, long step) a = _kernel.Form == OperandForm.TN ? (1, m) : (k, 1), b = _kernel.Form == OperandForm.NT ? (k, 1) : (1, n);
            arguments.AddRange([a.row, a.step, b.row, b.step]);
        }
        else if (_kernel.Form == OperandForm.TN)
        {
            arguments.Add((k + 63) / 64 * 64);
        }

        return (Module ?? KernelBench.Module(_kernel.Image)).Launch(
            $"{_kernel.Name}_{Types}", new Dimensions(shape.GridX), new Dimensions(shape.Threads), [.. arguments], _bench.Memory,
            Options with { Counters = true, SharedBytes = shape.SharedBytes }).Counters!;
    }

    /// <summary>The bytes of the result.</summary>
    public byte[] Result() => _result.Read<byte>();

    /// <summary>The largest error against binary64 as a share of what the roundings on the way allow, over a part of the elements.</summary>
    /// <param name="stride">Every how manyth element is looked at.</param>
    public double WorstError(int stride = 1)
    {
        (int m, int n, int k) = _size;
        (double[] a, double[] b) = (Read(_a, _halves), Read(_b, _halves));
        (double[] bias, double[] result) = (Read(_bias, _halfResult), Read(_result, _halfResult));
        double[]? pre = _kernel.Epilogue == ProductEpilogue.Activation && KeepsPre ? Read(_pre, _halfResult) : null;
        double worst = 0;
        for (long i = 0; i < (long)m * n; i += stride)
        {
            (long row, long column) = (i / n, i % n);
            double sum = 0, magnitude = 0;
            for (int t = 0; t < k; t++)
            {
                double term = (_kernel.Form == OperandForm.TN ? a[((long)t * m) + row] : a[(row * k) + t])
                    * (_kernel.Form == OperandForm.NT ? b[(column * k) + t] : b[((long)t * n) + column]);
                (sum, magnitude) = (sum + term, magnitude + Math.Abs(term));
            }

            // A sum of k products in binary32, in any order: k roundings of at most its magnitude, hardly ever more than their square root.
            double rounding = magnitude * Math.Sqrt(k) * Math.Pow(2, -23) + 1e-30;
            worst = Math.Max(worst, Error(i, sum + (HasBias ? bias[column] : 0), rounding, result[i], pre));
        }

        return worst;
    }

    public void Dispose() => _bench.Dispose();

    // What the epilogue makes of a sum, and how far the result may be from it.
    private double Error(long i, double sum, double rounding, double result, double[]? pre)
    {
        switch (_kernel.Epilogue)
        {
            case ProductEpilogue.Activation:
                // The function sees the pre-activation as it is stored.
                double error = 0;
                double slack = rounding + Stored(sum);
                if (pre is not null)
                {
                    error = Math.Abs(pre[i] - sum) / slack;
                    (sum, slack) = (pre[i], 1e-6 * Math.Abs(pre[i]));
                }

                double y = Value(Function, sum);
                return Math.Max(error, Math.Abs(result - y) / ((1.2 * slack) + Stored(y) + 2e-6));
            case ProductEpilogue.Slope:
                double slope = Slope(Function, _old[i]), expected = (sum * slope) + (Beta * _old[i]);
                return Math.Abs(result - expected) / ((1.2 * rounding) + (4e-6 * Math.Abs(sum)) + Stored(expected) + 1e-6);
            default:
                double linear = sum + (Beta * _old[i]);
                return Math.Abs(result - linear) / (rounding + Stored(linear) + (Math.Pow(2, -22) * (Math.Abs(sum) + Math.Abs(_old[i]))));
        }
    }

    // Half the distance of neighbours in the type of the result, and for binary32 a few operations more.
    private double Stored(double value) => Math.Abs(value) * Math.Pow(2, _halfResult ? -8 : -22);

    private static double Value(ActivationFunction function, double x) => function switch
    {
        ActivationFunction.Identity => x,
        ActivationFunction.Sigmoid => 1 / (1 + Math.Exp(-x)),
        ActivationFunction.Relu => Math.Max(0, x),
        ActivationFunction.Swish => x / (1 + Math.Exp(-x)),
        ActivationFunction.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        _ => x * NormalDistribution(x),
    };

    // By central differences, for which all functions but ReLU are smooth enough.
    private static double Slope(ActivationFunction function, double x)
    {
        const double h = 1e-4;
        return function == ActivationFunction.Relu ? (x > 0 ? 1 : 0) : (Value(function, x + h) - Value(function, x - h)) / (2 * h);
    }

    // Phi by its Taylor series around 0, which converges everywhere: x is a few units at most.
    private static double NormalDistribution(double x)
    {
        double term = x, sum = x;
        for (int i = 3; Math.Abs(term) > 1e-18 * Math.Abs(sum); i += 2)
        {
            term *= x * x / i;
            sum += term;
        }

        return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }

    private byte[] Epilogue()
    {
        ulong bias = HasBias ? _bias.Address : 0;
        DeviceBuffer target = _result;
        if (_kernel.Epilogue == ProductEpilogue.Slope && Beta != 0)
        {
            target.Write<byte>(_other.Read<byte>());
        }

        var bytes = new byte[_kernel.Epilogue == ProductEpilogue.Slope ? 24 : 32];
        switch (_kernel.Epilogue)
        {
            case ProductEpilogue.Activation:
                Put(bytes, target.Address, KeepsPre ? _pre.Address : 0, bias);
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), (int)Function);
                break;
            case ProductEpilogue.Slope:
                Put(bytes, target.Address, _other.Address);
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(16), Beta);
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), (int)Function);
                break;
            default:
                Put(bytes, target.Address, bias, Beta == 0 ? 0 : _other.Address);
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(24), Beta);
                break;
        }

        return bytes;
    }

    private static void Put(byte[] bytes, params ReadOnlySpan<ulong> addresses)
    {
        for (int i = 0; i < addresses.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8 * i), addresses[i]);
        }
    }

    private DeviceBuffer Values(bool halves, long count, string name) => halves ? _bench.Halves(count, name) : _bench.Floats(count, name);

    private static double[] Read(DeviceBuffer buffer, bool halves) => halves
        ? KernelBench.ReadHalves(buffer)
        : Array.ConvertAll(KernelBench.ReadFloats(buffer), value => (double)value);
}
