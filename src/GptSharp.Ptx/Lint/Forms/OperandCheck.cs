using System.Globalization;
using GptSharp.Ptx.Lint.Names;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Forms;

/// <summary>Compares an operand with what a form wants: its kind, its width, and what its names stand for.</summary>
/// <param name="scope">The names that the instruction sees.</param>
/// <param name="target">The PTX version and GPU.</param>
internal sealed class OperandCheck(Scope scope, TargetGpu target)
{
    /// <summary>Null when the operand fits; otherwise the end of a sentence that begins "Operand 2 of 'add.s32' ...".</summary>
    public string? Check(OperandForm form, OperandSyntax operand, string?[] captures) => form.Kind switch
    {
        OperandKind.Value => CheckValue(form, operand, TypeOf(form.Type!, captures)),
        OperandKind.Vector => CheckVector(form, operand, captures),
        OperandKind.Address => operand is AddressOperand { Rest.Count: 0 } address ? CheckAddress(address.Base) : "must be an address in brackets",
        OperandKind.Coordinates => operand is AddressOperand { Rest.Count: > 0 } place ? CheckAddress(place.Base) : "must be an address with coordinates: [handle, {x, y}]",
        OperandKind.Pointer => operand is NameOperand ? CheckAddress(operand) : "must be a register that holds an address",
        OperandKind.Constant => CheckConstant(form, operand),
        OperandKind.Label => operand is NameOperand label && scope.Find(label.Name) is LabelSymbol ? null : $"is {Describe(operand)}, but must be a label of this function",
        OperandKind.LabelList => operand is NameOperand list && scope.Find(list.Name) is TargetListSymbol ? null : $"is {Describe(operand)}, but must be a list of labels (.branchtargets)",
        OperandKind.Offsets => operand is VectorOperand or NameOperand ? null : "must be a vector of offsets",
        OperandKind.Sink => operand is NameOperand { IsSink: true } ? null : "must be '_'",
        _ => null,
    };

    /// <summary>The type that a form's type stands for.</summary>
    internal static OperandType TypeOf(FormType type, string?[] captures)
    {
        OperandType plain = OperandType.Named(type.Name ?? captures[type.Capture!.Value]!);
        return type.IsDoubled ? plain.Doubled : plain;
    }

    private string? CheckValue(OperandForm form, OperandSyntax operand, OperandType type)
    {
        if (form.Second != SecondResult.None && operand is PairOperand pair)
        {
            return CheckValue(form with { Second = SecondResult.None, TakesSink = true }, pair.First, type)
                ?? CheckValue(form with { Second = SecondResult.None, TakesSink = true }, pair.Second, OperandType.Named("pred"));
        }

        if (form.Second == SecondResult.Required)
        {
            return "must be two results with a bar between them, such as %r1|%p1";
        }

        return operand switch
        {
            NameOperand name => CheckName(form, name, type),
            LiteralOperand literal => form.IsResult ? "is written and must be a register" : form.RegisterOnly ? "must be a register, not a literal" : CheckLiteral(form, literal, type),
            ElementOperand element => CheckElement(form, element, type),
            _ => $"must be {Wanted(form, type)}",
        };
    }

    private string? CheckName(OperandForm form, NameOperand name, OperandType type)
    {
        if (name.IsSink)
        {
            return form.TakesSink ? null : "cannot be '_'";
        }

        if (name.Negated && !form.IsNegatable)
        {
            return "cannot be negated";
        }

        if (form.TakesParts && name.Component is { } part && scope.Find(name.Name) is RegisterSymbol { VectorLength: 1 } whole)
        {
            return whole.Type.Bits() == 32 && part.Length >= 2 && part[0] is 'b' or 'h' ? null : $"has no part '.{part}'";
        }

        switch (scope.Find(name.FullName) ?? scope.Find(name.Name))
        {
            case null:
                return $"is '{name.FullName}', which is not declared";
            case RegisterSymbol { VectorLength: > 1 } vector when name.Component is null:
                return $"is the vector '{name.Name}' of {vector.VectorLength} registers, but must be {Wanted(form, type)}";
            case RegisterSymbol { VectorLength: 1 } when name.Component is { } component:
                return $"has no part '.{component}'";
            case RegisterSymbol register:
                return type.Accepts(register.Type, form.IsRelaxed) ? null : Mismatch(form, name.FullName, register.Type, type);
            case SpecialRegisterSymbol when form.IsResult:
                return $"is '{name.FullName}', which cannot be written";
            case SpecialRegisterSymbol special when !special.Requirement.IsMetBy(target):
                return $"is '{name.FullName}', which needs {special.Requirement}; this file is for {target}";
            case SpecialRegisterSymbol special:
                return special.Types.Any(own => type.Accepts(own, form.IsRelaxed)) ? null : Mismatch(form, name.FullName, special.Types[0], type);
            case VariableSymbol or FunctionSymbol when form.TakesSymbols && !form.IsResult:
                return type.Class is OperandClass.Integer or OperandClass.Bits && type.Bits is 32 or 64 ? null
                    : $"is the address of '{name.Name}', which needs a type of 32 or 64 bits";
            case VariableSymbol { Variable.Space: StateSpace.Parameter } when form.TakesSymbols:
                return null;
            default:
                return $"is {Describe(name)}, but must be {Wanted(form, type)}";
        }
    }

