using System.CommandLine;
using System.Globalization;
using GptSharp.Cli.Display;
using GptSharp.Cli.Tokenizers;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp tokenizer info</c>: what a tokenizer is.</summary>
internal static class TokenizerInfoCommand
{
    private const int ShownTokens = 12;
    private const int ShownBytes = 32;

    public static Command Create(CommandOutput output)
    {
        Argument<string?> argument = new("path") { Description = "The tokenizer; --tokenizer says the same.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> path = TokenizerCommand.PathOption();
        Option<string?> pattern = TokenizerCommand.PatternOption();
        CommandWithExamples command = new(
            "info", "Say what a tokenizer is: its vocabulary, its special tokens, and what it does to a text.", "gptsharp tokenizer info tokenizers/novel")
        {
            argument, path, pattern,
        };
        command.SetAction(parsed =>
        {
            string? named = parsed.GetValue(argument) ?? parsed.GetValue(path);
            Write(named!, TokenizerCommand.Open(named, parsed.GetValue(pattern)), output.Out);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(string path, ITokenizer tokenizer, TextWriter writer)
    {
        writer.WriteLine(path);
        TextTable table = new("", "");
        if (tokenizer is not TextTokenizer text)
        {
            table.Add("kind", tokenizer.Kind == "char" ? "one token per character" : "one token per byte");
            table.Add("vocabulary", Format.Count(tokenizer.VocabularySize));
            table.Write(writer);
            return;
        }

        table.Add("kind", text.BytePairs is not null ? "byte-level byte-pair encoding"
            : text.Kind == "bpe" ? "byte-pair encoding of characters" : "unigrams");
        table.Add("vocabulary", Vocabulary(text));
        if (text.BytePairs is { } pairs)
        {
            table.Add("pattern", TokenizerCommand.NameOf(pairs.Pattern) + (pairs.IgnoresMerges ? ", pieces that are a token are taken whole" : ""));
        }

        table.Add("puts around a text", Around(text));
        table.Add("longest token", Longest(text));
        table.Write(writer);
        WriteAdded(text, writer);
    }

    private static string Vocabulary(TextTokenizer text)
    {
        ILookup<SentencePieceType, int> types = Enumerable.Range(0, text.VocabularySize).ToLookup(text.TypeOf);
        IEnumerable<(SentencePieceType Type, string Name)> names =
        [
            (SentencePieceType.Control, "special"), (SentencePieceType.Unknown, "unknown"), (SentencePieceType.UserDefined, "added"),
            (SentencePieceType.Byte, "bytes"), (SentencePieceType.Normal, "of text"), (SentencePieceType.Unused, "unused"),
        ];
        string parts = string.Join(", ", names.Where(name => types[name.Type].Any()).Select(name => $"{Format.Count(types[name.Type].Count())} {name.Name}"));
        string merges = text.Merges.Count > 0 ? $"; {Format.Count(text.Merges.Count, "merge")}" : "";
        return $"{Format.Count(text.VocabularySize)}: {parts}{merges}";
    }

    private static string Around(TextTokenizer text)
    {
        string List(IEnumerable<int> ids) => string.Concat(ids.Select(id => text.SpellingOf(id) + " "));
        return text.Template.Before.Count + text.Template.After.Count == 0 ? "nothing"
            : $"{List(text.Template.Before)}text {List(text.Template.After)}".TrimEnd();
    }

    private static string Longest(TextTokenizer text)
    {
        int longest = Enumerable.Range(0, text.VocabularySize)
            .Where(id => text.TypeOf(id) == SentencePieceType.Normal)
            .DefaultIfEmpty()
            .MaxBy(id => text.BytesOf(id).Length);
        ReadOnlySpan<byte> bytes = text.BytesOf(longest);
        string shown = bytes.Length <= ShownBytes ? TokenText.Quote(bytes) : $"{TokenText.Quote(bytes[..ShownBytes])}…";
        return $"{Format.Count(longest)} {shown}, {Format.Count(bytes.Length, "byte")}";
    }

    private static void WriteAdded(TextTokenizer text, TextWriter writer)
    {
        if (text.AddedTokens.Count == 0)
        {
            return;
        }

        writer.WriteLine();
        TextTable table = new(">id", "added token", "flags");
        foreach (AddedToken token in text.AddedTokens.Take(ShownTokens))
        {
            IEnumerable<string> flags = new[]
            {
                (token.Special, "special"), (token.LeftStrip, "lstrip"), (token.RightStrip, "rstrip"),
                (token.SingleWord, "single_word"), (token.Normalized, "normalized"),
            }.Where(flag => flag.Item1).Select(flag => flag.Item2);
            table.Add(token.Id.ToString(CultureInfo.InvariantCulture), Format.Printable(token.Content).Replace('\n', '\uFFFD'), string.Join(' ', flags));
        }

        table.Write(writer);
        if (text.AddedTokens.Count > ShownTokens)
        {
            writer.WriteLine($"and {Format.Count(text.AddedTokens.Count - ShownTokens)} more");
        }
    }
}
