using GptSharp.Ptx.Lint.Names;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint;

/// <summary>Checks the operands of a call: the function or prototype, and the number of results and arguments.</summary>
/// <param name="scope">The names that the call sees.</param>
/// <param name="warnings">Where calls of functions without a body are noted.</param>
internal sealed class CallCheck(Scope scope, FindingList warnings)
{
    private const string NoSignature = "An indirect call needs a .callprototype, .calltargets or a table of functions as its last operand.";

    // The driver has these; a program need not define them.
    private static readonly HashSet<string> FromDriver = new(StringComparer.Ordinal) { "vprintf", "malloc", "free", "__assertfail" };

    /// <summary>Null when the instruction is no call or a good one; otherwise what is wrong, one sentence.</summary>
    public string? Check(InstructionSyntax instruction)
    {
        if (instruction.Opcode != "call")
        {
            return null;
        }

        IReadOnlyList<OperandSyntax> operands = instruction.Operands;
        int at = operands is [ListOperand, ..] ? 1 : 0;
        int results = at == 1 ? ((ListOperand)operands[0]).Elements.Count : 0;
        if (operands.Count <= at || operands[at] is not NameOperand callee)
        {
            return "The name of a function or a register that holds its address was expected behind 'call'.";
        }

        int arguments = operands.Count > at + 1 && operands[at + 1] is ListOperand list ? list.Elements.Count : 0;
        foreach (OperandSyntax element in operands.OfType<ListOperand>().SelectMany(part => part.Elements))
        {
            if (element is NameOperand { IsSink: false } name && scope.Find(name.FullName) is null)
            {
                return $"The argument '{name.FullName}' is not declared.";
            }
        }

        return scope.Find(callee.Name) switch
        {
            null => $"The function '{callee.Name}' is not declared.",
            FunctionSymbol { Function: var function } => CheckDirect(instruction, function, results, arguments),
            RegisterSymbol => CheckIndirect(operands[^1], results, arguments),
            _ => $"'{callee.Name}' is no function.",
        };
    }

    private string? CheckDirect(InstructionSyntax instruction, FunctionSyntax function, int results, int arguments)
    {
        if (function.IsEntry)
        {
            return $"'{function.Name}' is a kernel and cannot be called.";
        }

        if (function.Body is null && !FromDriver.Contains(function.Name))
        {
            warnings.Add(instruction.Span, $"The function '{function.Name}' has no body in this file; a linker must supply it.");
        }

        return Compare(function.Name, function.Results.Count, function.Parameters.Count, results, arguments);
    }

    private string? CheckIndirect(OperandSyntax last, int results, int arguments) =>
        last is NameOperand name ? scope.Find(name.Name) switch
        {
            PrototypeSymbol { Prototype: var prototype } => Compare(name.Name, prototype.Results.Count, prototype.Parameters.Count, results, arguments),
            TargetListSymbol { List.AreFunctions: true } => null,
            VariableSymbol => null,
            _ => NoSignature,
        }
        : NoSignature;

    private static string? Compare(string name, int wantedResults, int wantedArguments, int results, int arguments) =>
        wantedResults != results ? $"'{name}' has {Plural(wantedResults, "result")}, not {results}."
        : wantedArguments != arguments ? $"'{name}' takes {Plural(wantedArguments, "argument")}, not {arguments}."
        : null;

    private static string Plural(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}
