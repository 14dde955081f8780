using GptSharp.Cuda;
using GptSharp.GpuBench.Suite;
using GptSharp.OpCases;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda.Products;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.GpuBench.Timing;

/// <summary>
/// Operations large enough to fill a GPU whose kernels the training steps of <see cref="Training.TrainingShape"/> do not launch: other
/// widths, forms of attention, alignments, generation.
/// </summary>
internal static class LargeCases
{
    private static readonly AttentionForm Local = new(8) { Window = 200 }, Full = Local with { SoftCap = 30, Alibi = true };

    /// <summary>All of them.</summary>
    /// <param name="device">What they run on.</param>
    /// <param name="isSmall">Whether to take little time on the emulator instead.</param>
    public static IEnumerable<SuiteCase> All(DeviceProperties device, bool isSmall)
    {
        int rows = isSmall ? 8 : 4096, time = isSmall ? 8 : 1024, batch = isSmall ? 1 : 4;
        IEnumerable<SuiteCase> operations =
            from large in (IEnumerable<(string Operation, OpCase Case)>)
            [
                .. Elementwise(rows),
                .. Norms(rows),
                .. Attention(batch, time),
                .. Generation(isSmall ? 2 : 16, isSmall ? 32 : 1024),
                .. Products(isSmall ? 24 : 2048),
            ]
            from suiteCase in SuiteCase.Of(large.Operation, large.Case, device)
            select suiteCase;
        return operations.Concat(
            from tile in (ProductTile[])[ProductTile.Tile64x64, ProductTile.Tile128x128, ProductTile.Tile128x256]
            from suiteCase in SuiteCase.Of("mlp", Mlp(2 * (isSmall ? 24 : 2048), isSmall ? 24 : 2048), device)
            select suiteCase with { Tile = tile });
    }

    private static IEnumerable<(string Operation, OpCase Case)> Elementwise(int rows)
    {
        Shape shape = (rows, 2048);
        yield return ("activation", new("Swish", t => Ops.Activation(t[0], ActivationFunction.Swish), Normal(shape, 1)));
        yield return ("add", new("add", t => Ops.Add(t[0], t[1]), Normal(shape, 1), Normal(shape, 2)));
        yield return ("dropout", new("dropout", t => Ops.Dropout(t[0], 0.1, site: 1), Normal(shape, 1)) { Training = true });
        yield return ("scale", new("scale", t => Ops.Scale(t[0], 3), Normal(shape, 1)));
        yield return ("soft cap", new("soft cap", t => Ops.SoftCap(t[0], 30), Normal(shape, 1)));
        yield return ("cross-entropy", CrossEntropyCases.Case("50257", (rows + 31) / 32, 50304, 50257, Indices((rows + 31) / 32, 50257, 1)));
    }

    private static IEnumerable<(string Operation, OpCase Case)> Norms(int rows)
    {
        foreach (int channels in (int[])[256, 512, 768, 1024, 2048, 767])
        {
            yield return ("layer norm", LayerNormCases.Case($"{channels} channels", (rows, channels)));
            yield return ("rms norm", RMSNormCases.Case($"{channels} channels", (rows, channels)));
        }

        foreach (int channels in (int[])[64, 61])
        {
            yield return ("head norm", HeadNormCases.Case($"{channels} channels", 1, rows, new(8), channels));
        }
    }

    private static IEnumerable<(string Operation, OpCase Case)> Attention(int batch, int time)
    {
        yield return ("attention", AttentionCases.Case("64 channels, documents", batch, time, new AttentionForm(8), 64, documents: true));
        foreach (int headSize in (int[])[64, 128, 40, 80, 200])
        {
            foreach ((int sequences, int length) in ((int, int)[])[(batch, time), (10 * batch, (time + 9) / 10)])
            {
                yield return ("attention", AttentionCases.Case($"{headSize} channels, {length}", sequences, length, 8, headSize));
                yield return ("attention", AttentionCases.Case($"{headSize} channels, {length}, window", sequences, length, Local, headSize));
            }

            yield return ("attention", AttentionCases.Case($"{headSize} channels, dropout", batch, time, 8, headSize, dropout: 0.1));
            yield return ("attention", AttentionCases.Case($"{headSize} channels, everything", batch, time, Full, headSize, dropout: 0.1));
        }
    }

    // A token each, and a few of a prompt, after half of what the cache can hold.
    private static IEnumerable<(string Operation, OpCase Case)> Generation(int batch, int capacity)
    {
        int[] starts = [.. Enumerable.Repeat(capacity / 2, batch)];
        foreach ((int headSize, int added) in ((int, int)[])[(64, 1), (64, 16), (80, 1)])
        {
            yield return ("cached attention", CachedAttentionCases.Case($"{headSize} channels, {added}", batch, added, capacity, new(8), headSize, starts));
        }
    }

    private static IEnumerable<(string Operation, OpCase Case)> Products(int width)
    {
        foreach (int rows in (int[])[1, 4, 16])
        {
            yield return ("mlp", Mlp(rows, width));
        }

        yield return ("mlp", Mlp(width, width - 1)); // rows that do not begin at multiples of 16 bytes
    }

    private static OpCase Mlp(int rows, int width) =>
        LinearActivationCases.Mlp($"{rows} x {width}", rows, width, width, ActivationFunction.GeluTanh);
}
