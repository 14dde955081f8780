using System.Text;
using GptSharp.Data.Tokenizers.Pipeline.Decoders;
using GptSharp.Data.Tokenizers.Pipeline.Normalizers;
using GptSharp.Files.Json;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>Reads the <c>decoder</c> of a tokenizer.json.</summary>
internal sealed class DecoderReader
{
    private readonly List<DecoderStep> _steps = [];
    private bool _isWhole;

    private DecoderReader()
    {
    }

    /// <summary>The steps; null if there is no decoder.</summary>
    public static IReadOnlyList<DecoderStep>? Read(JsonPlace place)
    {
        if (!place.IsGiven)
        {
            return null;
        }

        var reader = new DecoderReader();
        reader.Add(place);
        return reader._steps;
    }

    private void Add(JsonPlace place)
    {
        JsonPlace type = place["type"];
        switch (type.Text())
        {
            case "Sequence":
                foreach (JsonPlace step in place["decoders"].Items())
                {
                    Add(step);
                }

                break;
            case "ByteLevel":
                Change((token, _) => DecoderStep.ReadLetters(token));
                _isWhole = true;
                break;
            case "ByteFallback":
                Change((token, _) => DecoderStep.ReadByte(token));
                break;
            case "Fuse":
                _isWhole = true;
                break;
            case "Replace":
                JsonPlace pattern = place["pattern"]["String"];
                byte[] literal = Encoding.UTF8.GetBytes(pattern.Text());
                var replace = new Replace(
                    literal.Length > 0 ? literal : throw pattern.Refused("is empty, so that nothing can be replaced."),
                    Encoding.UTF8.GetBytes(place["content"].Text()));
                Change((text, _) => replace.Normalize(text));
                break;
            case "Strip":
                AddStrip(Encoding.UTF8.GetBytes(place["content"].Text()), (int)place["start"].Whole(0, 1000), (int)place["stop"].Whole(0, 1000));
                break;
            case "Metaspace":
                AddMetaspace(Encoding.UTF8.GetBytes(place["replacement"].Text()), place["prepend_scheme"].Text(place["add_prefix_space"].Flag(true) ? "always" : "never") != "never");
                break;
            default:
                throw type.Refused(
                    $"is {type.Text()}, a decoder that GptSharp does not have; it has ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip and Sequence.");
        }
    }

    private void Change(Func<byte[], bool, byte[]> change) => _steps.Add(new DecoderStep(change, _isWhole));

    // Of a whole text that continues another one, the start is no start.
    private void AddStrip(byte[] character, int start, int stop)
    {
        bool isWhole = _isWhole;
        Change((text, isFirst) => DecoderStep.Strip(text, character, isFirst || !isWhole ? start : 0, stop));
    }

    // The signs in the first token stand for no space at all, however many they are.
    private void AddMetaspace(byte[] sign, bool prepended)
    {
        var spaces = new Replace(sign, [(byte)' ']);
        var nothing = new Replace(sign, []);
        Change((text, isFirst) => (isFirst && prepended ? nothing : spaces).Normalize(text));
    }
}
