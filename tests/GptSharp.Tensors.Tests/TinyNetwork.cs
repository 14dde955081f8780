using GptSharp.Tensors.Memory;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests;

/// <summary>
/// A composite of most operations, with parameters of its own: linear, GELU, LayerNorm, then, in a scope, x + projection of
/// attention with dropout, then a head and cross-entropy.
/// </summary>
internal sealed class TinyNetwork
{
    public const int Vocabulary = 7;

    private const int Inputs = 6, Heads = 2;

    private readonly Parameter[] _parameters;
    private readonly Func<Tensor, Tensor> _body;

    public TinyNetwork(Engine engine, DType type, int width = 8)
    {
        Arena = engine.NewModelArena(type);
        _parameters =
        [
            Arena.Declare("in.weight", (width, Inputs)),
            Arena.Declare("in.bias", width),
            Arena.Declare("norm.weight", width),
            Arena.Declare("norm.bias", width),
            Arena.Declare("qkv.weight", (3 * width, width)),
            Arena.Declare("projection.weight", (width, width)),
            Arena.Declare("head.weight", (Vocabulary, width)),
        ];
        Arena.Commit();
        Arena.EnableGradients();
        for (int i = 0; i < _parameters.Length; i++)
        {
            double deviation = 1 / Math.Sqrt(_parameters[i].Value.Shape.Last);
            _parameters[i].Value.UploadDoubles(
                OpInput.Normal(_parameters[i].Value.Shape, 10 + i, deviation, mean: i == 2 ? 1 : 0).ToDoubles());
        }

        _body = Mix;
    }

    public ModelArena Arena { get; }

    public bool Recompute { get; set; }

    public double Dropout { get; set; }

    /// <summary>Sees the activations before and after the scope and may replace them.</summary>
    public Func<Tensor, Tensor> Observe { get; set; } = tensor => tensor;

    /// <summary>(B, T, 6).</summary>
    public static OpInput NewInput(int batch, int time, int seed = 1) => OpInput.Normal((batch, time, Inputs), seed);

    /// <summary>(B, T), some of them ignored.</summary>
    public static int[] NewTargets(int batch, int time, int seed = 2)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, batch * time).Select(_ => random.Next(-1, Vocabulary))];
    }

    public Tensor Loss(Step step, Tensor x, Tensor targets, long validCount)
    {
        Tensor hidden = Tensors.Ops.Gelu(Tensors.Ops.Linear(x, Value(0), Value(1)));      // (B, T, C)
        Tensor normal = Observe(Tensors.Ops.LayerNorm(hidden, Value(2), Value(3)));      // (B, T, C)
        Tensor mixed = Observe(step.Scope(_body, normal, Recompute));                    // (B, T, C)
        return Tensors.Ops.CrossEntropy(Tensors.Ops.Linear(mixed, Value(6)), targets, Vocabulary, validCount);
    }

    /// <summary>One training pass: the loss, and the gradients in <see cref="Arena"/>.</summary>
    public double Pass(Engine engine, StepOptions options, int batch, int time)
    {
        using Step step = engine.BeginStep(options);
        Arena.ClearGradients();
        int[] targets = NewTargets(batch, time);
        Tensor x = NewInput(batch, time).Enter(step, Value(0).DType);
        Tensor loss = Loss(step, x, step.Input(targets, (batch, time)), targets.Count(target => target >= 0));
        step.Backward(loss);
        return loss.Item();
    }

    private Tensor Mix(Tensor x)
    {
        Tensor mixed = Tensors.Ops.Attention(Tensors.Ops.Linear(x, Value(4)), Heads, Dropout, site: 1);
        return Tensors.Ops.Add(x, Tensors.Ops.Dropout(Tensors.Ops.Linear(mixed, Value(5)), Dropout, site: 2));
    }

    private Tensor Value(int parameter) => _parameters[parameter].Value;
}
