using GptSharp.Cuda;
using GptSharp.Cuda.Emulation;
using GptSharp.OpCases;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Tensors.Backends.Cuda.Products;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Backends.Cuda;

/// <summary>Which kernel computes a matrix product: every choice is right, and it is the one that <see cref="ProductRoute"/> describes.</summary>
public sealed class LinearTileTests
{
    public static TheoryData<string, int, string> Cases => new(
        from opCase in Aligned
        from tile in new[] { ProductTile.Tile64x64, ProductTile.Tile128x128, ProductTile.Tile128x256 }
        from precision in TestPrecisions.Names
        select (opCase.Name, (int)tile, precision));

    private static IEnumerable<OpCase> Aligned => LinearCases.Cases.Concat(LinearActivationCases.Cases).Where(
        opCase => opCase.Name.Contains("whole packs", StringComparison.Ordinal) || opCase.Name.Contains("in slices", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_tile_agrees_with_Reference(string name, int tile, string precision) => OpConformance.CheckAgainstReference(
        Aligned.Single(opCase => opCase.Name == name),
        TestPrecisions.Find(precision),
        () => new CudaBackend(
            new EmulatorDriver(new EmulatorOptions { Workers = 1 }), "emulator", new CudaOptions { Graphs = false, ProductTile = (ProductTile)tile }));

    [Theory]
    [InlineData(8192, 3072, 768, (int)ProductTile.Tile128x256)]
    [InlineData(1024, 1024, 1024, (int)ProductTile.Tile64x64)]
    [InlineData(1536, 1280, 64, (int)ProductTile.Tile128x128)]
    [InlineData(17, 768, 768, (int)ProductTile.Tile64x64)]
    [InlineData(16, 768, 768, (int)ProductTile.Tile16x16)]
    [InlineData(3, 768, 768, (int)ProductTile.Tile4x16)]
    [InlineData(1, 50257, 767, (int)ProductTile.Tile1x8)]
    [InlineData(8192, 50257, 768, (int)ProductTile.Any)]
    [InlineData(8192, 768, 767, (int)ProductTile.Any)]
    [InlineData(8192, 768, 1 << 23, (int)ProductTile.Any)]
    public void The_largest_tile_with_enough_blocks_is_taken(long m, long n, long k, int tile) =>
        Assert.Equal((ProductTile)tile, ProductRoute.Tile(new ProductSize(m, n, k, ProductForm.NT), DType.BF16, DType.BF16, aligned: true));

    [Fact]
    public void What_is_not_aligned_goes_element_by_element() =>
        Assert.Equal(ProductTile.Any, ProductRoute.Tile(new ProductSize(64, 64, 64, ProductForm.NN), DType.F32, DType.F32, aligned: false));

    // GPT-2's weights: 768 x 768 has 36 tiles of 128 x 128, too few for a GPU; 3072 x 768 has enough.
    [Theory]
    [InlineData(768, 768, 16384, 3)]
    [InlineData(3072, 768, 16384, 1)]
    [InlineData(768, 768, 1100, 2)]
    [InlineData(64, 64, 65536, 32)]
    [InlineData(13, 21, 65536, 1)]
    public void Long_sums_of_small_weights_are_cut_into_slices(long m, long n, long k, int slices)
    {
        var size = new ProductSize(m, n, k, ProductForm.TN);

        Assert.Equal(slices, ProductRoute.Slices(size, DType.BF16, DType.F32));
        Assert.InRange(ProductRoute.SliceLength(size, slices) * (long)slices, k, k + (64L * slices));
        Assert.True(ProductRoute.SliceLength(size, slices) * (slices - 1L) < k); // the last is not empty
    }

    [Theory]
    [InlineData(80, "linear_128x256_bf16")]
    [InlineData(89, "linear_128x128_bf16")]
    public void A_tile_that_does_not_fit_into_shared_memory_makes_room_for_a_smaller_one(int capability, string kernel)
    {
        List<string> launched = [];
        using SilentDriver driver = new(capability) { Launched = launch => launched.Add(launch.Kernel.Name) };
        using Engine engine = new(new CudaBackend(driver, "silent device", new CudaOptions { Graphs = false, ProductTile = ProductTile.Tile128x256 }));
        using Step step = engine.BeginStep();

        Tensor x = step.Input(new double[64 * 8], (64, 8), DType.BF16);
        Tensors.Ops.Linear(x, x);

        Assert.Equal([kernel], launched);
    }

    [Fact]
    public void A_kernel_that_spills_makes_room_for_a_smaller_tile()
    {
        List<string> log = [];
        using EmulatorDriver driver = new(new EmulatorOptions { RegistersPerThread = 200 }) { Log = log.Add };
        using Engine engine = new(new CudaBackend(driver, "emulator", new CudaOptions { Graphs = false, ProductTile = ProductTile.Tile128x256 }));
        List<string> launched = [];
        driver.Launched = launch => launched.Add(launch.Kernel.Name);
        using Step step = engine.BeginStep();

        Tensor x = step.Input(new double[64 * 8], (64, 8), DType.BF16);
        Tensors.Ops.Linear(x, x);

        Assert.Equal(["linear_128x128_bf16"], launched);
        Assert.Contains(log, line => line.StartsWith("linear_128x256_bf16 spills ", StringComparison.Ordinal)
            && line.EndsWith("linear_128x128_bf16 takes its place.", StringComparison.Ordinal));
    }
}
