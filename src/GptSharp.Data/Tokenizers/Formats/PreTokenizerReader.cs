using System.Text;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Pipeline.PreTokenizers;
using GptSharp.Files.Json;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>Reads the <c>pre_tokenizer</c> of a tokenizer.json.</summary>
internal sealed class PreTokenizerReader
{
    private readonly List<IPreTokenizer> _steps = [];

    private PreTokenizerReader()
    {
    }

    /// <summary>Whether the pieces are written as the letters of their bytes.</summary>
    public bool IsByteLevel { get; private set; }

    /// <summary>The steps, without the pattern by which a byte-level model cuts for itself.</summary>
    public IReadOnlyList<IPreTokenizer> Steps => EndsWithPattern ? _steps[..^1] : _steps;

    /// <summary>How a byte-level model cuts, after the steps.</summary>
    public SplitPattern Pattern => EndsWithPattern ? ((PatternSplit)_steps[^1]).Pattern : SplitPattern.None;

    private bool EndsWithPattern => IsByteLevel && _steps is [.., PatternSplit];

    /// <summary>Reads it.</summary>
    public static PreTokenizerReader Read(JsonPlace place)
    {
        var reader = new PreTokenizerReader();
        reader.Add(place);
        return reader;
    }

    private void Add(JsonPlace place)
    {
        if (!place.IsGiven)
        {
            return;
        }

        JsonPlace type = place["type"];
        if (IsByteLevel)
        {
            throw type.Refused($"is {type.Text()}, after a ByteLevel, where text is no longer text; GptSharp takes ByteLevel as the last step only.");
        }

        switch (type.Text())
        {
            case "Sequence":
                foreach (JsonPlace step in place["pretokenizers"].Items())
                {
                    Add(step);
                }

                break;
            case "ByteLevel":
                AddByteLevel(place);
                break;
            case "Split":
                _steps.Add(ReadSplit(place));
                break;
            case "Digits":
                _steps.Add(new Digits(place["individual_digits"].Flag(false)));
                break;
            case "Metaspace":
                _steps.Add(ReadMetaspace(place));
                break;
            default:
                throw type.Refused($"is {type.Text()}, a pre-tokenizer that GptSharp does not have; it has ByteLevel, Split, Digits, Metaspace and Sequence.");
        }
    }

    private void AddByteLevel(JsonPlace place)
    {
        if (place["add_prefix_space"].Flag(false))
        {
            _steps.Add(new PrefixSpace());
        }

        if (place["use_regex"].Flag(true))
        {
            _steps.Add(new PatternSplit(SplitPattern.Gpt2));
        }

        IsByteLevel = true;
    }

    private static IPreTokenizer ReadSplit(JsonPlace place)
    {
        JsonPlace behavior = place["behavior"];
        bool inverted = place["invert"].Flag(false);
        JsonPlace literal = place["pattern"]["String"];
        if (literal.IsGiven)
        {
            return new LiteralSplit(
                literal.Text() is { Length: > 0 } text ? Encoding.UTF8.GetBytes(text) : throw literal.Refused("is empty, so that nothing can be cut."),
                Enum.TryParse(behavior.Text(), out SplitBehavior known) && !inverted && Enum.IsDefined(known) ? known : throw Unknown(behavior, inverted));
        }

        // These patterns match all of a text, so nothing lies between the matches and both ways to say it mean the same pieces.
        JsonPlace regex = place["pattern"]["Regex"];
        return !SplitPatterns.TryRecognize(regex.Text(), out SplitPattern pattern)
            ? throw regex.Refused($"is {regex.Found()}, a regular expression that GptSharp does not have; it has those of GPT-2, cl100k, o200k, Llama 3 and Qwen 2.")
            : behavior.Text() == "Isolated" || (behavior.Text() == "Removed" && inverted) ? new PatternSplit(pattern)
            : throw Unknown(behavior, inverted);
    }

    private static Files.RefusedFileException Unknown(JsonPlace behavior, bool inverted) => behavior.Refused(
        $"is {behavior.Text()}{(inverted ? ", inverted" : "")}, which GptSharp cannot do with this pattern.");

    private static Metaspace ReadMetaspace(JsonPlace place)
    {
        JsonPlace scheme = place["prepend_scheme"];
        JsonPlace sign = place["replacement"];
        byte[] bytes = Encoding.UTF8.GetBytes(sign.Text());
        return new Metaspace(
            bytes.Length > 0 ? bytes : throw sign.Refused("is empty, but must be a character."),
            scheme.Text(place["add_prefix_space"].Flag(true) ? "always" : "never") switch
            {
                "never" => PrependScheme.Never,
                "first" => PrependScheme.First,
                "always" => PrependScheme.Always,
                _ => throw scheme.Refused($"is {scheme.Found()}, but must be never, first or always."),
            },
            place["split"].Flag(true));
    }
}
