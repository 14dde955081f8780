using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

/// <summary>The very same ids as clients that nobody here wrote, on texts that are hard on a tokenizer.</summary>
public sealed class ClientParityTests
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("cl100k_base")]
    [InlineData("o200k_base")]
    public void A_million_odd_texts_have_the_ids_of_tiktoken(string encoding)
    {
        BpeModel model = NpmVocabulary.Load(encoding);
        const int count = 350_000;
        var texts = new OddTexts(seed: 1, model);
        ClientComparison result = ClientComparison.RunOrSkip("tiktoken", encoding, model, Enumerable.Range(0, count).Select(_ => texts.Next()));
        Assert.Empty(result.Examples);
        Assert.Equal((count, 0), (result.Strings, result.Different));
    }
}
