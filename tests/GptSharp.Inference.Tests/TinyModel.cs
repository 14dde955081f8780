using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Reference;
using GptSharp.Tensors.Memory;

namespace GptSharp.Inference.Tests;

/// <summary>A model with an opinion: its parameters are large enough for scores to differ clearly.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int Vocabulary = 11;

    private readonly Engine _engine;

    public TinyModel(string backend = "cpu", int block = 16, double deviation = 0.4)
    {
        bool isReference = backend == "reference";
        _engine = new Engine(isReference ? new ReferenceBackend() : new CpuBackend());
        var config = new GptConfig
        {
            VocabularySize = Vocabulary,
            BlockSize = block,
            LayerCount = 2,
            HeadCount = 3,
            Width = 24,
            Dropout = 0.2,
        };
        Model = new Gpt(_engine, config, isReference ? Precision.Fp64 : Precision.Fp32);
        var random = new Random(7);
        foreach (Parameter parameter in Model.Arena.Parameters)
        {
            // The padding is random too: whoever looks at it gets a wrong text.
            var values = new double[parameter.Value.Count];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = deviation * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2;
            }

            parameter.Value.UploadDoubles(values);
        }
    }

    public Gpt Model { get; }

    public void Dispose()
    {
        Model.Dispose();
        _engine.Dispose();
    }
}
