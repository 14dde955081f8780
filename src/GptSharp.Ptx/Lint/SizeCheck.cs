using GptSharp.Ptx.Lint.Forms;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint;

/// <summary>Checks what a kernel asks of a GPU's fixed rooms: its parameters and its static shared memory.</summary>
internal static class SizeCheck
{
    private const long SharedBytes = 48 * 1024;
    private const long ParameterBytes = 4352;
    private const long LargeParameterBytes = 32764;

    private static readonly Requirement LargeParameters = Requirement.Parse("8.1/70");

    /// <summary>Reports a kernel that does not fit.</summary>
    public static void Check(FunctionSyntax function, ModuleSyntax module, TargetGpu target, FindingList refused)
    {
        if (!function.IsEntry || function.Body is not { } body)
        {
            return;
        }

        long parameters = Sum(function.Parameters);
        long room = LargeParameters.IsMetBy(target) ? LargeParameterBytes : ParameterBytes;
        if (parameters > room)
        {
            refused.Add(function.Span, $"The parameters of '{function.Name}' take {parameters} bytes; under {target} a kernel has {room}.");
        }

        var used = new HashSet<string>(StringComparer.Ordinal);
        var shared = new List<VariableSyntax>();
        Collect(body, used, shared);
        shared.AddRange(module.Variables.Where(variable => variable.Space == StateSpace.Shared && used.Contains(variable.Name)));
        long bytes = Sum(shared.Where(variable => variable.Linkage != Linkage.Extern && !variable.IsUnsized));
        if (bytes > SharedBytes)
        {
            refused.Add(function.Span, $"'{function.Name}' uses {bytes} bytes of static shared memory; a block has {SharedBytes}.");
        }
    }

    private static long Sum(IEnumerable<VariableSyntax> variables)
    {
        long bytes = 0;
        foreach (VariableSyntax variable in variables)
        {
            long alignment = Math.Max(1, variable.Alignment);
            bytes = ((bytes + alignment - 1) / alignment * alignment) + Math.Max(0, variable.ByteLength);
        }

        return bytes;
    }

    private static void Collect(BlockSyntax block, HashSet<string> used, List<VariableSyntax> shared)
    {
        foreach (StatementSyntax statement in block.Statements)
        {
            switch (statement)
            {
                case BlockSyntax inner:
                    Collect(inner, used, shared);
                    break;
                case DeclarationSyntax declaration:
                    shared.AddRange(declaration.Variables.Where(variable => variable.Space == StateSpace.Shared));
                    break;
                case InstructionSyntax instruction:
                    foreach (OperandSyntax operand in instruction.Operands)
                    {
                        OperandSyntax place = operand is AddressOperand address ? address.Base : operand;
                        if (place is NameOperand name)
                        {
                            used.Add(name.Name);
                        }
                    }

                    break;
                default:
                    break;
            }
        }
    }
}
