using System.Runtime.InteropServices;
using GptSharp.Cuda.Emulation;
using GptSharp.Ptx.Memory;

namespace GptSharp.Cuda.Tests.Emulation;

public sealed class EmulatorDriverTests : IDisposable
{
    private readonly EmulatorDriver _driver = new();

    [Fact]
    public void A_kernel_changes_memory_between_two_copies()
    {
        ulong y = Floats(1, 2, 3);

        _driver.Launch(Increase(), SampleKernels.Shape(3), SampleKernels.Parameters(y, 3, 10));

        Assert.Equal([11, 12, 13], Read(y, 3));
        Assert.Equal(new DriverCounts(1, 0, 1, 12, 1, 12, 1), _driver.Counts);
    }

    [Fact]
    public void Copies_and_fills_reach_the_inside_of_an_allocation()
    {
        ulong slab = _driver.Allocate(64);
        _driver.Fill(slab, 0, 64);
        _driver.CopyToDevice(slab + 20, MemoryMarshal.AsBytes<float>([5]));
        _driver.Fill(slab + 32, 0xff, 4);

        Assert.Equal([0, 5, 0], Read(slab + 16, 3));
        Assert.True(float.IsNaN(Read(slab + 32, 1)[0]));
    }

    [Fact]
    public void What_nothing_wrote_is_not_copied_to_the_host()
    {
        ulong y = _driver.Allocate(16);
        _driver.CopyToDevice(y, new byte[8]);

        Assert.Equal([0, 0], Read(y, 2));
        Says("Copy to the host: nothing ever wrote byte 8 of allocation 0.", () => Read(y, 3));
    }

    [Fact]
    public void A_kernel_with_more_registers_than_a_thread_has_is_said_to_spill()
    {
        using EmulatorDriver narrow = new(new EmulatorOptions { RegistersPerThread = 2 });
        var said = new List<string>();
        narrow.Log = said.Add;

        CudaKernel increase = narrow.Load("sample", SampleKernels.Ptx()).Kernel("increase");

        Assert.Equal(4 * (increase.Registers - 2), increase.LocalBytes);
        Assert.Equal(
            $"The kernel increase does not fit into the registers ({increase.Registers}): {increase.LocalBytes} bytes per thread went into slow local memory.",
            Assert.Single(said));
    }

    [Fact]
    public void A_graph_repeats_its_launches_in_order_with_the_parameters_of_their_time()
    {
        ulong y = Floats(1);
        byte[] parameters = SampleKernels.Parameters(y, 1, 2);
        CudaKernel increase = Increase();
        var seen = new List<string>();
        _driver.Launched = launch => seen.Add(launch.Kernel.Name);

        _driver.BeginCapture();
        _driver.Launch(increase, SampleKernels.Shape(1), parameters);
        parameters.AsSpan().Fill(0xee);
        _driver.Launch(increase, SampleKernels.Shape(1), SampleKernels.Parameters(y, 1, 100));
        using ICudaGraph graph = _driver.EndCapture();

        Assert.Empty(seen);
        Assert.Equal([1], Read(y, 1));
        _driver.Launch(graph);
        _driver.Launch(graph);
        Assert.Equal([205], Read(y, 1));
        Assert.Equal(2, graph.LaunchCount);
        Assert.Equal(4, seen.Count);
        Assert.Equal((0, 2), (_driver.Counts.Launches, _driver.Counts.GraphLaunches));
    }

    [Fact]
    public void Nothing_but_launches_can_be_captured()
    {
        ulong y = Floats(1);
        using ICudaEvent mark = _driver.NewEvent();
        _driver.BeginCapture();

        Refused(() => _driver.Allocate(4), "allocation");
        Refused(() => _driver.AllocatePinned(4), "allocation");
        Refused(() => _driver.Free(y), "free");
        Refused(() => _driver.CopyToDevice(y, new byte[4]), "copy");
        Refused(() => _driver.CopyToHost(new byte[4], y), "copy");
        Refused(() => _driver.Fill(y, 0, 4), "fill");
        Refused(() => _driver.Load("sample", SampleKernels.Ptx()), "load of a module");
        Refused(mark.Record, "mark");
        Refused(_driver.Synchronize, "wait");
        Refused(_driver.BeginCapture, "capture");
        using ICudaGraph graph = _driver.EndCapture();
        Assert.Equal(0, graph.LaunchCount);

        static void Refused(Action action, string what) => Assert.Equal(
            $"A {what} came while launches were being captured; a graph holds nothing but launches.",
            Assert.Throws<CudaException>(action).Message);
    }

    [Fact]
    public void A_launch_is_reported_with_its_shape_and_counters()
    {
        ulong y = Floats(new float[100]);
        _driver.Options = _driver.Options with { Counters = true };
        KernelLaunch? seen = null;
        _driver.Launched = launch => seen = launch;

        _driver.Launch(Increase(), SampleKernels.Shape(100), SampleKernels.Parameters(y, 100, 1));

        Assert.Equal(("increase", new LaunchShape(2, 64)), (seen!.Value.Kernel.Name, seen.Value.Shape));
        Assert.Equal(800, seen.Value.Report!.Counters!.Accesses.GlobalBytes);
    }

    [Fact]
    public void Memory_runs_out_where_the_options_say()
    {
        using EmulatorDriver small = new(new EmulatorOptions { MemoryBytes = 1000 });
        ulong first = small.Allocate(600);

        OutOfCudaMemoryException refusal = Assert.Throws<OutOfCudaMemoryException>(() => small.Allocate(500));
        Assert.Equal(500, refusal.Bytes);
        Assert.Equal("The device emulated GPU, sm_80 has no 500 bytes left: 600 of 1,000 are taken.", refusal.Message);

        small.Free(first);
        small.Allocate(1000);
        Assert.Equal(1000, small.Properties.MemoryBytes);
    }