    private string? CheckElement(OperandForm form, ElementOperand element, OperandType type) =>
        form.TakesSymbols && scope.Find(element.Name) is VariableSymbol ? null : $"must be {Wanted(form, type)}";

    private static string? CheckLiteral(OperandForm form, LiteralOperand literal, OperandType type) => type.Class switch
    {
        _ when form.Lowest is not null && literal.Kind == LiteralKind.Integer && (literal.Value < form.Lowest || literal.Value > form.Highest) =>
            $"is {literal.Value}, but must be between {form.Lowest} and {form.Highest}",
        OperandClass.Float when literal.Kind == LiteralKind.Integer && type.Bits > 16 && !type.Name.Contains('x', StringComparison.Ordinal) =>
            $"is an integer literal, but must be a floating-point value such as {(type.Bits == 64 ? "0d3FF0000000000000" : "0f3F800000")}",
        OperandClass.Integer when literal.Kind != LiteralKind.Integer => "is a floating-point literal, but must be an integer",
        OperandClass.Predicate when literal.Kind != LiteralKind.Integer => "must be a predicate",
        OperandClass.Bits when literal.Kind == LiteralKind.Float32 && type.Bits < 32 => $"is a literal of 32 bits, but .{type.Name} has {type.Bits}",
        _ when type.Bits == 128 => "must be a register of 128 bits",
        _ => null,
    };

    private string? CheckVector(OperandForm form, OperandSyntax operand, string?[] captures)
    {
        OperandType type = TypeOf(form.Type!, captures);
        OperandForm element = form with
        {
            Kind = OperandKind.Value,
            Second = SecondResult.None,
            TakesSink = form.TakesSink || form.IsResult,
            RegisterOnly = false,
        };
        int? wanted = form.Count is { } count ? CountOf(count, captures) : null;
        if (wanted == 1 && operand is not VectorOperand)
        {
            return CheckValue(element with { TakesSink = form.TakesSink }, operand, type);
        }

        if (operand is NameOperand { Component: null } name && scope.Find(name.Name) is RegisterSymbol { VectorLength: > 1 } register)
        {
            return form.IsPacked ? CheckPacked(register, type) : register.VectorLength == (wanted ?? register.VectorLength) && type.Accepts(register.Type, form.IsRelaxed) ? null
                : $"is a vector of {register.VectorLength} registers of type .{Name(register.Type)}, but must be {wanted} of type .{type.Name}";
        }

        if (operand is not VectorOperand vector)
        {
            return wanted is null ? "must be a vector in braces" : $"must be a vector of {wanted} elements";
        }

        if (vector.Second is { } second
            && (form.Second == SecondResult.None ? "has a second result behind '|', which it cannot have" : CheckValue(element, second, OperandType.Named("pred"))) is { } wrong)
        {
            return wrong;
        }

        if (form.IsPacked)
        {
            return CheckPacked(element, vector, type);
        }

        if (wanted is { } exact && vector.Elements.Count != exact)
        {
            return $"has {vector.Elements.Count} elements, but must have {exact}";
        }

        return vector.Elements.Select(part => CheckValue(element, part, type)).FirstOrDefault(complaint => complaint is not null) is { } problem
            ? $"has an element that {problem}"
            : null;
    }

