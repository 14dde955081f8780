using GptSharp.Data.Tests.Tokenizers.Formats;
using GptSharp.Data.Tokenizers;
using GptSharp.Interop.Gguf;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Interop.Tests.Gguf;

/// <summary>llama.cpp's own SentencePiece code judges ours: a .model file, exported as GGUF.</summary>
public sealed class SentencePieceTests
{
    [Fact]
    public void LlamaCppDividesTextsAsWeDoWithASentencePieceModel()
    {
        using var temporary = new TemporaryFolder();
        using var engine = new Engine(new CpuBackend());
        var tokenizer = (TextTokenizer)TokenizerFile.Load(temporary.Put("tokenizer.model", SmallVocabulary.Shared.Model()));
        var model = new Gpt(engine, new GptConfig
        {
            VocabularySize = tokenizer.VocabularySize,
            BlockSize = 32,
            LayerCount = 1,
            HeadCount = 2,
            Width = 32,
            MlpWidth = 64,
            Bias = false,
            TieHead = false,
            Norm = NormKind.RMSNorm,
            Activation = MlpActivation.Swiglu,
            Positions = PositionEncoding.Rope,
        });
        model.Initialize(seed: 1);
        string path = temporary.At("model.gguf");
        using (var package = new ModelPackage(model, tokenizer, GenerationDefaults.None))
        {
            package.Save(path, new GgufFormat(), new ExportOptions());
        }

        // Special tokens apart: llama.cpp looks for them in another way.
        string[] texts = [.. CharacterTexts.Odd.Concat(CharacterTexts.Random(12, 300)).Where(text => !text.Contains("<s>", StringComparison.Ordinal)
            && !text.Contains("</s>", StringComparison.Ordinal) && !text.Contains("<unk>", StringComparison.Ordinal) && text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal))];
        LlamaCppAnswer answer = LlamaCpp.AskOrSkip(new LlamaCppRequest(path) { Texts = texts })[0];
        foreach ((string text, int[] theirs) in texts.Zip(answer.Tokens))
        {
            Assert.True(theirs.SequenceEqual(tokenizer.Encode(text)), $"'{text}': theirs {string.Join(' ', theirs)}, ours {string.Join(' ', tokenizer.Encode(text))}");
        }
    }
}
