using System.Text.RegularExpressions;

namespace GptSharp.Data.Stories;

/// <summary>
/// Reads a grammar from text. <c>list name: form, form</c> is followed by one word per line, its forms separated by <c>|</c>;
/// <c>rule name</c> by one alternative per line, indented; <c>variable x: list</c> remembers a word of a list. In an alternative,
/// <c>[list]</c> draws a word, <c>[+x]</c> draws the word of a variable, <c>[x.form]</c> repeats it in a form,
/// <c>[rule]</c> expands. <c>\n</c> is a line feed, <c>#</c> begins a comment line. The last rule is the start.
/// </summary>
internal sealed partial class GrammarParser
{
    private readonly Dictionary<string, WordList> _lists = [];
    private readonly Dictionary<string, Rule> _rules = [];
    private readonly Dictionary<string, (int Index, WordList List)> _variables = [];
    private readonly List<string> _names = [];
    private int _line;

    /// <summary>Parses a whole text.</summary>
    /// <exception cref="CorpusException">The text is no grammar; the sentence names the line.</exception>
    public static Grammar Parse(string text) => new GrammarParser().Read(text);

    private Grammar Read(string text)
    {
        string[] lines = text.Split('\n');
        Rule? last = null;
        while (NextHeading(lines) is { } heading)
        {
            List<string> body = Body(lines);
            switch (heading.Split(' ', 2))
            {
                case ["list", var list] when body.Count > 0:
                    ReadList(list, body);
                    break;
                case ["variable", var variable] when body.Count == 0:
                    ReadVariable(variable);
                    break;
                case ["rule", var name] when body.Count > 0:
                    last = new Rule(name, [.. body.Select(ReadAlternative)]);
                    Declare(name);
                    _rules.Add(name, last);
                    break;
                default:
                    throw Problem($"'{heading}' is none of 'list NAME: FORM, ...', 'variable NAME: LIST' and 'rule NAME'");
            }
        }

        return new Grammar(last ?? throw Problem("the grammar has no rule"), _names);
    }

    private string? NextHeading(string[] lines)
    {
        while (_line < lines.Length)
        {
            string line = lines[_line++].TrimEnd();
            if (line.Length > 0 && line[0] != '#')
            {
                return line;
            }
        }

        return null;
    }

    private List<string> Body(string[] lines)
    {
        var body = new List<string>();
        while (_line < lines.Length && (lines[_line].StartsWith(' ') || lines[_line].StartsWith('#')))
        {
            string line = lines[_line++];
            if (line[0] != '#')
            {
                body.Add(line.Trim());
            }
        }

        return body;
    }

    private void ReadList(string heading, List<string> body)
    {
        string[] parts = heading.Split(':');
        string[] forms = parts.Length == 1 ? [parts[0]] : [.. parts[1].Split(',').Select(form => form.Trim())];
        var entries = body.Select(line => (IReadOnlyList<string>)[.. line.Split('|').Select(form => form.Trim())]).ToList();
        if (entries.Find(entry => entry.Count != forms.Length) is { } wrong)
        {
            throw Problem($"'{string.Join(" | ", wrong)}' has {wrong.Count} forms, but list {parts[0]} has {forms.Length}");
        }

        Declare(parts[0]);
        _lists.Add(parts[0], new WordList(parts[0], forms, entries));
    }

    private void ReadVariable(string heading)
    {
        string[] parts = heading.Split(": ");
        if (parts.Length != 2 || !_lists.TryGetValue(parts[1], out WordList? list))
        {
            throw Problem($"'variable {heading}' names no list above it");
        }

        Declare(parts[0]);
        _variables.Add(parts[0], (_names.Count, list));
        _names.Add(parts[0]);
    }

    private IReadOnlyList<Item> ReadAlternative(string text)
    {
        var items = new List<Item>();
        int end = 0;
        foreach (Match match in Brackets().Matches(text))
        {
            AddLiteral(items, text[end..match.Index]);
            items.Add(ReadBracket(match));
            end = match.Index + match.Length;
        }

        AddLiteral(items, text[end..]);
        return items;
    }

    private static void AddLiteral(List<Item> items, string text)
    {
        if (text.Length > 0)
        {
            items.Add(new Literal(text.Replace("\\n", "\n", StringComparison.Ordinal)));
        }
    }

    private Item ReadBracket(Match match)
    {
        (string name, string form) = (match.Groups["name"].Value, match.Groups["form"].Value);
        bool isDrawn = match.Groups["draw"].Success;
        if (_variables.TryGetValue(name, out (int Index, WordList List) variable))
        {
            int formIndex = FormOf(variable.List, form);
            return isDrawn
                ? new Draw(variable.List, formIndex, variable.Index)
                : new Recall(variable.List, formIndex, variable.Index);
        }

        return _rules.TryGetValue(name, out Rule? rule) && !isDrawn ? new Expand(rule)
            : _lists.TryGetValue(name, out WordList? list) && !isDrawn ? new Draw(list, FormOf(list, form), Variable: null)
            : throw Problem($"'{match.Value}' names no list, rule or variable above it");
    }

    private int FormOf(WordList list, string form)
    {
        int index = form.Length == 0 ? 0 : list.Forms.ToList().IndexOf(form);
        return index >= 0 ? index : throw Problem($"list {list.Name} has no form '{form}'");
    }

    private void Declare(string name)
    {
        if (_lists.ContainsKey(name) || _rules.ContainsKey(name) || _variables.ContainsKey(name))
        {
            throw Problem($"'{name}' is declared twice");
        }
    }

    private CorpusException Problem(string problem) => new($"The grammar is wrong near line {_line}: {problem}.");

    [GeneratedRegex(@"\[(?<draw>\+)?(?<name>\w+)(?:\.(?<form>\w+))?\]")]
    private static partial Regex Brackets();
}
