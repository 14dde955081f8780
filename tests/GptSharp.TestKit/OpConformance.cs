using System.Collections.Concurrent;
using GptSharp.Cuda.Emulation;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Tensors.Backends.Reference;

namespace GptSharp.TestKit;

/// <summary>The checks that every operation passes on every backend.</summary>
public static class OpConformance
{
    private const int LargestElementwise = 48;
    private const int RandomDirections = 2;

    // What Reference gives is the same for every backend that is compared with it, and takes longer than most of them.
    private static readonly ConcurrentDictionary<(OpCase Case, Precision Precision, DType Storage, int Passes), Lazy<OpResult>> References = [];

    /// <summary>
    /// Output and gradients are Reference's, with guard zones around every buffer and NaN in every fresh one, or buffers that the emulator
    /// watches; a second pass in the same step adds to the gradients instead of overwriting them.
    /// </summary>
    /// <remarks>
    /// In binary32 the relative L2 distance from float64 is at most the case's tolerance. With BF16 storage it is at most twice that of a
    /// plain evaluation: Reference's, which computes in float64 and rounds whatever is stored.
    /// </remarks>
    public static void CheckAgainstReference(OpCase opCase, Precision precision, Func<IBackend> newBackend)
    {
        IBackend backend = newBackend();
        bool knowsItsBuffers = backend is CudaBackend { Driver: EmulatorDriver };
        using var engine = new Engine(backend, new EngineOptions { GuardMemory = !knowsItsBuffers, IsolateTensors = knowsItsBuffers });
        DType storage = precision.Storage;
        for (int passes = 1; passes <= (opCase.Differentiable ? 2 : 1); passes++)
        {
            OpResult exact = Reference(opCase, Precision.Fp64, storage, passes);
            OpResult actual = OpResult.Of(engine, opCase, precision, storage, passes);
            OpResult plain = Reference(opCase, precision, storage, passes);
            CheckStored(opCase, "output", actual.OutputType, plain.OutputType, actual.Output);
            CheckWithin(opCase, "output", exact.Output, plain.Output, actual.Output);
            for (int i = 0; i < exact.Gradients.Length; i++)
            {
                if (exact.Gradients[i] is { } gradient)
                {
                    string what = $"gradient of input {i} after {passes} passes";
                    double[] other = actual.Gradients[i] ?? throw Failure(opCase, $"input {i} received no gradient");
                    CheckStored(opCase, what, actual.GradientTypes[i], plain.GradientTypes[i], other);
                    CheckWithin(opCase, what, gradient, plain.Gradients[i]!, other);
                }
            }
        }
    }

    /// <summary>
    /// Reference's gradients are the central differences of its outputs, in float64, to 1e-6: element by element for a small
    /// input, along random directions through all elements for a large one.
    /// </summary>
    public static void CheckFiniteDifferences(OpCase opCase)
    {
        using var engine = new Engine(new ReferenceBackend(), new EngineOptions { GuardMemory = true });
        OpResult result = OpResult.Of(engine, opCase, Precision.Fp64);
        for (int i = 0; i < opCase.Inputs.Length; i++)
        {
            if (!opCase.Inputs[i].RequiresGradient)
            {
                continue;
            }

            double[] gradient = result.Gradients[i] ?? throw Failure(opCase, $"input {i} received no gradient");
            double[][] directions = Directions(opCase.Inputs[i]);
            double[] differences = Array.ConvertAll(directions, direction => CentralDifference(engine, opCase, i, direction));
            double[] slopes = Array.ConvertAll(directions, direction => Dot(direction, gradient));
            CheckClose(opCase, $"gradient of input {i}", differences, slopes, 1e-6);
        }
    }

