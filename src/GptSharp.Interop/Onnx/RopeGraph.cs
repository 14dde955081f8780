using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Interop.Onnx;

/// <summary>
/// Rotary position embedding from tables of cosines and sines, which are computed in double precision here, where a graph would compute
/// large angles in single precision. Interleaved pairs are brought into halves first: scores do not depend on the channels' order, as
/// long as queries and keys have the same.
/// </summary>
internal sealed class RopeGraph
{
    private readonly GptConfig _config;
    private readonly OnnxGraphBuilder _builder;
    private readonly string _cosines;
    private readonly string _sines;

    public RopeGraph(GptConfig config, OnnxGraphBuilder builder, GptWeights weights, string positions)
    {
        (_config, _builder) = (config, builder);
        _cosines = Rows("rope.cos", Math.Cos);
        _sines = Rows("rope.sin", Math.Sin);

        // (B, 1, N, R/2)
        string Rows(string name, Func<double, double> function)
        {
            string table = weights.Table(name, [config.BlockSize, config.RopeWidth / 2], () => Table(config, function));     // (S, R/2)
            return builder.Unsqueeze(builder.Gather(table, positions), 1);
        }
    }

    /// <summary>(B, heads, N, D) to the same shape.</summary>
    public string Turn(string x)
    {
        (int width, int rest) = (_config.RopeWidth, _config.HeadSize - _config.RopeWidth);
        if (_config.Rope.Pairing == RopePairing.Interleaved)
        {
            x = _builder.Gather(x, _builder.Integers(Halves(width, _config.HeadSize)), axis: -1);
        }

        string[] parts = rest == 0 ? _builder.Split(x, width / 2, width / 2) : _builder.Split(x, width / 2, width / 2, rest);
        string first = _builder.Subtract(_builder.Multiply(parts[0], _cosines), _builder.Multiply(parts[1], _sines));        // (B, heads, N, R/2)
        string second = _builder.Add(_builder.Multiply(parts[1], _cosines), _builder.Multiply(parts[0], _sines));            // (B, heads, N, R/2)
        return _builder.Concat(-1, [first, second, .. parts[2..]]);
    }

    // Channels 0, 2, 4 and so on, then 1, 3, 5 and so on, then those that are not turned.
    private static long[] Halves(int width, int size) =>
        [.. Enumerable.Range(0, size).Select(i => (long)(i < width / 2 ? 2 * i : i < width ? (2 * (i - (width / 2))) + 1 : i))];

    private static double[] Table(GptConfig config, Func<double, double> function)
    {
        double[] frequencies = config.Rope.Frequencies(config.RopeWidth);
        var values = new double[(long)config.BlockSize * frequencies.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = function(i / frequencies.Length * frequencies[i % frequencies.Length]);
        }

        return values;
    }
}
