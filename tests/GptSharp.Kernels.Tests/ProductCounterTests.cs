using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

/// <summary>What products cost, counted: traffic, bank conflicts, instructions per mma, registers.</summary>
public sealed class ProductCounterTests
{
    private const int WarpsOfATile = 8;

    public static TheoryData<string, int, int, string> Tiled => ProductTests.Tiled;

    public static TheoryData<string, int, ActivationFunction, float> Epilogues => new(
        from product in (string[])["linear_activation", "linear_backward_input_activation"]
        from columns in (int[])[128, 256]
        from function in Enum.GetValues<ActivationFunction>()
        from beta in product == "linear_activation" ? (float[])[0] : [0, 0.5f]
        select (product, columns, function, beta));

    [Fact]
    public void A_product_of_1024_cubed_moves_what_its_tiles_need_and_nothing_twice()
    {
        const int size = 1024;
        using ProductBench bench = new(ProductKernels.Find("linear", 128, 128), "bf16", (size, size, size));
        LaunchCounters counters = bench.Launch();

        Assert.InRange(bench.WorstError(stride: 5003), 0, 1);
        Assert.Equal((long)size * size * size / 2048, counters.Count(InstructionClass.Matrix));

        long loaded = Global(counters, "cp.async.cg").GlobalBytes, stored = Global(counters, "st.global").GlobalBytes;
        Assert.InRange(loaded, 0, (long)(1.1 * 2 * size * size * size * (1 / 128.0 + 1 / 128.0)));
        Assert.Equal(2L * size * size, stored);
        Assert.Equal(loaded + stored, counters.Accesses.GlobalBytes);
        AssertIdeal(counters);
    }

    // Per mma, over the whole launch: prologue, loop and epilogue. The limits are 1.6 for 128 x 128 and 1.1 for 128 x 256.
    [Theory]
    [InlineData("linear", 128, "bf16", 1.25)]
    [InlineData("linear", 256, "bf16", 0.85)]
    [InlineData("linear_activation", 128, "bf16", 1.45)]
    [InlineData("linear_activation", 256, "bf16", 1.05)]
    [InlineData("linear_backward_input", 128, "bf16", 1.25)]
    [InlineData("linear_backward_input", 256, "bf16", 0.85)]
    [InlineData("linear_backward_input_activation", 128, "bf16", 1.5)]
    [InlineData("linear_backward_input_activation", 256, "bf16", 1.1)]
    [InlineData("linear_backward_weight", 128, "bf16_f32", 1.3)]
    [InlineData("linear_backward_weight", 256, "bf16_f32", 0.9)]
    public void A_long_sum_on_tensor_cores_takes_few_other_instructions(string product, int columns, string types, double most)
    {
        const int length = 4096;
        using ProductBench bench = new(ProductKernels.Find(product, 128, columns), types, (128, columns, length));
        LaunchCounters counters = bench.Launch();

        long products = counters.Count(InstructionClass.Matrix);
        Assert.Equal(128L * columns * length / 2048, products);
        Assert.InRange((double)(counters.WarpInstructions - products) / products, 0, most);
        AssertIdeal(counters);
        AssertLoop([.. counters.Statements.Where(statement => statement.Executions == WarpsOfATile * length / 64)], columns);
    }

    /// <summary>Every activation function, and gradients that are added to what is there, at the same limits: 1.6 and 1.1.</summary>
    [Theory]
    [MemberData(nameof(Epilogues))]
    public void Epilogues_take_few_instructions_too(string product, int columns, ActivationFunction function, float beta)
    {
        const int length = 4096;
        using ProductBench bench = new(ProductKernels.Find(product, 128, columns), "bf16", (128, columns, length)) { Function = function, Beta = beta };
        LaunchCounters counters = bench.Launch();

        long products = counters.Count(InstructionClass.Matrix);
        Assert.InRange((double)(counters.WarpInstructions - products) / products, 0, columns == 128 ? 1.6 : 1.1);
    }

