using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;
using GptSharp.Training.Configuration;
using GptSharp.Training.Optimization;

namespace GptSharp.Training.Tracing;

/// <summary>
/// What a model computes, as numbers for other libraries to compare with: logits, loss, every gradient, and the weights after
/// some optimizer steps. Dropout is off. Values are float64 where the model is, otherwise float32; parameters have the names and
/// the layout of the model's <see cref="ModelLayout"/>, the vocabulary no padding.
/// </summary>
public sealed class Trace
{
    private readonly Gpt _model;
    private readonly ModelLayout _layout;
    private readonly SafetensorsWriter _file = new();

    private Trace(Gpt model)
    {
        _model = model;
        _layout = ModelLayout.Of(model.Config);
    }

    /// <summary>Loss of the forward pass in nats; null without targets.</summary>
    public double? Loss { get; private set; }

    /// <summary>Loss of each optimizer step before its update.</summary>
    public IReadOnlyList<double> Losses { get; private set; } = [];

    /// <summary>Runs a model; with <paramref name="steps"/> it is trained.</summary>
    /// <param name="model">A model that one of the layouts of <see cref="ModelLayout"/> can hold.</param>
    /// <param name="batch">What it sees. Without targets only logits are traced, and the steps if there are any.</param>
    /// <param name="steps">Optimizer steps to run afterwards, or null.</param>
    /// <exception cref="Files.RefusedFileException">There are fewer batches than steps.</exception>
    /// <exception cref="TrainingException">A step's loss or gradient is not finite.</exception>
    public static Trace Run(Gpt model, TraceBatch batch, TraceSteps? steps = null)
    {
        if (steps is not null)
        {
            batch.RequireBatches(steps.Count);
        }

        var trace = new Trace(model);
        trace.ForwardAndBackward(batch);
        if (steps is not null)
        {
            trace.Train(batch, steps);
        }

        return trace;
    }

    /// <summary>Loads a model folder and a batch file, and runs them.</summary>
    /// <param name="modelFolder">A folder as <see cref="ModelFolder"/> reads it.</param>
    /// <param name="batchFile">A file as <see cref="TraceBatch"/> reads it.</param>
    /// <param name="device">What computes.</param>
    /// <param name="steps">Optimizer steps to run afterwards, or null.</param>
    /// <param name="precision">How numbers are stored.</param>
    /// <exception cref="Files.RefusedFileException">A file is refused.</exception>
    /// <exception cref="TrainingException">A step's loss or gradient is not finite.</exception>
    public static Trace Run(
        string modelFolder, string batchFile, Device device, TraceSteps? steps = null, TrainingPrecision precision = TrainingPrecision.Fp32)
    {
        using Gpt model = ModelFolder.Load(modelFolder, device.Engine, precision.On(device));
        return Run(model, TraceBatch.Read(batchFile, model.Config), steps);
    }

    /// <summary>
    /// Writes <c>logits</c> (B, T, V), <c>loss</c> (1) and <c>grad.NAME</c>; after steps also <c>after.NAME</c>, <c>losses</c> and
    /// <c>grad_norms</c> (before clipping), one per step.
    /// </summary>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public void Save(string path) => _file.Save(path);

    private void ForwardAndBackward(TraceBatch batch)
    {
        Shape shape = new(batch.TokenShape);
        if (batch.Targets is not null)
        {
            _model.Arena.EnableGradients();
            _model.Arena.ClearGradients();
        }

        using Step step = _model.Engine.BeginStep(new StepOptions { RecordGradients = batch.Targets is not null });
        Tensor logits = _model.Forward(step.Input(batch.Tokens, shape));        // (B, T, Vp)
        Add("logits", [shape[0], shape[1], _model.Config.VocabularySize], WithoutPadding(logits));
        if (batch.Targets is null)
        {
            return;
        }

        long valid = batch.Targets.LongCount(target => target != Ops.IgnoredTarget);
        Tensor loss = Ops.CrossEntropy(logits, step.Input(batch.Targets, shape), _model.Config.VocabularySize, valid);
        step.Backward(loss);
        Loss = loss.Item();
        Add("loss", [1], [loss.Item()]);
        _model.Arena.CompleteGradients();
        AddParameters("grad.", _model.Arena.Gradients!);
    }

    private void Train(TraceBatch batch, TraceSteps steps)
    {
        var optimizer = new AdamW(_model.Arena, steps.Optimizer);
        Shape shape = (batch.BatchShape[1], batch.BatchShape[2] - 1);
        var losses = new double[steps.Count];
        var norms = new double[steps.Count];
        for (int i = 0; i < steps.Count; i++)
        {
            (int[] tokens, int[] targets) = batch.Batch(i);
            _model.Arena.ClearGradients();
            using Step step = _model.Engine.BeginStep();
            Tensor loss = _model.Loss(step.Input(tokens, shape), step.Input(targets, shape), targets.Length);
            step.Backward(loss);
            Tensor norm = optimizer.GradientNorm();
            (losses[i], norms[i]) = (loss.Item(), norm.Item());
            if (!double.IsFinite(losses[i]) || !double.IsFinite(norms[i]))
            {
                throw new TrainingException(
                    $"Step {i + 1} of the trace has the loss {losses[i]} and the gradient norm {norms[i]}; nothing was written.");
            }

            optimizer.Update(step, norm, steps.LearningRate);
        }

        Losses = losses;
        Add("losses", [losses.Length], losses);
        Add("grad_norms", [norms.Length], norms);
        AddParameters("after.", _model.Arena.PreciseValues!);
    }

    private double[] WithoutPadding(Tensor logits)
    {
        double[] values = logits.ToDoubles();
        (int padded, int vocabulary) = (logits.Shape.Last, _model.Config.VocabularySize);
        var result = new double[values.Length / padded * vocabulary];
        for (int row = 0; row < values.Length / padded; row++)
        {
            values.AsSpan(row * padded, vocabulary).CopyTo(result.AsSpan(row * vocabulary));
        }

        return result;
    }

    private void AddParameters(string prefix, ParameterBuffer buffer)
    {
        foreach (ModelTensor tensor in _layout.Tensors(_model.Config))
        {
            Add(prefix + tensor.Name, tensor.Shape, ModelLayout.Read(_model, buffer, tensor));
        }
    }

    private void Add(string name, IEnumerable<long> shape, double[] values)
    {
        if (_model.Arena.Values!.Flat.DType == DType.F64)
        {
            _file.Add(name, shape, values);
        }
        else
        {
            _file.Add(name, shape, Array.ConvertAll(values, value => (float)value));
        }
    }
}
