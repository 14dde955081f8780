using System.Runtime.InteropServices;

namespace GptSharp.Cuda.Tests.Nvidia;

/// <summary>The binding against a stand-in that does a stream's work as late as the device may.</summary>
public sealed unsafe class NvidiaDriverTests
{
    private const string IncreaseShape = "grid 1 x 1 x 1, 64 threads, 0 bytes shared";

    [Fact]
    public void A_kernel_changes_memory_between_two_copies()
    {
        using StandInDriver standIn = new();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        ulong y = Floats(driver, 1, 2, 3);

        driver.Launch(Increase(driver), SampleKernels.Shape(3), SampleKernels.Parameters(y, 3, 10));

        Assert.Equal([11, 12, 13], Read(driver, y, 3));
        Assert.Equal(new DriverCounts(1, 0, 1, 12, 1, 12, 1), driver.Counts);
    }

    [Fact]
    public void Copies_far_larger_than_the_pinned_ring_arrive_whole_in_both_directions()
    {
        using StandInDriver standIn = new();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        var there = new byte[(40 << 20) + 12345];
        new Random(1).NextBytes(there);
        ulong memory = driver.Allocate(there.Length + 1);

        driver.CopyToDevice(memory + 1, there);
        var back = new byte[there.Length];
        driver.CopyToHost(back, memory + 1);

        Assert.True(there.AsSpan().SequenceEqual(back));
    }

