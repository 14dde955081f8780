namespace GptSharp.Ptx.Arithmetic;

/// <summary>Finds the computation for the form of an instruction.</summary>
internal static class ArithmeticBinding
{
    /// <summary>
    /// Binds a computational instruction: opcode and dotted parts in order, without operands. False when the opcode computes nothing
    /// (moves, memory, control) or the form is not one that the emulator knows.
    /// </summary>
    public static bool TryBind(string opcode, IReadOnlyList<string> modifiers, ArithmeticOptions options, out LaneOperation operation)
    {
        var form = new Form(opcode, modifiers);
        LaneOperation? found = opcode switch
        {
            "cvt" => ConversionBinding.Bind(form),
            "setp" or "set" or "testp" or "selp" or "slct" => ComparisonBinding.Bind(form),
            "rcp" or "sqrt" or "rsqrt" or "ex2" or "lg2" or "sin" or "cos" or "tanh" => ApproximateBinding.Bind(form, options),
            "and" or "or" or "xor" or "not" or "cnot" or "shl" or "shr" or "shf" or "lop3" or "prmt" or "bfe" or "bfi" or "bfind"
                or "brev" or "clz" or "popc" or "fns" or "bmsk" or "szext" => BitBinding.Bind(form),
            "addc" or "subc" or "madc" or "mul24" or "mad24" or "sad" or "rem" or "dp4a" or "dp2a" => IntegerBinding.Bind(form, form.TakeType()),
            "add" or "sub" or "mul" or "mad" or "div" or "min" or "max" or "abs" or "neg" or "fma" or "copysign" => BindByType(form, options),
            _ => null,
        };
        operation = found.GetValueOrDefault();
        return found.HasValue && form.IsEmpty;
    }

    private static LaneOperation? BindByType(Form form, ArithmeticOptions options)
    {
        NumberType type = form.TakeType();
        return type switch
        {
            NumberType.F32 or NumberType.F64 => FloatBinding.Bind(form, type, options),
            NumberType.F32x2 => PairedSingles.Bind(form),
            NumberType.F16 or NumberType.F16x2 or NumberType.BF16 or NumberType.BF16x2 => HalfBinding.Bind(form, type),
            _ => IntegerBinding.Bind(form, type),
        };
    }
}
