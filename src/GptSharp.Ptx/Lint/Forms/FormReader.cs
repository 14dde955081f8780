using System.Globalization;

namespace GptSharp.Ptx.Lint.Forms;

/// <summary>Reads a <c>.forms</c> file: <c>let</c> lines that name sets of words, one <c>default</c> line at most, and forms.</summary>
/// <param name="file">The file's name, for errors.</param>
/// <param name="text">Its text.</param>
/// <remarks>
/// A form is a pattern, blanks, its operands with commas between them, and <c>@version/sm</c> when it needs more than the first
/// PTX. In a pattern, <c>x?</c> is optional, <c>(a|b)</c> is one of several, <c>(t:a|b)</c> remembers which as t, <c>$set</c> is
/// <c>(set:...)</c> over a set's words, <c>=t</c> is t's word again, <c>m64n{8..256/8}k16</c> is a word for each number, and
/// <c>@version/sm</c> behind a word is what that word needs. Slots fit in any order, but types stand in theirs.
/// <see cref="OperandReader"/> describes the operands, <see cref="Requirement.Parse"/> the versions and GPUs.
/// </remarks>
internal sealed class FormReader(string file, string text)
{
    private readonly Dictionary<string, List<FormChoice>> _sets = new(StringComparer.Ordinal);
    private readonly List<string> _captures = [];
    private Requirement _default = Requirement.Parse("1.0/0");
    private string _pattern = "";
    private int _at;

    // In a set and between parentheses, a dot joins words to one choice; elsewhere it begins the next slot.
    private bool _dotsBelongToWords;

    /// <summary>The forms, in order.</summary>
    public IEnumerable<Form> Read()
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            Form? form;
            try
            {
                form = line.Length == 0 || line[0] == '#' ? null : ReadLine(line);
            }
            catch (Exception exception) when (exception is FormatException or ArgumentException or IndexOutOfRangeException)
            {
                throw new FormatException($"{file}, line {i + 1}: {exception.Message}", exception);
            }

