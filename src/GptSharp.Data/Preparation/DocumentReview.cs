using System.IO.Hashing;
using System.Runtime.InteropServices;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Filters;

namespace GptSharp.Data.Preparation;

/// <summary>Reads documents and passes them through the filters; one instance serves one thread.</summary>
internal sealed class DocumentReview(DatasetOptions options)
{
    private const int ExcerptCharacters = 160;

    private readonly DocumentParser _parser = new(options.TextField, [.. options.Filters.SelectMany(filter => filter.Fields).Distinct()]);

    /// <summary>The text that the last document came to, as filters saw it.</summary>
    public TextUnderReview Text { get; } = new();

    /// <summary>Reads a document and judges it.</summary>
    public Reviewed Judge(RawDocument raw, ReadOnlySpan<byte> bytes)
    {
        Document document;
        try
        {
            document = _parser.Parse(raw, bytes);
        }
        catch (CorpusException exception) when (options.DropUnreadable)
        {
            return new Reviewed("", DropReasons.Unreadable, exception.Message);
        }

        return Filter(document, filter => !raw.IsContinuation || filter.SeesEverySection);
    }

    /// <summary>Reads a document that was kept, once more.</summary>
    public string Read(RawDocument raw, ReadOnlySpan<byte> bytes) => Filter(_parser.Parse(raw, bytes), filter => filter.ChangesText).Text;

    /// <summary>A sample of what was dropped, for a report.</summary>
    public static DroppedSample Sample(RawDocument raw, string text, string? why)
    {
        ReadOnlySpan<char> start = text.AsSpan(0, Math.Min(text.Length, ExcerptCharacters));
        if (start.Length > 0 && char.IsHighSurrogate(start[^1]))
        {
            start = start[..^1];
        }

        string excerpt = string.Join(' ', start.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return new DroppedSample(raw.Place, why, start.Length < text.Length ? excerpt + " …" : excerpt);
    }

    /// <summary>The survey's record of a document.</summary>
    public static SurveyRecord Record(RawDocument raw, Reviewed reviewed)
    {
        UInt128 hash = XxHash128.HashToUInt128(MemoryMarshal.AsBytes(reviewed.Text.AsSpan()));
        return new SurveyRecord(
            (ulong)(hash >> 64), (ulong)hash, Document.CharactersOf(reviewed.Text), reviewed.Reason, (short)(raw.IsContinuation ? 1 : 0));
    }

    private Reviewed Filter(Document document, Func<DocumentFilter, bool> isAsked)
    {
        Text.Turn(document.Text, document.Fields, document.Raw.IsContinuation);
        for (int i = 0; i < options.Filters.Count && Text.Text.Length > 0; i++)
        {
            DocumentFilter filter = options.Filters[i];
            if (!isAsked(filter))
            {
                continue;
            }

            Verdict verdict = filter.Judge(Text);
            if (verdict.Reason is { } why)
            {
                return new Reviewed(document.Text, (short)(DropReasons.FirstFilter + i), why);
            }

            if (verdict.Text is { } changed)
            {
                Text.Turn(changed, document.Fields, document.Raw.IsContinuation);
            }
        }

        return Text.Text.Length == 0 ? new Reviewed("", DropReasons.Empty, null) : new Reviewed(Text.Text, 0, null);
    }
}

/// <summary>What became of a document.</summary>
/// <param name="Text">Its text: cleaned if it is kept, else as it was.</param>
/// <param name="Reason">Number of the reason to drop it; 0 to keep it.</param>
/// <param name="Why">The figure that decided.</param>
internal readonly record struct Reviewed(string Text, short Reason, string? Why);
