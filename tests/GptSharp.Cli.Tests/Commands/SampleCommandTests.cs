using System.Globalization;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Cli.Tests.Commands;

public sealed class SampleCommandTests
{
    private static readonly CharTokenizer Letters = CharTokenizer.Of("\nabcdefg");

    private static (int Code, string Out, string Error) Sample(params string[] arguments)
    {
        StringWriter output = new(CultureInfo.InvariantCulture), error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int code = CommandLine.Run(["sample", .. arguments], new CommandOutput(output, error));
        return (code, output.ToString(), error.ToString());
    }

    private static string Text(params string[] arguments)
    {
        (int code, string output, string error) = Sample(arguments);
        Assert.Equal((0, ""), (code, error));
        return output;
    }

    [Fact]
    public void The_text_begins_with_the_prompt_and_has_as_many_tokens_as_were_asked_for()
    {
        using TinyRun run = new(Letters, 3);
        string text = Text(run.Path, "--prompt", "bad", "--tokens", "40");
        Assert.StartsWith("bad", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 43, 44);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.Equal(text, Text(run.Path, "--prompt", "bad", "--tokens", "40", "--no-cache"));
        Assert.NotEqual(text, Text(run.Path, "--prompt", "bad", "--tokens", "40", "--seed", "2"));
    }

    [Fact]
    public void Greedy_is_temperature_0_and_the_single_likeliest_token_and_the_same_on_every_device()
    {
        using TinyRun run = new(Letters, 3);
        string greedy = Text(run.Path, "--greedy", "--tokens", "30");
        Assert.Equal(greedy, Text(run.Path, "--temperature", "0", "--tokens", "30"));
        Assert.Equal(greedy, Text(run.Path, "--top-k", "1", "--tokens", "30", "--device", "cpu"));
        Assert.Equal(greedy, Text(run.Path, "--top-p", "1e-6", "--tokens", "30", "--device", "reference"));
    }

    [Fact]
    public void Several_texts_follow_each_other_and_the_first_is_the_one_that_stands_alone()
    {
        using TinyRun run = new(Letters, 3);
        string[] texts = Text(run.Path, "--prompt", "ab", "--prompt", "g", "--count", "2", "--tokens", "20").Split("---\n");
        Assert.Equal(4, texts.Length);
        Assert.All(texts[..2], text => Assert.StartsWith("ab", text, StringComparison.Ordinal));
        Assert.All(texts[2..], text => Assert.StartsWith("g", text, StringComparison.Ordinal));
        Assert.Equal(4, texts.Distinct().Count());
        Assert.Equal(texts[0], Text(run.Path, "--prompt", "ab", "--tokens", "20"));
    }

    [Fact]
    public void A_checkpoint_can_be_named_itself_and_a_run_means_its_newest()
    {
        using TinyRun run = new(Letters, 3, 8);
        string newest = Text(run.Path, "--tokens", "30");
        Assert.Equal(newest, Text(run.Checkpoints.FolderOf(8), "--tokens", "30"));
        Assert.NotEqual(newest, Text(run.Checkpoints.FolderOf(3), "--tokens", "30"));
    }

    [Fact]
    public void Control_characters_never_reach_the_terminal()
    {
        using TinyRun run = new(CharTokenizer.Of("\n\u001b\u0007\u009ba"), 3);
        string text = Text(run.Path, "--tokens", "200", "--prompt", "\u001ba");
        Assert.StartsWith("\uFFFDa", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text, letter => char.IsControl(letter) && letter != '\n');
    }