    [Fact]
    public void Pinned_memory_has_one_address_for_host_and_device()
    {
        nint pinned = _driver.AllocatePinned(8);
        Marshal.WriteInt32(pinned, BitConverter.SingleToInt32Bits(1));

        _driver.Launch(Increase(), SampleKernels.Shape(1), SampleKernels.Parameters((ulong)pinned, 1, 41));

        Assert.Equal(42, BitConverter.Int32BitsToSingle(Marshal.ReadInt32(pinned)));
        _driver.FreePinned(pinned);
        Assert.StartsWith("FreePinned: 0x", Assert.Throws<CudaException>(() => _driver.FreePinned(pinned)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_null_or_foreign_pointer_in_a_copy_is_named()
    {
        ulong y = Floats(1, 2);
        Says("Copy to the device: 4 bytes at a null pointer.", () => _driver.CopyToDevice(0, new byte[4]));
        Says("Copy to the host: 0x1234567 lies in no memory of this device, or in memory that was freed.", () => _driver.CopyToHost(new byte[4], 0x1234567));
        Says("Fill: 8 bytes from byte 4 of allocation 0 go beyond its end; it has 8.", () => _driver.Fill(y + 4, 0, 8));
        Says($"Free: 0x{y + 4:x} is no address that an allocation returned.", () => _driver.Free(y + 4));
        _driver.Free(y);
        Says($"Copy to the host: 0x{y:x} lies in no memory of this device, or in memory that was freed.", () => _driver.CopyToHost(new byte[4], y));
    }

    [Theory]
    [InlineData(0UL, "address 0x0, a null pointer")]
    [InlineData(0x7000_0000_0000UL, "address 0x700000000000, far from every buffer")]
    public void A_null_or_foreign_pointer_in_a_kernel_is_named_with_kernel_and_shape(ulong pointer, string place)
    {
        KernelFailedException failure = Assert.Throws<KernelFailedException>(
            () => _driver.Launch(Increase(), SampleKernels.Shape(1), SampleKernels.Parameters(pointer, 1, 1)));

        Assert.StartsWith("The kernel increase failed (grid 1 x 1 x 1, 64 threads, 0 bytes shared): ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(place, failure.Message, StringComparison.Ordinal);
        Assert.Equal(FindingKind.OutOfBounds, Assert.IsType<KernelFaultException>(failure.InnerException).Finding.Kind);
        Assert.Equal("increase", failure.Kernel);
    }

    [Fact]
    public void What_does_not_fit_a_kernel_is_refused_before_it_runs()
    {
        CudaKernel increase = Increase();
        Says(
            "The kernel increase takes 16 bytes of parameters; its launch passed 12.",
            () => _driver.Launch(increase, new LaunchShape(1, 64), new byte[12]));
        Says(
            "The kernel increase (grid 1 x 1 x 1, 64 threads, 200000 bytes shared) asks for 200000 bytes of shared memory beside 0 of its own; a block of this device has 166912.",
            () => _driver.Launch(increase, new LaunchShape(1, 64, 200_000), new byte[16]));
        Says(
            "The kernel increase of sample (grid 1 x 1 x 1, 128 threads, 0 bytes shared) cannot be launched: The kernel increase allows at most 64 threads per block (.maxntid), not 128.",
            () => _driver.Launch(increase, new LaunchShape(1, 128), new byte[16]));
    }

    [Fact]
    public void A_module_is_refused_with_its_name_and_the_reason()
    {
        using EmulatorDriver volta = new(new EmulatorOptions { Capability = 70 });
        Says("The module add is for sm_80; this device is sm_70.", () => volta.Load("add", SampleKernels.Ptx("sm_80")));
        Says("The module add has no kernel multiply; it has increase.", () => volta.Load("add", SampleKernels.Ptx()).Kernel("multiply"));
        Assert.StartsWith("The module add cannot be compiled: ", Assert.Throws<CudaException>(() => volta.Load("add", ".versoin 7.0"u8)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_knows_its_registers_and_parameters()
    {
        CudaKernel increase = Increase();
        Assert.Equal((16, 0), (increase.ParameterBytes, increase.LocalBytes));
        Assert.InRange(increase.Registers, 3, 8);
    }

    [Fact]
    public void A_kernel_of_another_driver_is_refused()
    {
        using EmulatorDriver other = new();
        CudaKernel foreign = other.Load("sample", SampleKernels.Ptx()).Kernel("increase");
        Says("The kernel increase was not loaded by this driver.", () => _driver.Launch(foreign, new LaunchShape(1, 64), new byte[16]));
    }

    [Fact]
    public void Time_passes_between_two_marks()
    {
        using ICudaEvent start = _driver.NewEvent();
        using ICudaEvent end = _driver.NewEvent();
        start.Record();
        _driver.Fill(Floats(new float[1000]), 1, 4000);
        end.Record();
        Assert.True(end.MillisecondsSince(start) > 0);
    }

    public void Dispose() => _driver.Dispose();

    private static void Says(string sentence, Action action) => Assert.Equal(sentence, Assert.Throws<CudaException>(action).Message);

    private CudaKernel Increase() => _driver.Load("sample", SampleKernels.Ptx()).Kernel("increase");

    private ulong Floats(params float[] values)
    {
        ulong address = _driver.Allocate(values.Length * sizeof(float));
        _driver.CopyToDevice(address, MemoryMarshal.AsBytes(values.AsSpan()));
        return address;
    }

    private float[] Read(ulong address, int count)
    {
        var values = new float[count];
        _driver.CopyToHost(MemoryMarshal.AsBytes(values.AsSpan()), address);
        return values;
    }
}
