using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Forms;

/// <summary>Fits the dotted words of an instruction into the slots of a form.</summary>
/// <param name="words">The words, without dots.</param>
internal sealed class WordMatch(IReadOnlyList<string> words)
{
    private readonly SortedSet<string> _expected = new(StringComparer.Ordinal);
    private readonly List<Requirement> _requirements = [];
    private IReadOnlyList<FormSlot> _slots = [];
    private string?[] _captures = [];

    /// <summary>The words that the slots took.</summary>
    public string?[] Captures => _captures;

    /// <summary>What the words that were taken need.</summary>
    public IReadOnlyList<Requirement> Requirements => _requirements;

    /// <summary>The first word that no slot would take.</summary>
    public int Furthest { get; private set; }

    /// <summary>Whether all words fit.</summary>
    public bool Match(Form form)
    {
        _slots = form.Slots;
        _captures = new string?[form.CaptureCount];
        _requirements.Clear();
        _expected.Clear();
        Furthest = 0;
        return form.Slots.Count <= 32 && Match(0, 0);
    }

    /// <summary>Says which word does not fit and what would.</summary>
    public string Complaint(InstructionSyntax instruction)
    {
        string before = string.Join('.', [instruction.Opcode, .. words.Take(Furthest)]);
        string expected = _expected.Count is 0 or > 8 ? "" : $"; possible: {string.Join(", ", _expected.Select(word => $".{word}"))}";
        return Furthest == words.Count
            ? $"'{before}' is not complete{expected}."
            : $"'.{words[Furthest]}' cannot stand behind '{before}'{expected}.";
    }

    // Which slots have taken a word is in the bits of used.
    private bool Match(uint used, int word)
    {
        bool complete = true;
        bool typesInOrder = true;
        for (int i = 0; i < _slots.Count; i++)
        {
            if ((used & (1u << i)) != 0)
            {
                continue;
            }

            FormSlot slot = _slots[i];
            if ((typesInOrder || !slot.IsType) && Take(slot, word, used | (1u << i)))
            {
                return true;
            }

            bool needed = slot is not ChoiceSlot { IsOptional: true };
            complete &= !needed;
            typesInOrder &= !(needed && slot.IsType);
        }

        return complete && word == words.Count;
    }

    // Lets a slot take the words that stand here, and goes on behind them.
    private bool Take(FormSlot slot, int word, uint used)
    {
        Reach(word);
        if (slot is RepeatSlot repeat)
        {
            return word < words.Count && words[word] == _captures[repeat.Capture] && Match(used, word + 1);
        }

        var choices = (ChoiceSlot)slot;
        foreach (FormChoice choice in choices.Choices)
        {
            if (!StandsAt(choice.Words, word))
            {
                if (word == Furthest)
                {
                    _expected.Add(string.Join('.', choice.Words));
                }

                continue;
            }

            int count = _requirements.Count;
            if (choice.Requirement is not null)
            {
                _requirements.Add(choice.Requirement);
            }

            _captures[choices.Capture] = choice.Words[0];
            if (Match(used, word + choice.Words.Count))
            {
                return true;
            }

            _captures[choices.Capture] = null;
            _requirements.RemoveRange(count, _requirements.Count - count);
        }

        return false;
    }

    private bool StandsAt(IReadOnlyList<string> choice, int word)
    {
        for (int i = 0; i < choice.Count; i++)
        {
            if (word + i >= words.Count || words[word + i] != choice[i])
            {
                return false;
            }
        }

        return true;
    }

    private void Reach(int word)
    {
        if (word > Furthest)
        {
            Furthest = word;
            _expected.Clear();
        }
    }
}
