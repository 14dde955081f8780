using GptSharp.Interop.Gguf;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Interop.Tests.Gguf;

/// <summary>Trained models in llama.cpp: the same tokens of a text, and the same 64 greedy tokens up to the first near tie.</summary>
public sealed class TrainedModelTests(TrainedModels trained)
{
    private const int NewTokens = 64;

    [Fact]
    public void Llama_cpp_writes_the_same_greedy_tokens()
    {
        // The tolerances of docs/formats.md: two programs may differ by twice as much.
        (string Name, WeightType Type, double Tolerance)[] models =
        [
            (TrainedModels.Quickstart, WeightType.F32, 5e-3), (TrainedModels.Quickstart, WeightType.F16, 0.02),
            (TrainedModels.Gpt2, WeightType.F32, 5e-3), (TrainedModels.Gpt2, WeightType.F16, 0.02),
            (TrainedModels.Llama, WeightType.F32, 1e-5), (TrainedModels.Llama, WeightType.F16, 0.02),
        ];
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        var asked = new List<LlamaCppRequest>();
        var expected = new List<(string Name, int[][] Prompts, int[][] Continuations, int[][] Texts)>();
        foreach ((string name, WeightType type, double tolerance) in models)
        {
            string path = folder.At($"{name}-{type}.gguf");
            using (ModelPackage package = trained.Open(name, engine))
            {
                package.Save(path, new GgufFormat(), new ExportOptions(type));
            }

            using ModelPackage exported = ModelPackage.Open(path, engine, Precision.Fp32);
            var prompts = trained.Prompts(exported, 2 * tolerance);
            string[] texts = [.. prompts.Select(prompt => prompt.Prompt), trained.Page, "  " + trained.Page[700..760], ""];
            asked.Add(new LlamaCppRequest(path) { Texts = texts, Prompts = [.. prompts.Select(prompt => prompt.Tokens)], Count = NewTokens });
            expected.Add((
                $"{name} {type}", [.. prompts.Select(prompt => prompt.Tokens)], [.. prompts.Select(prompt => prompt.Continuation)],
                [.. texts.Select(text => exported.Tokenizer!.Encode(text))]));
        }

        foreach (((string name, int[][] prompts, int[][] continuations, int[][] texts), LlamaCppAnswer answer) in expected.Zip(LlamaCpp.AskOrSkip(asked)))
        {
            Assert.Equal(texts, answer.Tokens);
            Assert.All(answer.Generated.Zip(continuations), pair =>
            {
                Assert.True(pair.Second.Length >= 48, name);
                Assert.Equal(pair.Second, pair.First[..pair.Second.Length]);
            });
        }
    }

    [Theory]
    [InlineData(TrainedModels.Quickstart)]
    [InlineData(TrainedModels.Gpt2)]
    [InlineData(TrainedModels.Llama)]
    public void Exported_and_imported_it_is_the_same(string name)
    {
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        using ModelPackage package = trained.Open(name, engine);
        foreach (WeightType type in new GgufFormat().WeightTypes)
        {
            package.Save(folder.At($"{type}.gguf"), new GgufFormat(), new ExportOptions(type));
            using ModelPackage again = ModelPackage.Open(folder.At($"{type}.gguf"), engine, Precision.Fp32);
            again.Save(folder.At($"{type}-again.gguf"), new GgufFormat(), new ExportOptions(type));
            using ModelPackage third = ModelPackage.Open(folder.At($"{type}-again.gguf"), engine, Precision.Fp32);

            Assert.Equal(package.Model.Config, again.Model.Config);
            Assert.Equal(package.Tokenizer!.Encode(trained.Page), again.Tokenizer!.Encode(trained.Page));
            Assert.Equal(package.Tokenizer.VocabularySize, again.Tokenizer.VocabularySize);
            if (type == WeightType.F32)
            {
                Assert.Equal(Bits(package), Bits(again));
            }

            if (type is WeightType.F16 or WeightType.BF16)
            {
                Assert.Equal(Bits(again), Bits(third));
            }
        }
    }

    private static long[] Bits(ModelPackage package) =>
        [.. package.Model.Arena.Parameters.SelectMany(parameter => parameter.Value.ToDoubles().Select(BitConverter.DoubleToInt64Bits))];
}
