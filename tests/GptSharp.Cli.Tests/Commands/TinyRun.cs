using GptSharp.Data.Tokenizers;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;
using GptSharp.Training;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Optimization;

namespace GptSharp.Cli.Tests.Commands;

/// <summary>A run's folder with checkpoints of an untrained model that writes decidedly.</summary>
internal sealed class TinyRun : IDisposable
{
    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("gptsharp-run-");

    public TinyRun(ITokenizer tokenizer, params long[] steps)
        : this(tokenizer, tokenizer.VocabularySize, "data:\n  name: letters\n", steps)
    {
    }

    public TinyRun(ITokenizer tokenizer, int vocabularySize, string yaml, params long[] steps)
    {
        Path = System.IO.Path.Combine(_parent.FullName, "run");
        using Device device = Devices.Open("cpu");
        var config = new GptConfig { VocabularySize = vocabularySize, BlockSize = 12, LayerCount = 1, HeadCount = 2, Width = 16 };
        using Gpt model = new(device.Engine, config);
        foreach (long step in steps)
        {
            var random = new Random((int)step);
            foreach (Parameter parameter in model.Arena.Parameters)
            {
                parameter.Value.UploadDoubles([.. Enumerable.Range(0, (int)parameter.Value.Count).Select(_ => random.NextDouble() - 0.5)]);
            }

            Directory.CreateDirectory(System.IO.Path.Combine(Path, "checkpoints"));
            Checkpoint.Save(Checkpoints.FolderOf(step), model, new AdamW(model.Arena, new AdamWOptions(0.9, 0.99, 1e-8, 0.1, 1)), new CheckpointManifest
            {
                Format = CheckpointManifest.CurrentFormat,
                Writer = "test",
                Step = step,
                NextBatch = step,
                Updates = step,
                Seed = 1,
                MicroBatch = 1,
                Device = "test",
                Seconds = 1,
                EvaluatedStep = null,
                BestLoss = null,
                BestStep = null,
                Model = config,
                Tokenizer = TokenizerFile.ToJson(tokenizer),
                Data = "",
                Config = yaml,
                Files = new Dictionary<string, string>(),
            });
        }
    }

    public string Path { get; }

    public CheckpointStore Checkpoints => new(Path);

    /// <summary>Flips a bit in the middle of a checkpoint's parameters.</summary>
    public string Damage(long step)
    {
        string path = System.IO.Path.Combine(Checkpoints.FolderOf(step), Checkpoint.ModelFile);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => _parent.Delete(recursive: true);
}