    /// <summary>The bits do not depend on the number of threads, nor on the run.</summary>
    public static void CheckRepeatable(OpCase opCase, Precision precision, Func<int, IBackend> newBackendWithThreads)
    {
        OpResult? first = null;
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            using var engine = new Engine(newBackendWithThreads(threads));
            for (int run = 0; run < 2; run++)
            {
                OpResult result = OpResult.Of(engine, opCase, precision);
                first ??= result;
                CheckEqual(opCase, $"output with {threads} threads", first.Output, result.Output);
                for (int i = 0; i < result.Gradients.Length; i++)
                {
                    CheckEqual(opCase, $"gradient {i} with {threads} threads", first.Gradients[i] ?? [], result.Gradients[i] ?? []);
                }
            }
        }
    }

    /// <summary>After warm-up a step allocates nothing on the managed heap, forward or backward.</summary>
    public static void CheckAllocatesNothing(OpCase opCase, Precision precision, Func<IBackend> newBackend)
    {
        using var engine = new Engine(newBackend());
        var inputs = new Tensor[opCase.Inputs.Length];
        long Run()
        {
            using Step step = engine.BeginStep(opCase.StepOptions);
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = opCase.Inputs[i].Enter(step, precision);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            Tensor y = opCase.Body(inputs);
            long forward = GC.GetAllocatedBytesForCurrentThread() - before;
            if (!opCase.Differentiable)
            {
                return forward;
            }

            Tensor dy = OpResult.Upstream(step, y, rounding: null);
            before = GC.GetAllocatedBytesForCurrentThread();
            step.Backward(y, dy);
            return forward + GC.GetAllocatedBytesForCurrentThread() - before;
        }

        for (int i = 0; i < 3; i++)
        {
            Run();
        }

        // A collection that another test causes adds the rest of this thread's allocation buffer to the count: look thrice.
        long bytes = Enumerable.Range(0, 3).Min(_ => Run());
        if (bytes != 0)
        {
            throw Failure(opCase, $"{bytes} managed bytes were allocated after warm-up");
        }
    }

    private static OpResult Reference(OpCase opCase, Precision precision, DType storage, int passes)
    {
        return References.GetOrAdd((opCase, precision, storage, passes), _ => new Lazy<OpResult>(Compute)).Value;

        OpResult Compute()
        {
            using var engine = new Engine(new ReferenceBackend());
            return OpResult.Of(engine, opCase, precision, storage, passes);
        }
    }

    // What is stored as BF16 has nothing in the lower half of a float.
    private static void CheckStored(OpCase opCase, string what, DType? actual, DType? expected, double[] values)
    {
        if (actual != expected)
        {
            throw Failure(opCase, $"{what} is stored as {actual} instead of {expected}");
        }

        if (actual == DType.BF16 && values.Any(value => (BitConverter.SingleToUInt32Bits((float)value) & 0xFFFF) != 0))
        {
            throw Failure(opCase, $"{what} has a value that is no BF16 number");
        }
    }

    private static void CheckWithin(OpCase opCase, string what, double[] exact, double[] plain, double[] actual) =>
        CheckClose(opCase, what, exact, actual, Math.Max(opCase.Tolerance, 2 * RelativeDistance.Between(exact, plain)));

    // Four points: the error is of the order step⁴, so the step can be large enough for rounding not to matter.
    private static double CentralDifference(Engine engine, OpCase opCase, int input, double[] direction)
    {
        const double Reach = 5e-4;
        double Difference(double shift) =>
            Projected(engine, opCase, input, direction, shift) - Projected(engine, opCase, input, direction, -shift);
        return ((8 * Difference(Reach)) - Difference(2 * Reach)) / (12 * Reach);
    }

    private static double Projected(Engine engine, OpCase opCase, int shifted, double[] direction, double shift)
    {
        using Step step = engine.BeginStep(opCase.StepOptions);
        var inputs = new Tensor[opCase.Inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = i == shifted
                ? opCase.Inputs[i].EnterShifted(step, direction, shift)
                : opCase.Inputs[i].Enter(step, Precision.Fp64);
        }

        Tensor y = opCase.Body(inputs);
        double[] values = y.ToDoubles();
        return Dot(values, OpResult.Projection(y.Shape).ToDoubles());
    }

    // Steps are relative to the element, for elements above 1.
    private static double[][] Directions(OpInput input)
    {
        double[] values = input.ToDoubles();
        double[] sizes = Array.ConvertAll(values, value => Math.Max(1, Math.Abs(value)));
        return values.Length <= LargestElementwise
            ? [.. sizes.Select((size, element) => Along(i => i == element ? size : 0))]
            : [.. Enumerable.Range(0, RandomDirections).Select(seed => Random(seed))];

        double[] Along(Func<int, double> component) => [.. Enumerable.Range(0, values.Length).Select(component)];

        double[] Random(int seed)
        {
            double[] normal = OpInput.Normal(values.Length, seed).ToDoubles();
            return Along(i => normal[i] * sizes[i]);
        }
    }

    private static double Dot(double[] left, double[] right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++)
        {
            sum += left[i] * right[i];
        }

        return sum;
    }

    private static void CheckClose(OpCase opCase, string what, double[] expected, double[] actual, double tolerance)
    {
        double distance = RelativeDistance.Between(expected, actual);
        if (!(distance <= tolerance))
        {
            throw Failure(opCase, $"{what} is {distance:E2} away (relative L2), allowed {tolerance:E1}");
        }
    }

    private static void CheckEqual(OpCase opCase, string what, double[] expected, double[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (BitConverter.DoubleToInt64Bits(expected[i]) != BitConverter.DoubleToInt64Bits(actual[i]))
            {
                throw Failure(opCase, $"{what} differs at element {i}: {actual[i]:R} instead of {expected[i]:R}");
            }
        }
    }

    private static InvalidOperationException Failure(OpCase opCase, string what) => new($"{opCase.Name}: {what}.");
}