    // mov: two or four elements share the bits of the whole.
    private string? CheckPacked(OperandForm element, VectorOperand vector, OperandType whole)
    {
        int count = vector.Elements.Count;
        if (count is not (2 or 4) || whole.Bits / count < 8)
        {
            return $"has {count} elements, but the {whole.Bits} bits of .{whole.Name} are shared by 2 or 4";
        }

        OperandType share = OperandType.Named($"b{whole.Bits / count}");
        return vector.Elements.Select(part => CheckValue(element, part, share)).FirstOrDefault(complaint => complaint is not null) is { } problem
            ? $"has an element that {problem}"
            : null;
    }

    private static string? CheckPacked(RegisterSymbol vector, OperandType whole) => vector.VectorLength * vector.Type.Bits() == whole.Bits ? null
        : $"is a vector of {vector.VectorLength * vector.Type.Bits()} bits, but .{whole.Name} has {whole.Bits}";

    private static int CountOf(FormCount count, string?[] captures)
    {
        if (count.Capture is not { } slot)
        {
            return count.Factor / count.Divisor;
        }

        if (captures[slot] is not { } word)
        {
            return 1;
        }

        // v4, x16, or the n of m64n128k16.
        ReadOnlySpan<char> digits = word[0] == 'm' ? word.AsSpan(word.IndexOf('n') + 1) : word.AsSpan(1);
        int end = digits.IndexOfAnyExceptInRange('0', '9');
        return int.Parse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture) * count.Factor / count.Divisor;
    }

    private string? CheckAddress(OperandSyntax start)
    {
        if (start is not NameOperand name)
        {
            return start is LiteralOperand { Kind: LiteralKind.Integer } or ElementOperand ? null : "must be the name of a register or variable, or a number, in brackets";
        }

        return scope.Find(name.FullName) switch
        {
            null => $"uses '{name.FullName}', which is not declared",
            RegisterSymbol register => IsAddress(register) ? null : $"uses '{name.Name}' of type .{Name(register.Type)} as an address, which needs an integer register of 32 or 64 bits",
            VariableSymbol or FunctionSymbol => null,
            _ => $"uses '{name.FullName}' as an address, which is {Describe(name)}",
        };
    }

    private static bool IsAddress(RegisterSymbol register) =>
        register.VectorLength == 1 && OperandType.ClassOf(register.Type) is OperandClass.Integer or OperandClass.Bits && register.Type.Bits() is 32 or 64;

    private static string? CheckConstant(OperandForm form, OperandSyntax operand)
    {
        if (operand is not LiteralOperand { Kind: LiteralKind.Integer } literal)
        {
            return "must be an integer literal";
        }

        if (form.Values is { } values)
        {
            return values.Contains(literal.Value) ? null : $"is {literal.Value}, but must be {string.Join(" or ", values)}";
        }

        bool inRange = form.Lowest is not { } lowest || (literal.Value >= lowest && literal.Value <= form.Highest && literal.Value % form.Step == 0);
        string multiple = form.Step > 1 ? $" and a multiple of {form.Step}" : "";
        return inRange ? null : $"is {literal.Value}, but must be between {form.Lowest} and {form.Highest}{multiple}";
    }

    private static string Mismatch(OperandForm form, string name, ScalarType given, OperandType type) =>
        $"is '{name}' of type .{Name(given)}, but must be {Wanted(form, type)}";

    private static string Wanted(OperandForm form, OperandType type) => type.Class == OperandClass.Predicate
        ? "a predicate"
        : $"{(form.IsRelaxed ? "at least " : "")}{type.Bits} bits wide (.{type.Name})";

    private string Describe(OperandSyntax operand) => operand switch
    {
        NameOperand name => scope.Find(name.FullName) switch
        {
            null => $"'{name.FullName}', which is not declared",
            RegisterSymbol or SpecialRegisterSymbol => $"the register '{name.FullName}'",
            VariableSymbol => $"the variable '{name.Name}'",
            FunctionSymbol => $"the function '{name.Name}'",
            LabelSymbol => $"the label '{name.Name}'",
            _ => $"'{name.Name}'",
        },
        LiteralOperand => "a literal",
        AddressOperand => "an address",
        VectorOperand => "a vector",
        _ => "no register",
    };

    private static string Name(ScalarType type) => type.ToString().ToLowerInvariant();
}