            if (form is not null)
            {
                yield return form;
            }
        }
    }

    private Form? ReadLine(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words[0] == "let")
        {
            _sets[words[1]] = words[3..].SelectMany(SetWord).ToList();
            return null;
        }

        if (words[0] == "default")
        {
            _default = Requirement.Parse(words[1][1..]);
            return null;
        }

        Requirement requirement = words[^1][0] == '@' ? Requirement.Parse(words[^1][1..]) : _default;
        string operands = string.Join(' ', words[^1][0] == '@' ? words[1..^1] : words[1..]);
        (_pattern, _at, _dotsBelongToWords) = (words[0], 0, false);
        _captures.Clear();
        List<FormSlot> slots = ReadSlots();
        return new Form(
            ((ChoiceSlot)slots[0]).Choices.Select(choice => choice.Words[0]).ToList(),
            slots[1..],
            _captures.Count,
            new OperandReader(_captures).Read(operands),
            requirement);
    }

    /// <summary>The words that a word with a range in braces stands for; the word itself when it has none.</summary>
    internal static List<string> ReadWords(string word)
    {
        int open = word.IndexOf('{');
        if (open < 0)
        {
            return [word];
        }

        int close = word.IndexOf('}');
        string[] ends = word[(open + 1)..close].Split("..", 2);
        string[] high = ends[1].Split('/');
        int step = int.Parse(high[1], CultureInfo.InvariantCulture);
        var words = new List<string>();
        for (int n = int.Parse(ends[0], CultureInfo.InvariantCulture); n <= int.Parse(high[0], CultureInfo.InvariantCulture); n += step)
        {
            words.Add($"{word[..open]}{n}{word[(close + 1)..]}");
        }

        return words;
    }

    private IEnumerable<FormChoice> SetWord(string word)
    {
        (_pattern, _at, _dotsBelongToWords) = (word, 0, true);
        return ReadChoice();
    }

    private List<FormSlot> ReadSlots()
    {
        var slots = new List<FormSlot>();
        do
        {
            slots.Add(ReadSlot());
        }
        while (Accept('.'));

        return slots;
    }

    private FormSlot ReadSlot()
    {
        if (Accept('='))
        {
            string again = ReadWord();
            return new RepeatSlot(_captures.IndexOf(again) is >= 0 and var index ? index : throw new FormatException($"there is no slot '{again}'"));
        }

        string name = "";
        List<FormChoice> choices;
        if (Accept('('))
        {
            choices = ReadAlternatives(ref name);
        }
        else
        {
            name = _pattern[_at] == '$' ? ReadWordAt(_at + 1) : "";
            choices = ReadChoice().ToList();
        }

        bool optional = Accept('?');
        if (Accept('@'))
        {
            Requirement requirement = Requirement.Parse(ReadRequirementText());
            choices = choices.Select(choice => choice with { Requirement = requirement }).ToList();
        }

        _captures.Add(name);
        return new ChoiceSlot(_captures.Count - 1, choices, optional || Accept('?'));
    }

    private List<FormChoice> ReadAlternatives(ref string name)
    {
        int colon = _at;
        while (char.IsAsciiLetterOrDigit(_pattern[colon]))
        {
            colon++;
        }

        if (_pattern[colon] == ':' && _pattern[colon + 1] != ':')
        {
            name = _pattern[_at..colon];
            _at = colon + 1;
        }

        var choices = new List<FormChoice>();
        _dotsBelongToWords = true;
        do
        {
            choices.AddRange(ReadChoice());
        }
        while (Accept('|'));

        _dotsBelongToWords = false;
        Expect(')');
        return choices;
    }

    // A set's words, or one word or several with dots between them.
    private List<FormChoice> ReadChoice()
    {
        if (Accept('$'))
        {
            string name = ReadWord();
            return _sets.TryGetValue(name, out List<FormChoice>? set) ? [.. set] : throw new FormatException($"there is no set '{name}'");
        }

        List<string> words = ReadWords();
        while (_dotsBelongToWords && Accept('.'))
        {
            string next = ReadWord();
            words = words.Select(word => $"{word}.{next}").ToList();
        }

        Requirement? requirement = Accept('@') ? Requirement.Parse(ReadRequirementText()) : null;
        return words.Select(word => new FormChoice(word.Split('.'), requirement)).ToList();
    }

    private List<string> ReadWords()
    {
        int start = _at;
        ReadWord();
        if (Accept('{'))
        {
            _at = _pattern.IndexOf('}', _at) + 1;
            ReadWord();
        }

        return ReadWords(_pattern[start.._at]);
    }

    private string ReadWord()
    {
        string word = ReadWordAt(_at);
        _at += word.Length;
        return word.Length > 0 ? word : throw new FormatException($"a word is missing at '{_pattern[_at..]}'");
    }

    private string ReadWordAt(int start)
    {
        int end = start;
        while (end < _pattern.Length && (char.IsAsciiLetterOrDigit(_pattern[end]) || _pattern[end] is '_' or ':'))
        {
            end++;
        }

        return _pattern[start..end];
    }

    // Digits, dot, digits, slash, digits, a letter.
    private string ReadRequirementText()
    {
        int start = _at;
        while (_at < _pattern.Length && (char.IsAsciiDigit(_pattern[_at]) || _pattern[_at] is '/' or 'a' or 'f'
            || (_pattern[_at] == '.' && !_pattern.AsSpan(start, _at - start).Contains('.'))))
        {
            _at++;
        }

        return _pattern[start.._at];
    }

    private bool Accept(char symbol)
    {
        if (_at < _pattern.Length && _pattern[_at] == symbol)
        {
            _at++;
            return true;
        }

        return false;
    }

    private void Expect(char symbol)
    {
        if (!Accept(symbol))
        {
            throw new FormatException($"'{symbol}' is missing at '{_pattern[_at..]}'");
        }
    }
}
