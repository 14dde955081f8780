using GptSharp.Tensors;

namespace GptSharp.Benchmarks.Workloads;

/// <summary>
/// The linear layers of three models, forward (y = x W^T: NT), gradient of the input (dy W: NN) and gradient of the weight (dy^T x: TN).
/// </summary>
internal static class LinearCases
{
    private static readonly (string Model, int Tokens, int Inputs, int Outputs)[] Layers =
    [
        ("gpt2 qkv", 256, 768, 2304), ("gpt2 projection", 256, 768, 768), ("gpt2 up", 256, 768, 3072), ("gpt2 down", 256, 3072, 768),
        ("gpt2 head", 256, 768, 50257),
        ("char-small qkv", 768, 128, 384), ("char-small up", 768, 128, 512), ("char-small down", 768, 512, 128),
        ("char-large qkv", 4096, 384, 1152), ("char-large up", 4096, 384, 1536), ("char-large down", 4096, 1536, 384),
    ];

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<(string Name, Action<OpWorkload> Prepare)> All { get; } =
    [
        .. Layers.SelectMany(layer => new (string, Action<OpWorkload>)[]
        {
            ($"linear {layer.Model}", w => w.Use(new LinearOp(
                w.New((layer.Tokens, Padded(layer.Outputs))), w.Random((layer.Tokens, layer.Inputs)), w.Random((Padded(layer.Outputs), layer.Inputs)),
                w.Random(Padded(layer.Outputs)), Tensor.None, layer.Outputs))),
            ($"linear backward input {layer.Model}", w => w.Use(new LinearBackwardInputOp(
                w.New((layer.Tokens, layer.Inputs)), w.Random((layer.Tokens, Padded(layer.Outputs))),
                w.Random((Padded(layer.Outputs), layer.Inputs)), layer.Outputs, 0))),
            ($"linear backward weight {layer.Model}", w => w.Use(new LinearBackwardWeightOp(
                w.New((Padded(layer.Outputs), layer.Inputs)), w.Random((layer.Tokens, Padded(layer.Outputs))),
                w.Random((layer.Tokens, layer.Inputs)), layer.Outputs, 0))),
        }),
        ("linear backward bias gpt2 qkv", w => w.Use(new LinearBackwardBiasOp(w.New(2304), w.Random((256, 2304)), 0))),
        ("linear and gelu gpt2 up", w => w.Use(new LinearActivationOp(
            w.New((256, 3072)), w.New((256, 3072)), w.Random((256, 768)), w.Random((3072, 768)), w.Random(3072), ActivationFunction.GeluTanh))),
        ("linear and gelu backward gpt2 down", w => w.Use(new LinearBackwardInputActivationOp(
            w.New((256, 3072)), w.Random((256, 768)), w.Random((768, 3072)), w.Random((256, 3072)), ActivationFunction.GeluTanh, 768, 0))),
    ];

    // As models pad the vocabulary.
    private static int Padded(int outputs) => (outputs + 63) / 64 * 64;
}
