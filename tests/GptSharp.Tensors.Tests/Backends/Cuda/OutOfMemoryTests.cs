using GptSharp.Cuda;
using GptSharp.Cuda.Emulation;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors.Tests.Backends.Cuda;

/// <summary>A device that is full is one more reason for the sentence that says who holds what.</summary>
public sealed class OutOfMemoryTests
{
    private const long DeviceBytes = 4 << 20;

    [Fact]
    public void A_tensor_that_finds_no_room_on_the_device_is_refused_with_who_holds_what()
    {
        using Engine engine = NewEngine();
        using ModelArena model = Model(engine);

        var refused = Assert.Throws<OutOfDeviceMemoryException>(() =>
        {
            using Step step = engine.BeginStep();
            step.Input(new float[1 << 19], 1 << 19);
        });

        Assert.StartsWith("Out of memory: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Held already: parameters 2.0 MiB, ", refused.Message, StringComparison.Ordinal);
        Assert.IsType<OutOfCudaMemoryException>(refused.InnerException!.InnerException);
    }

    [Fact]
    public void An_operation_that_finds_no_room_for_its_scratch_memory_is_refused_with_who_holds_what()
    {
        using Engine engine = NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = step.Input(new float[64], (16, 4)), weight = step.Input(new float[4], 4), rows = step.Input(new float[16], 16);
        Tensor dx = step.New((16, 4), DType.F32), dWeight = step.New(4, DType.F32), dBias = step.New(4, DType.F32);
        engine.Backend.BeforeAllocation = bytes => throw new OutOfDeviceMemoryException(bytes, limit: null, report: null);

        var refused = Assert.Throws<OutOfDeviceMemoryException>(
            () => step.Run(new LayerNormBackwardOp(dx, dWeight, dBias, x, x, weight, rows, rows, 0, 0, 0)));

        Assert.Contains("Held already: activations 1.0 MiB", refused.Message, StringComparison.Ordinal);
    }

    private static Engine NewEngine() => new(new CudaBackend(new EmulatorDriver(new EmulatorOptions { MemoryBytes = DeviceBytes }), "emulator"));

    private static ModelArena Model(Engine engine)
    {
        ModelArena arena = engine.NewModelArena();
        arena.Declare("weight", 1 << 19);
        arena.Commit();
        return arena;
    }
}
