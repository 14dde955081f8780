using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cpu.Gemm;
using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Gemm;

/// <summary>What is computed with a weight in panels has the bits that it has with the weight in rows, which other tests compare with oracles.</summary>
public sealed class WeightPanelsTests
{
    private const int Outputs = 96, Rows = 70;

    // Less than a chunk of a sum, several whole ones and a rest, and the second layer of GPT-2's MLP.
    private static readonly int[] Inputs = [32, 352, 768, 3072];

    public static MatrixTheoryData<SimdPath, DType> Cases => new(CpuFeatures.Available, [DType.F32, DType.BF16]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Linear_layers_have_the_bits_of_rows(SimdPath path, DType type)
    {
        Assert.SkipWhen(path.Bits() == 128 && type == DType.BF16, "pairs are not turned over in 128 bits.");
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            using var engine = new Engine(new CpuBackend(threads, path));
            using SessionArena arena = engine.NewSessionArena("test");
            IBackend backend = engine.Backend;
            foreach (int inputs in Inputs)
            {
                Tensor weight = Numbers(arena, (Outputs, inputs), type, 1), bias = Numbers(arena, Outputs, type, 2);
                foreach (int rows in threads == 2 ? [1, 2, 3, 4, 7, 8, 15, 33, Rows] : (int[])[1, 5])
                {
                    Tensor x = Numbers(arena, (rows, inputs), type, 3), residual = Numbers(arena, (rows, Outputs), type, 4);
                    double[][] expected = Results();

                    Assert.True(backend.Arrange(weight));
                    Assert.False(backend.Arrange(weight));
                    Assert.Equal(expected, Results());
                    backend.Restore(weight);

                    double[][] Results()
                    {
                        Tensor y = Numbers(arena, (rows, Outputs), type, 5), pre = Numbers(arena, (rows, Outputs), type, 6);
                        backend.Linear(y, x, weight, Tensor.None, Tensor.None);
                        double[] plain = y.ToDoubles();
                        backend.Linear(y, x, weight, bias, residual);
                        double[] added = y.ToDoubles();
                        backend.LinearActivation(y, pre, x, weight, bias, ActivationFunction.GeluTanh);
                        return [plain, added, y.ToDoubles(), pre.ToDoubles()];
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Linear_layers_are_those_of_double_precision(SimdPath path, DType type)
    {
        Assert.SkipWhen(path.Bits() == 128 && type == DType.BF16, "pairs are not turned over in 128 bits.");
        using var engine = new Engine(new CpuBackend(2, path));
        using SessionArena arena = engine.NewSessionArena("test");
        foreach (int inputs in Inputs)
        {
            Tensor weight = Numbers(arena, (Outputs, inputs), type, 1), bias = Numbers(arena, Outputs, type, 2);
            double[] w = weight.ToDoubles(), b = bias.ToDoubles();
            Assert.True(engine.Backend.Arrange(weight));
            foreach (int rows in (int[])[1, 2, 5, 8, 13])
            {
                Tensor x = Numbers(arena, (rows, inputs), type, 3), y = arena.New((rows, Outputs), type);
                engine.Backend.Linear(y, x, weight, bias, Tensor.None);

                double[] a = x.ToDoubles(), sums = y.ToDoubles();
                for (int i = 0; i < sums.Length; i++)
                {
                    (int row, int output) = Math.DivRem(i, Outputs);
                    double exact = b[output], magnitude = Math.Abs(exact);
                    for (int k = 0; k < inputs; k++)
                    {
                        double product = a[(row * inputs) + k] * w[(output * inputs) + k];
                        (exact, magnitude) = (exact + product, magnitude + Math.Abs(product));
                    }

                    // Sums of floats, and for BF16 one rounding at the end.
                    double noise = (1e-6 * magnitude) + (type == DType.BF16 ? Math.Abs(exact) / 256 : 0);
                    Assert.InRange(sums[i], exact - noise, exact + noise);
                }
            }

            engine.Backend.Restore(weight);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_does_not_know_of_panels_refuses_a_weight_in_them(SimdPath path, DType type)
    {
        Assert.SkipWhen(path.Bits() == 128 && type == DType.BF16, "pairs are not turned over in 128 bits.");
        using var engine = new Engine(new CpuBackend(2, path));
        ModelArena model = engine.NewModelArena(type);
        Parameter first = model.Declare("first", (64, 64)), weight = model.Declare("weight", (64, 64)), last = model.Declare("last", 64);
        model.Commit();
        model.EnableGradients();
        weight.Value.UploadDoubles([.. Enumerable.Range(0, 64 * 64).Select(i => (double)(i % 61))]);
        double[] values = weight.Value.ToDoubles();
        byte[] bytes = new byte[type.Size() * 64];
        Assert.True(engine.Backend.Arrange(weight.Value));

        Refuses(() => weight.Value.ToDoubles());
        Refuses(() => weight.Value.UploadDoubles(values));
        Refuses(() => weight.Value.DownloadBytes(64, bytes));
        Refuses(() => weight.Value.UploadBytes(64, bytes));
        Refuses(() => model.Values!.Flat.ToDoubles());
        using (Step step = engine.BeginStep())
        {
            Tensor x = step.Input(new double[64 * 3], (3, 64), type);
            Tensor loss = Tensors.Ops.CrossEntropy(Tensors.Ops.Linear(Tensors.Ops.Linear(x, first.Value), weight.Value), step.Input([1, 2, 3], 3), 64, 3);
            Refuses(() => step.Backward(loss));
            Refuses(() => Tensors.Ops.Add(weight.Value, weight.Value));
            Refuses(() => step.Run(new CopyOp(weight.Value, first.Value)));
            Refuses(() => Tensors.Ops.Linear(weight.Value, first.Value));
        }

        // Its neighbours are nobody else's business.
        first.Value.UploadDoubles(first.Value.ToDoubles());
        last.Value.UploadDoubles(last.Value.ToDoubles());

        engine.Backend.Restore(weight.Value);
        Assert.Equal(values, weight.Value.ToDoubles());

        static void Refuses(Action action) =>
            Assert.Contains("end the generation first", Assert.Throws<TensorException>(action).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_embedding_finds_its_rows(SimdPath path, DType type)
    {
        Assert.SkipWhen(path.Bits() == 128 && type == DType.BF16, "pairs are not turned over in 128 bits.");
        using var engine = new Engine(new CpuBackend(2, path));
        using SessionArena arena = engine.NewSessionArena("test");
        Tensor table = Numbers(arena, (Outputs, 64), type, 1), positions = Numbers(arena, (5, 64), type, 2), y = Numbers(arena, (2, 3, 64), type, 3);
        Tensor indices = arena.New((2, 3), DType.I32);
        indices.Upload<int>([95, 0, 33, 17, 33, 64]);
        double[][] expected = Results();

        engine.Backend.Arrange(table);
        Assert.Equal(expected, Results());

        double[][] Results()
        {
            engine.Backend.Embedding(y, indices, table, Tensor.None);
            double[] plain = y.ToDoubles();
            engine.Backend.Embedding(y, indices, table, positions);
            return [plain, y.ToDoubles()];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_bit_returns_to_its_place(SimdPath path, DType type)
    {
        Assert.SkipWhen(path.Bits() == 128 && type == DType.BF16, "pairs are not turned over in 128 bits.");
        using var engine = new Engine(new CpuBackend(2, path));
        using SessionArena arena = engine.NewSessionArena("test");
        Tensor weight = arena.New((64, 352), type);
        var random = new Random(1);
        byte[] bits = new byte[weight.Count * type.Size()];
        random.NextBytes(bits);
        if (type == DType.F32)
        {
            for (int i = 3; i < bits.Length; i += 4)
            {
                bits[i] &= 0xBF;    // no NaN: whether one signals is not kept
            }
        }

        engine.Backend.Upload(weight.Address, bits);
        Assert.True(engine.Backend.Arrange(weight));
        byte[] arranged = Memory(weight);
        int size = type.Size();
        for (int output = 0; output < 64; output++)
        {
            for (int input = 0; input < 352; input++)
            {
                long place = WeightPanels.IndexOf(output, input, 352, type, path) * size;
                Assert.Equal(bits.AsSpan(((output * 352) + input) * size, size), arranged.AsSpan((int)place, size));
            }
        }

        engine.Backend.Restore(weight);
        Assert.Equal(bits, Memory(weight));
    }

    // Of a weight in panels, which nothing else gives out.
    private static unsafe byte[] Memory(Tensor weight) => new Span<byte>((byte*)weight.Address, (int)weight.Bytes).ToArray();

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_weight_that_does_not_fill_panels_stays_as_it_is(SimdPath path, DType type)
    {
        using var engine = new Engine(new CpuBackend(2, path));
        using SessionArena arena = engine.NewSessionArena("test");
        Assert.False(engine.Backend.Arrange(Numbers(arena, (65, 64), type, 1)));
        Assert.True(type == DType.F32 || !engine.Backend.Arrange(Numbers(arena, (64, 65), type, 1)));
    }

    private static Tensor Numbers(SessionArena arena, Shape shape, DType type, int seed)
    {
        Tensor tensor = arena.New(shape, type);
        tensor.UploadDoubles(Array.ConvertAll(Products.Numbers((int)shape.Count, seed), number => (double)number));
        return tensor;
    }
}
