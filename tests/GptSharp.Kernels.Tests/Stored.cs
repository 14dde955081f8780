using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

/// <summary>Buffers of a storage type that a theory names: inputs, and results as doubles.</summary>
internal static class Stored
{
    /// <summary>Normally distributed values of a type.</summary>
    public static DeviceBuffer Normal(this KernelBench bench, DType type, long count, string name, double scale = 1) =>
        type == DType.BF16 ? bench.Halves(count, name, scale) : bench.Floats(count, name, scale);

    /// <summary>Given values, rounded to a type.</summary>
    public static DeviceBuffer Given(this KernelBench bench, DType type, IEnumerable<double> values, string name) => type == DType.BF16
        ? bench.Memory.Allocate<BF16>([.. values.Select(value => (BF16)value)], name)
        : bench.Memory.Allocate<float>([.. values.Select(value => (float)value)], name);

    /// <summary>Unwritten memory for values of a type.</summary>
    public static DeviceBuffer Output(this KernelBench bench, DType type, long count, string name) => bench.Output(count * type.Size(), name);

    /// <summary>The values of a buffer.</summary>
    public static double[] Read(this DeviceBuffer buffer, DType type) =>
        type == DType.BF16 ? KernelBench.ReadHalves(buffer) : Array.ConvertAll(KernelBench.ReadFloats(buffer), value => (double)value);

    /// <summary>The ending of kernels for a type.</summary>
    public static string Suffix(this DType type) => type == DType.BF16 ? "_bf16" : "_f32";

    /// <summary>The ending of kernels for the types of an activation and of a parameter's gradient.</summary>
    public static string Suffix(this DType activation, DType gradient) =>
        activation == gradient ? activation.Suffix() : activation.Suffix() + gradient.Suffix();

    /// <summary>
    /// Every value is the expected one but for rounding: half a unit in the last place of what is stored as BF16 (2^-8 of the value at
    /// most), and a share of the value and of <paramref name="size"/>, the size of what was added up, for the arithmetic in binary32.
    /// </summary>
    public static void AssertClose(DType type, IReadOnlyList<double> expected, IReadOnlyList<double> actual, double relative = 2e-6, double size = 1)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            double allowed = (Math.Abs(expected[i]) * relative) + (size * 1e-6) + (type == DType.BF16 ? Math.Abs(expected[i]) / 256 : 0);
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= allowed || (double.IsNaN(expected[i]) && double.IsNaN(actual[i])),
                FormattableString.Invariant($"element {i} is {actual[i]:R}, not {expected[i]:R} to {allowed:E1}"));
        }
    }
}
