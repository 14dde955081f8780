using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Cli.Bench;

/// <summary>Tensors for a measurement, with numbers in them that neither overflow nor vanish.</summary>
/// <param name="engine">Where they live.</param>
internal sealed class Operands(Engine engine)
{
    private readonly SessionArena _arena = engine.NewSessionArena("benchmark");
    private readonly Random _random = new(1);

    /// <summary>Numbers from -1/2 to 1/2.</summary>
    public Tensor Numbers(Shape shape, DType type = DType.F32)
    {
        Tensor tensor = _arena.New(shape, type);
        if (type == DType.BF16)
        {
            tensor.Upload<BF16>([.. Values(shape.Count).Select(value => (BF16)value)]);
        }
        else
        {
            tensor.Upload<float>([.. Values(shape.Count)]);
        }

        return tensor;
    }

    /// <summary>Zeros, for what is so large that filling it with numbers would take longer than the measurement.</summary>
    public Tensor Zeros(Shape shape)
    {
        Tensor tensor = _arena.New(shape, DType.F32);
        engine.Backend.Fill(tensor, 0);
        return tensor;
    }

    /// <summary>Integers from 0 to <paramref name="limit"/> - 1.</summary>
    public Tensor Integers(int count, int limit)
    {
        Tensor tensor = _arena.New(count, DType.I32);
        tensor.Upload<int>([.. Enumerable.Range(0, count).Select(_ => _random.Next(limit))]);
        return tensor;
    }

    private IEnumerable<float> Values(long count)
    {
        for (long i = 0; i < count; i++)
        {
            yield return _random.NextSingle() - 0.5f;
        }
    }
}
