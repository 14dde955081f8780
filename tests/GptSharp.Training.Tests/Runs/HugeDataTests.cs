using System.IO.Hashing;
using System.Text.Json.Nodes;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Tests.Tokens;
using GptSharp.Data.Tokenizers;
using GptSharp.Training.Configuration;

namespace GptSharp.Training.Tests.Runs;

[CollectionDefinition(nameof(HugeDataTests), DisableParallelization = true)]
[Collection(nameof(HugeDataTests))]
public sealed class HugeDataTests
{
    [Fact]
    public void A_token_file_of_30_GiB_trains_in_the_memory_of_a_small_one()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a file system whose files may have holes");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("text.txt"), string.Concat(Enumerable.Repeat("to be or not to be\n", 200)));
        DatasetBuilder.Build(TextCorpus.Open(folder.At("text.txt")), folder.At("huge"), new DatasetOptions { Tokenizer = new ByteTokenizer() }, null, TestContext.Current.CancellationToken);
        ReplaceTrainingSplit(folder.At("huge"), bytes: 30L << 30);
        RunConfig config = SmallRun.Config(folder);
        config = config with
        {
            Data = new DataSection { Name = "huge", Path = folder.At("huge"), Tokenizer = "byte" },
            Model = config.Model with { LayerCount = 1 },
            Train = config.Train with { Steps = 3, EvaluateEvery = 0, EvaluationBatches = 1 },
        };

        long resident = Environment.WorkingSet;
        RunRecord run = SmallRun.Run(config);

        Assert.Equal(3, run.Steps.Count);
        Assert.True(run.Losses[^1] < run.Losses[0], "zeros are easily learnt");
        Assert.True(Environment.WorkingSet - resident < 256 << 20, "The process grew by more than 256 MiB.");
    }

    private static void ReplaceTrainingSplit(string folder, long bytes)
    {
        const int chunk = 1 << 20;
        long count = bytes / sizeof(ushort);
        byte[] tables = HandmadeTokenFile.Tables([], Enumerable.Repeat(XxHash3.HashToUInt64(new byte[chunk]), (int)(bytes / chunk)));
        using (FileStream stream = File.Create(Path.Combine(folder, "train.tokens")))
        {
            stream.Write(HandmadeTokenFile.Header(1, 256, 2, count, 0, tables));
            stream.SetLength(HandmadeTokenFile.HeaderBytes + bytes);
            stream.Position = stream.Length;
            stream.Write(tables);
        }

        string manifest = Path.Combine(folder, "dataset.json");
        JsonNode json = JsonNode.Parse(File.ReadAllText(manifest))!;
        json["train_tokens"] = count;
        json["shards"]!["train"]![0]!["tokens"] = count;
        File.WriteAllText(manifest, json.ToJsonString());
    }
}
