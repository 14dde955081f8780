namespace GptSharp.Data.Filters;

/// <summary>
/// A text as filters see it: its words, lines and paragraphs, found when they are first asked for. One instance serves one thread and
/// one text after the other, so that nothing is allocated anew for each.
/// </summary>
internal sealed class TextUnderReview
{
    private readonly List<Range> _words = [];
    private readonly List<Range> _lines = [];
    private readonly List<Range> _paragraphs = [];
    private readonly List<ulong> _wordHashes = [];
    private readonly List<ulong> _plainWords = [];
    private readonly List<int> _plainPlaces = [];
    private bool _hasWords;
    private bool _hasLines;
    private bool _hasHashes;
    private bool _hasPlainWords;

    /// <summary>The text.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Fields of its line of JSON.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; private set; } = new Dictionary<string, string>();

    /// <summary>Whether it continues a document that began in an earlier section.</summary>
    public bool IsContinuation { get; private set; }

    /// <summary>A table for counting, empty whenever a filter begins to use it.</summary>
    public CountingTable Counts { get; } = new();

    /// <summary>Space for hashes of n-grams.</summary>
    public List<ulong> Hashes { get; } = [];

    /// <summary>Runs of what is no white space.</summary>
    public List<Range> Words
    {
        get
        {
            if (!_hasWords)
            {
                TextRanges.Words(Text, _words);
                _hasWords = true;
            }

            return _words;
        }
    }

    /// <summary>Lines that have more than white space, without the white space around them.</summary>
    public List<Range> Lines
    {
        get
        {
            FindLines();
            return _lines;
        }
    }

    /// <summary>Runs of such lines without an empty line between them.</summary>
    public List<Range> Paragraphs
    {
        get
        {
            FindLines();
            return _paragraphs;
        }
    }

    /// <summary>A hash of each of <see cref="Words"/>.</summary>
    public List<ulong> WordHashes
    {
        get
        {
            if (!_hasHashes)
            {
                _wordHashes.Clear();
                foreach (Range word in Words)
                {
                    _wordHashes.Add(TextHash.Of(Text.AsSpan(word)));
                }

                _hasHashes = true;
            }

            return _wordHashes;
        }
    }

    /// <summary>Hashes of the words in lower case and without punctuation, as <see cref="PlainWords"/> has them.</summary>
    public List<ulong> PlainWordHashes
    {
        get
        {
            FindPlainWords();
            return _plainWords;
        }
    }

    /// <summary>Where each of <see cref="PlainWordHashes"/> begins in the text.</summary>
    public List<int> PlainWordPlaces
    {
        get
        {
            FindPlainWords();
            return _plainPlaces;
        }
    }

    /// <summary>Turns to another text.</summary>
    public void Turn(string text, IReadOnlyDictionary<string, string> fields, bool isContinuation)
    {
        (Text, Fields, IsContinuation) = (text, fields, isContinuation);
        (_hasWords, _hasLines, _hasHashes, _hasPlainWords) = (false, false, false, false);
    }

    private void FindLines()
    {
        if (!_hasLines)
        {
            TextRanges.Lines(Text, _lines, _paragraphs);
            _hasLines = true;
        }
    }

    private void FindPlainWords()
    {
        if (!_hasPlainWords)
        {
            PlainWords.Find(Text, _plainWords, _plainPlaces);
            _hasPlainWords = true;
        }
    }
}