    [Theory]
    [InlineData(128, 128, 0.135)]
    [InlineData(64, 64, 0.24)]
    public void A_long_sum_in_binary32_is_nearly_all_multiply_adds(int rows, int columns, double most)
    {
        using ProductBench bench = new(ProductKernels.Find("linear", rows, columns), "f32", (rows, columns, 2048));
        LaunchCounters counters = bench.Launch();

        long products = counters.Count(InstructionClass.FusedMultiplyAdd);
        Assert.Equal((long)rows * columns * (2048 + 1) / 32, products); // and the residual's
        Assert.InRange((double)(counters.WarpInstructions - products) / products, 0, most);
        AssertIdeal(counters);
    }

    [Theory]
    [MemberData(nameof(Tiled))]
    public void No_kernel_keeps_more_alive_than_an_assembler_has_registers_for(string product, int rows, int columns, string types)
    {
        using ProductBench bench = new(ProductKernels.Find(product, rows, columns), types, (8, 8, 8));
        int most = types == "f32" ? 140 : columns switch { 64 => 124, 128 => 156, _ => 242 };

        Assert.InRange(bench.Launch().MaxLiveRegisters, 1, most);
    }

    // The loop of a k-block: every statement of it is executed once per warp and block, so no branch jumps over any.
    private static void AssertLoop(IReadOnlyList<StatementCounters> loop, int columns)
    {
        int products = loop.Count(statement => statement.Class == InstructionClass.Matrix);
        int fragments = loop.Count(statement => Is(statement, "ldmatrix.sync.aligned.m8n8.x4"));
        Assert.Equal(columns / 2, products);
        Assert.Equal(columns == 128 ? 0.375 : 0.25, (double)fragments / products);
        Assert.Equal(1, loop.Count(statement => Is(statement, "bar.sync")));
        Assert.Equal((128 + columns) / 32, loop.Count(statement => Is(statement, "cp.async.cg")));
        Assert.DoesNotContain(loop, statement => Is(statement, "div") || Is(statement, "rem") || Is(statement, "ld.global") || Is(statement, "st."));
        Assert.Equal(1, loop.Count(statement => statement.Class == InstructionClass.Control));

        // Double-buffered: at least a k-step's products lie between the load of a fragment and its first use, around the loop's end as well.
        int perStep = products / 4;
        for (int i = 0; i < loop.Count; i++)
        {
            if (!Is(loop[i], "ldmatrix"))
            {
                continue;
            }

            string register = loop[i].Text[(loop[i].Text.IndexOf('{') + 1)..].Split(',')[0].Trim();
            int distance = Enumerable.Range(i + 1, loop.Count)
                .Select(k => loop[k % loop.Count])
                .TakeWhile(statement => statement.Class != InstructionClass.Matrix || !Uses(statement, register))
                .Count(statement => statement.Class == InstructionClass.Matrix);
            Assert.InRange(distance, perStep / 2, products);
        }
    }

    private static bool Is(StatementCounters statement, string start) => statement.Text.StartsWith(start, StringComparison.Ordinal);

    private static bool Uses(StatementCounters statement, string register) =>
        statement.Text.Split(',', '{', '}', ' ', ';', '\t').Contains(register);

    private static InstructionAccesses Global(LaunchCounters counters, string start)
    {
        InstructionAccesses sum = default;
        foreach (StatementCounters statement in counters.Statements.Where(statement => Is(statement, start)))
        {
            sum.Add(statement.Accesses);
        }

        return sum;
    }

    // 16 bytes per lane from whole sectors, and no bank conflict.
    private static void AssertIdeal(LaunchCounters counters)
    {
        Assert.Equal(counters.Accesses.IdealWavefronts, counters.Accesses.Wavefronts);
        foreach (StatementCounters statement in counters.Statements.Where(statement => statement.Accesses.GlobalBytes > 0))
        {
            Assert.Equal(statement.Accesses.GlobalBytes, 32 * statement.Accesses.Sectors);
            Assert.Equal(16, statement.Accesses.Sectors / statement.Accesses.GlobalRequests);
        }
    }
}
