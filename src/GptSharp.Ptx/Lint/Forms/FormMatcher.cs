using GptSharp.Ptx.Lint.Names;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Forms;

/// <summary>Finds the form of an instruction, or says in one sentence why there is none.</summary>
/// <param name="scope">The names that the instruction sees.</param>
/// <param name="target">The PTX version and GPU.</param>
internal sealed class FormMatcher(Scope scope, TargetGpu target)
{
    private const int CountStage = 1;
    private const int OperandStage = 2;
    private const int RequirementStage = 3;

    private readonly OperandCheck _operands = new(scope, target);
    private readonly List<OperandForm> _taken = [];
    private string?[] _captures = [];
    private InstructionSyntax _instruction = null!;
    private string _reason = "";
    private (int Stage, int Position) _furthest;

    /// <summary>After a check that found a form: what the form says of each operand; empty for calls and after a refusal.</summary>
    public IReadOnlyList<OperandForm> Operands => _taken;

    /// <summary>After such a check: the type of an operand, or null when it has none.</summary>
    public OperandType? TypeOf(int operand) => operand < _taken.Count && _taken[operand].Type is { } type ? OperandCheck.TypeOf(type, _captures) : null;

    /// <summary>Null when a form fits; otherwise why none does: the complaint of the form that fits best.</summary>
    public string? Check(InstructionSyntax instruction)
    {
        IReadOnlyList<Form> forms = FormTable.For(instruction.Opcode);
        if (forms.Count == 0)
        {
            return $"There is no instruction '{instruction.Opcode}'.";
        }

        (_instruction, _reason, _furthest) = (instruction, "", (0, -1));
        _taken.Clear();
        var words = new WordMatch(instruction.Modifiers);
        foreach (Form form in forms)
        {
            if (Matches(form, words))
            {
                return null;
            }
        }

        return _reason;
    }

    private bool Matches(Form form, WordMatch words)
    {
        if (!words.Match(form))
        {
            Blame(0, words.Furthest, () => words.Complaint(_instruction));
            return false;
        }

        _captures = words.Captures;
        if (!MatchOperands(form, words.Captures, 0, 0))
        {
            return false;
        }

        Requirement? unmet = !form.Requirement.IsMetBy(target) ? form.Requirement : words.Requirements.FirstOrDefault(need => !need.IsMetBy(target));
        if (unmet is not null)
        {
            _taken.Clear();
            Blame(RequirementStage, 0, () => $"'{_instruction.Name}' needs {unmet}; this file is for {target}.");
        }

        return unmet is null;
    }

    private bool MatchOperands(Form form, string?[] captures, int wanted, int given)
    {
        IReadOnlyList<OperandSyntax> operands = _instruction.Operands;
        if (wanted == form.Operands.Count)
        {
            if (given < operands.Count)
            {
                Blame(CountStage, given, () => $"'{_instruction.Name}' takes {Plural(wanted, "operand")}, not {operands.Count}.");
            }

            return given == operands.Count;
        }

        OperandForm operand = form.Operands[wanted];
        if (operand.OnlyWith is { } slot && captures[slot] is null)
        {
            return MatchOperands(form, captures, wanted + 1, given);
        }

        if (operand.Kind == OperandKind.Call)
        {
            return true;
        }

        if (given < operands.Count)
        {
            string? complaint = _operands.Check(operand, operands[given], captures);
            if (complaint is null)
            {
                _taken.Add(operand);
                if (MatchOperands(form, captures, wanted + 1, given + 1))
                {
                    return true;
                }

                _taken.RemoveAt(_taken.Count - 1);
            }

            if (complaint is not null)
            {
                // A form that wants a vector where there is one says more than a form that wants something else.
                bool alike = operand.Kind == OperandKind.Vector == operands[given] is VectorOperand;
                Blame(FitsCount(form, captures) ? OperandStage : CountStage, (2 * given) + (alike ? 1 : 0), () => $"Operand {given + 1} of '{_instruction.Name}' {complaint}.");
            }
        }
        else if (!operand.IsOptional)
        {
            Blame(CountStage, given, () => $"'{_instruction.Name}' takes {Plural(form.Operands.Count, "operand")}, not {operands.Count}.");
        }

        return operand.IsOptional && MatchOperands(form, captures, wanted + 1, given);
    }

    // A form with the right number of operands says more than one with another number.
    private bool FitsCount(Form form, string?[] captures)
    {
        int most = form.Operands.Count(operand => operand.OnlyWith is not { } slot || captures[slot] is not null);
        int least = most - form.Operands.Count(operand => operand.IsOptional);
        return _instruction.Operands.Count >= least && _instruction.Operands.Count <= most;
    }

    private void Blame(int stage, int position, Func<string> reason)
    {
        if ((stage, position).CompareTo(_furthest) > 0)
        {
            (_furthest, _reason) = ((stage, position), reason());
        }
    }

    private static string Plural(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}
