using System.Text;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Files.Gguf;
using GptSharp.Interop.Gguf;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Interop.Tests.Gguf;

/// <summary>Every pattern that divides text into pieces has a name in llama.cpp by which it divides texts alike.</summary>
public sealed class PatternGgufTests(TrainedModels trained)
{
    // Merges across every place where the patterns differ: contractions, capitals, runs of digits, blanks and line ends.
    private const string Odd = "It's 1234567 don't DON'T helloWorld HELLOworld  x\n\n   y \r\n\tz...!?\n café naïve привет 12 345\n";

    [Fact]
    public void Llama_cpp_divides_texts_alike()
    {
        (SplitPattern Pattern, string Name)[] patterns =
        [
            (SplitPattern.Gpt2, "gpt-2"), (SplitPattern.Cl100k, "dbrx"), (SplitPattern.Llama3, "dbrx"), (SplitPattern.O200k, "gpt-4o"), (SplitPattern.Qwen2, "qwen2"),
        ];
        using var engine = new Engine(new CpuBackend(threads: 1));
        using var folder = new TemporaryFolder();
        string text = string.Concat(Enumerable.Repeat(Odd, 20)) + trained.Page;
        string[] texts = [Odd, trained.Page, "  a", "a  ", "\n", "'S", "x<|endoftext|>y"];
        var expected = new List<int[][]>();
        foreach ((SplitPattern pattern, string name) in patterns)
        {
            TextTokenizer tokenizer = TextTokenizer.Of(
                BpeTrainer.Train([() => new MemoryStream(Encoding.UTF8.GetBytes(text))], new BpeTrainingOptions(420, pattern), cancellation: TestContext.Current.CancellationToken), pattern);
            var model = new Gpt(engine, new GptConfig { VocabularySize = tokenizer.VocabularySize, BlockSize = 8, LayerCount = 1, HeadCount = 1, Width = 8 });
            string path = folder.At($"{pattern}.gguf");
            using (var package = new ModelPackage(model, tokenizer, GenerationDefaults.None))
            {
                package.Save(path, new GgufFormat(), new ExportOptions());
            }

            expected.Add(Array.ConvertAll(texts, tokenizer.Encode));
            using ModelPackage again = ModelPackage.Open(path, engine, Precision.Fp32);
            using GgufFile file = GgufFile.Open(path);
            Assert.Equal(name, file.Value("tokenizer.ggml.pre")!.AsText());
            Assert.Equal(expected[^1], texts.Select(again.Tokenizer!.Encode));
        }

        LlamaCppAnswer[] answers = LlamaCpp.AskOrSkip(patterns.Select(
            pattern => new LlamaCppRequest(folder.At($"{pattern.Pattern}.gguf")) { Texts = texts }));
        Assert.Equal(expected, answers.Select(answer => answer.Special));
    }
}
