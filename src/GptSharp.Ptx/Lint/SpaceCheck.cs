using GptSharp.Ptx.Lint.Names;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint;

/// <summary>Compares the state space that an access names with the one in which its variable is declared.</summary>
internal static class SpaceCheck
{
    /// <summary>Null when they agree or one of them is open; otherwise what is wrong, one sentence.</summary>
    public static string? Check(InstructionSyntax instruction, Scope scope)
    {
        if (instruction.Opcode is not ("ld" or "st" or "atom" or "red")
            || instruction.Modifiers.Select(SpaceOf).FirstOrDefault(space => space is not null) is not { } named)
        {
            return null;
        }

        foreach (AddressOperand address in instruction.Operands.OfType<AddressOperand>())
        {
            if (address.Base is NameOperand name && scope.Find(name.Name) is VariableSymbol { Variable: var variable } && variable.Space != named)
            {
                return $"'{name.Name}' lies in .{WordOf(variable.Space)}, but '{instruction.Name}' accesses .{WordOf(named)}.";
            }
        }

        return null;
    }

    private static StateSpace? SpaceOf(string word) => word switch
    {
        "const" => StateSpace.Constant,
        "global" => StateSpace.Global,
        "local" => StateSpace.Local,
        "param" or "param::entry" or "param::func" => StateSpace.Parameter,
        "shared" or "shared::cta" or "shared::cluster" => StateSpace.Shared,
        _ => null,
    };

    private static string WordOf(StateSpace space) => space switch
    {
        StateSpace.Constant => "const",
        StateSpace.Parameter => "param",
        StateSpace.Texture => "tex",
        _ => space.ToString().ToLowerInvariant(),
    };
}