    [Fact]
    public void A_damaged_checkpoint_is_named_and_the_one_before_it_is_taken()
    {
        using TinyRun run = new(Letters, 3, 8);
        string before = Text(run.Checkpoints.FolderOf(3), "--tokens", "30");
        string damaged = run.Damage(8);
        (int code, string output, string error) = Sample(run.Path, "--tokens", "30");
        Assert.Equal((0, before), (code, output));
        Assert.StartsWith($"gptsharp: {damaged}: it is damaged", error, StringComparison.Ordinal);

        (code, output, error) = Sample(run.Checkpoints.FolderOf(8));
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"gptsharp: {damaged}: it is damaged", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_model_gets_one_sentence_and_exit_code_1()
    {
        using TinyRun run = new(Letters);
        Assert.Equal(
            (1, "", $"gptsharp: {run.Path}: there is no such folder; give that of a run, as train names it at its end.\n"), Sample(run.Path));
        Directory.CreateDirectory(run.Path);
        (int code, _, string error) = Sample(run.Path);
        Assert.Equal(1, code);
        Assert.Contains("there is no sound checkpoint here", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no device 'tpu'", "--device", "tpu")]
    [InlineData("The character 'z' (U+007A) at position 2 is not in the model's vocabulary", "--prompt", "abz")]
    [InlineData("Prompt 1 is empty", "--prompt", "")]
    [InlineData("temperature (-1) is not", "--temperature", "-1")]
    [InlineData("top_k (0) is not", "--top-k", "0")]
    [InlineData("top_p (2) is not", "--top-p", "2")]
    [InlineData("--count (0) is not", "--count", "0")]
    [InlineData("The number of new tokens (0) is not", "--tokens", "0")]
    [InlineData("--tokens is 'many', but must be a whole number", "--tokens", "many")]
    public void A_wrong_option_gets_one_sentence_and_exit_code_2(string sentence, string option, string value)
    {
        using TinyRun run = new(Letters, 3);
        (int code, string output, string error) = Sample(run.Path, option, value);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_model_without_line_ends_asks_for_a_prompt()
    {
        using TinyRun run = new(CharTokenizer.Of("abc"), 3);
        (int code, _, string error) = Sample(run.Path);
        Assert.Equal(2, code);
        Assert.StartsWith("gptsharp: --prompt is missing, and this model knows no line end to start from.", error, StringComparison.Ordinal);
        Assert.StartsWith("ab", Text(run.Path, "--prompt", "ab"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_prompt_a_text_starts_at_the_separator_and_ends_before_the_next_one()
    {
        using TinyRun onNewLine = new(Letters, 3), atSeparator = new(Letters, Letters.VocabularySize, "data:\n  name: letters\n  separator: c\n", 3);
        string text = Text(atSeparator.Path, "--tokens", "60");
        Assert.NotEqual(Text(onNewLine.Path, "--tokens", "60"), text);

        string withPrompt = Text(onNewLine.Path, "--prompt", "c", "--tokens", "60");
        Assert.Contains('c', withPrompt[1..]);
        Assert.Equal(withPrompt[1..(withPrompt.IndexOf('c', 1) + 1)].TrimEnd('\n'), text.TrimEnd('\n'));
    }

    [Fact]
    public void Subwords_that_end_within_a_character_are_written_when_it_is_whole()
    {
        TextTokenizer bytes = TokenizerJson.Convert(new ByteTokenizer());
        using TinyRun run = new(bytes, 3);
        string text = Text(run.Path, "--prompt", "é", "--tokens", "200");
        Assert.StartsWith("é", text, StringComparison.Ordinal);
        Assert.Equal(text, Text(run.Path, "--prompt", "é", "--tokens", "200", "--device", "reference"));
    }

    [Fact]
    public void A_tokenizer_that_the_model_has_no_place_for_gets_one_sentence_and_exit_code_1()
    {
        using TinyRun run = new(Letters, Letters.VocabularySize - 1, "data:\n  name: letters\n", 3);
        (int code, string output, string error) = Sample(run.Path);
        Assert.Equal((1, ""), (code, output));
        Assert.EndsWith(
            "its tokenizer (char) has 8 tokens, but the model's vocabulary has only 7: they do not belong together.\n", error, StringComparison.Ordinal);
    }
}