    [Fact]
    public void A_source_may_change_when_its_copy_returns()
    {
        using StandInDriver standIn = new();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        ulong memory = driver.Allocate(400);
        for (int i = 0; i < 100; i++)
        {
            Span<byte> source = [(byte)i, 1, 2, 3];
            driver.CopyToDevice(memory + (ulong)(4 * i), source);
            source.Fill(0xff);
        }

        var back = new byte[400];
        driver.CopyToHost(back, memory);
        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal([(byte)i, 1, 2, 3], back[(4 * i)..((4 * i) + 4)]));
    }

    [Fact]
    public void Pinned_memory_is_copied_into_directly_and_is_freed()
    {
        using StandInDriver standIn = new();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        ulong y = Floats(driver, 7, 8);
        nint pinned = driver.AllocatePinned(16);
        Assert.Equal(new byte[16], new Span<byte>((void*)pinned, 16));

        driver.CopyToHost(new Span<byte>((byte*)pinned + 8, 8), y);

        Assert.Equal([0, 0, 7, 8], new Span<float>((void*)pinned, 4));
        driver.FreePinned(pinned);
        Assert.Contains("no address", Assert.Throws<CudaException>(() => driver.FreePinned(pinned)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_repeats_its_launches_and_reports_them()
    {
        using StandInDriver standIn = new();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        ulong y = Floats(driver, 1);
        CudaKernel increase = Increase(driver);
        int seen = 0;
        driver.Launched = _ => seen++;

        driver.BeginCapture();
        driver.Launch(increase, SampleKernels.Shape(1), SampleKernels.Parameters(y, 1, 2));
        driver.Launch(increase, SampleKernels.Shape(1), SampleKernels.Parameters(y, 1, 100));
        using ICudaGraph graph = driver.EndCapture();

        Assert.Equal([1], Read(driver, y, 1));
        driver.Launch(graph);
        driver.Launch(graph);
        Assert.Equal([205], Read(driver, y, 1));
        Assert.Equal((2, 4), (graph.LaunchCount, seen));
        Assert.Equal((0, 2), (driver.Counts.Launches, driver.Counts.GraphLaunches));
    }

    [Fact]
    public void Nothing_but_launches_can_be_captured()
    {
        using StandInDriver standIn = new();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        ulong y = Floats(driver, 1);
        using ICudaEvent mark = driver.NewEvent();
        ICudaModule module = driver.Load("sample", SampleKernels.Ptx());
        driver.BeginCapture();

        Action[] refused =
        [
            () => driver.Allocate(4), () => driver.AllocatePinned(4), () => driver.Free(y), () => driver.CopyToDevice(y, new byte[4]),
            () => driver.CopyToHost(new byte[4], y), () => driver.Fill(y, 0, 4), () => driver.Load("sample", SampleKernels.Ptx()),
            () => module.Kernel("increase"), mark.Record, driver.Synchronize, driver.BeginCapture,
        ];

        Assert.All(refused, action => Assert.EndsWith(
            "came while launches were being captured; a graph holds nothing but launches.",
            Assert.Throws<CudaException>(action).Message,
            StringComparison.Ordinal));
        using ICudaGraph graph = driver.EndCapture();
        Assert.Equal(0, graph.LaunchCount);
    }

    [Fact]
    public void A_launch_allocates_nothing()
    {
        using StandInDriver standIn = new();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        ulong y = Floats(driver, 1);
        CudaKernel increase = Increase(driver);
        byte[] parameters = SampleKernels.Parameters(y, 1, 1);
        byte[] copy = new byte[4];
        Many();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Many();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Many()
        {
            for (int i = 0; i < 100; i++)
            {
                driver.Launch(increase, new LaunchShape(1, 64, 60_000), parameters);
            }

            driver.CopyToHost(copy, y);
            driver.CopyToDevice(y, copy);
            driver.Synchronize();
        }
    }

    [Fact]
    public void Every_thread_can_use_the_device_and_nothing_is_left_behind()
    {
        using StandInDriver standIn = new();
        var live = (delegate* unmanaged<int>)NativeLibrary.GetExport(NativeLibrary.Load(standIn.Path), "standin_live");
        ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        ICudaModule module = driver.Load("sample", SampleKernels.Ptx());
        ICudaEvent mark = driver.NewEvent();
        Assert.True(live() > 0);

        var thread = new Thread(() =>
        {
            ulong y = Floats(driver, 4);
            CudaKernel increase = module.Kernel("increase");
            driver.BeginCapture();
            driver.Launch(increase, SampleKernels.Shape(1), SampleKernels.Parameters(y, 1, 1));
            using ICudaGraph graph = driver.EndCapture();
            driver.Launch(graph);
            mark.Record();
            driver.Free(y);
        });
        thread.Start();
        thread.Join();
        mark.Dispose();
        module.Dispose();
        driver.Dispose();
        driver.Dispose();

        Assert.Equal(0, live());
        Assert.Throws<ObjectDisposedException>(driver.Synchronize);
    }

    [Fact]
    public void Time_is_the_devices_time()
    {
        using StandInDriver standIn = new();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        ulong y = Floats(driver, 1);
        CudaKernel increase = Increase(driver);
        using ICudaEvent start = driver.NewEvent();
        using ICudaEvent end = driver.NewEvent();

        start.Record();
        driver.Launch(increase, SampleKernels.Shape(1), SampleKernels.Parameters(y, 1, 1));
        driver.Fill(y, 0, 4);
        end.Record();

        // The stand-in's clock goes on by half a millisecond with everything that it does.
        Assert.Equal(1.5, end.MillisecondsSince(start));
    }

    [Fact]
    public void Out_of_memory_says_how_much_is_free()
    {
        using StandInDriver standIn = new("MEMORY=1000000ll");
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        driver.Allocate(600_000);

        OutOfCudaMemoryException refusal = Assert.Throws<OutOfCudaMemoryException>(() => driver.Allocate(500_000));

        Assert.Equal(500_000, refusal.Bytes);
        Assert.StartsWith(
            "The device Stand-in 0 has no 500,000 bytes left: 400,000 of 1,000,000 bytes are free. cuMemAlloc returned CUDA_ERROR_OUT_OF_MEMORY (what NVIDIA says). A smaller batch,",
            refusal.Message,
            StringComparison.Ordinal);
        Assert.Equal(400_000, driver.FreeBytes);
    }

    [Fact]
    public void A_launch_that_is_refused_names_call_kernel_shape_and_remedy()
    {
        using StandInDriver standIn = new("LAUNCH=701");
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);

        KernelFailedException failure = Assert.Throws<KernelFailedException>(
            () => driver.Launch(Increase(driver), SampleKernels.Shape(1), SampleKernels.Parameters(16, 1, 1)));

        Assert.Equal(
            $"The kernel increase failed ({IncreaseShape}): cuLaunchKernel on Stand-in 0 returned CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES (what NVIDIA says). "
            + "The kernel takes more registers or shared memory than the device has for so many threads; please report it with the device's name.",
            failure.Message);
        Assert.Equal(("increase", new LaunchShape(1, 64)), (failure.Kernel, failure.Shape));
    }

    [Fact]
    public void A_kernel_that_fails_later_is_named_by_the_call_that_learns_of_it()
    {
        using StandInDriver standIn = new("FAULT=700");
        var said = new List<string>();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        driver.Log = said.Add;
        ulong y = Floats(driver, 1);
        driver.Launch(Increase(driver), SampleKernels.Shape(1), SampleKernels.Parameters(y, 1, 1));

        KernelFailedException failure = Assert.Throws<KernelFailedException>(driver.Synchronize);

        Assert.Equal(
            $"A kernel failed, increase ({IncreaseShape}) or one launched before it: cuStreamSynchronize on Stand-in 0 returned CUDA_ERROR_ILLEGAL_ADDRESS (what NVIDIA says). "
            + "This program is at fault: run it again with CUDA_LAUNCH_BLOCKING=1 in the environment to learn which kernel, or with --device emulator to learn which statement, and report it.",
            failure.Message);
        Assert.Throws<KernelFailedException>(() => Read(driver, y, 1));
        driver.Dispose();
        Assert.Contains(said, sentence => sentence.StartsWith("cuStreamSynchronize on Stand-in 0 returned CUDA_ERROR_ILLEGAL_ADDRESS", StringComparison.Ordinal));
    }

    [Fact]
    public void A_foreign_or_null_pointer_in_a_copy_is_refused()
    {
        using StandInDriver standIn = new();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);

        Says("Copy to the device: 4 bytes at a null pointer.", () => driver.CopyToDevice(0, new byte[4]));
        Says("Copy to the host: 4 bytes at a null pointer.", () => driver.CopyToHost(new byte[4], 0));
        Says("Fill: 4 bytes at a null pointer.", () => driver.Fill(0, 1, 4));
        Says("cuMemcpyHtoDAsync on Stand-in 0 returned CUDA_ERROR_INVALID_VALUE (what NVIDIA says).", () => driver.CopyToDevice(1234, new byte[4]));
        Says("cuMemFree on Stand-in 0 returned CUDA_ERROR_INVALID_VALUE (what NVIDIA says).", () => driver.Free(1234));
    }

    [Fact]
    public void Shared_memory_beyond_48_KB_is_asked_for_and_what_no_block_has_is_refused()
    {
        using StandInDriver standIn = new();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        ulong y = Floats(driver, 1);
        CudaKernel increase = Increase(driver);
        byte[] parameters = SampleKernels.Parameters(y, 1, 1);

        driver.Launch(increase, new LaunchShape(1, 64, 163 << 10), parameters);
        driver.Launch(increase, new LaunchShape(1, 64, 100 << 10), parameters);
        Assert.Equal([3], Read(driver, y, 1));
        Assert.StartsWith(
            "cuFuncSetAttribute for the shared memory of increase (grid 1 x 1 x 1, 64 threads, 200000 bytes shared; a block of the device has 166912) on Stand-in 0 returned CUDA_ERROR_INVALID_VALUE",
            Assert.Throws<CudaException>(() => driver.Launch(increase, new LaunchShape(1, 64, 200_000), parameters)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_module_that_does_not_compile_is_refused_with_the_compilers_words()
    {
        using StandInDriver standIn = new();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);

        Says(
            "cuModuleLoadDataEx of the module add on Stand-in 0 returned CUDA_ERROR_INVALID_PTX (what NVIDIA says). The driver's compiler refuses the kernel; please report what it says. "
            + "The driver's compiler says: ptxas application, line 1; fatal : Missing .version directive",
            () => driver.Load("add", "nothing"u8));
        Says("The module add has no kernel multiply.", () => driver.Load("add", SampleKernels.Ptx()).Kernel("multiply"));
    }

    [Fact]
    public void A_kernel_that_spills_is_told_once()
    {
        using StandInDriver standIn = new("LOCAL=24");
        var said = new List<string>();
        using ICudaDriver driver = CudaDevices.Open(0, standIn.Path);
        driver.Log = said.Add;
        ICudaModule module = driver.Load("sample", SampleKernels.Ptx());

        CudaKernel increase = module.Kernel("increase");
        Assert.Same(increase, module.Kernel("increase"));

        Assert.Equal((40, 24), (increase.Registers, increase.LocalBytes));
        Assert.Equal("The kernel increase does not fit into the registers (40): 24 bytes per thread went into slow local memory.", Assert.Single(said));
    }

    private static void Says(string sentence, Action action) => Assert.Equal(sentence, Assert.Throws<CudaException>(action).Message);

    private static CudaKernel Increase(ICudaDriver driver) => driver.Load("sample", SampleKernels.Ptx()).Kernel("increase");

    private static ulong Floats(ICudaDriver driver, params float[] values)
    {
        ulong address = driver.Allocate(values.Length * sizeof(float));
        driver.CopyToDevice(address, MemoryMarshal.AsBytes(values.AsSpan()));
        return address;
    }

    private static float[] Read(ICudaDriver driver, ulong address, int count)
    {
        var values = new float[count];
        driver.CopyToHost(MemoryMarshal.AsBytes(values.AsSpan()), address);
        return values;
    }
}
