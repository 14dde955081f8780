namespace GptSharp.Ptx.Arithmetic;

/// <summary>Binds logic, shifts and the bit operations.</summary>
internal static unsafe class BitBinding
{
    /// <summary>The computation of a form, or null.</summary>
    public static LaneOperation? Bind(Form form)
    {
        NumberType type = form.TakeType();
        int bits = type.Bits();
        return form.Opcode switch
        {
            "shl" or "shr" => Shift(form, type),
            "shf" => Funnel(form, type),
            "prmt" => Prmt(form, type),
            "and" or "or" or "xor" or "not" => Logic(form, type),
            "lop3" when type == NumberType.B32 => new() { Function = &Lop3.Invoke, Destination = type, A = type, B = type, C = type, E = NumberType.U32 },
            "bfe" => Bfe(type),
            "bfi" when type == NumberType.B32 => Bfi(type, &InsertField.Invoke<uint>),
            "bfi" when type == NumberType.B64 => Bfi(type, &InsertField.Invoke<ulong>),
            "fns" when type == NumberType.B32 =>
                new() { Function = &Lanes.Ternary<uint, uint, int, uint, FindNthSet>, Destination = type, A = type, B = NumberType.U32, C = NumberType.S32 },
            "bmsk" when type == NumberType.B32 => form.TakeAny("clamp", "wrap") switch
            {
                "clamp" => WithAmount(type, &Lanes.Binary<uint, uint, uint, BitMaskClamped>),
                "wrap" => WithAmount(type, &Lanes.Binary<uint, uint, uint, BitMaskWrapped>),
                _ => null,
            },
            "szext" => Szext(form, type),
            "bfind" => Find(form, type),
            "cnot" when bits == 16 => One(type, type, &Lanes.Unary<ushort, ushort, LogicalNot<ushort>>),
            "cnot" when bits == 32 => One(type, type, &Lanes.Unary<uint, uint, LogicalNot<uint>>),
            "cnot" when bits == 64 => One(type, type, &Lanes.Unary<ulong, ulong, LogicalNot<ulong>>),
            "brev" when bits == 32 => One(type, type, &Lanes.Unary<uint, uint, ReverseBits32>),
            "brev" when bits == 64 => One(type, type, &Lanes.Unary<ulong, ulong, ReverseBits64>),
            "popc" when bits == 32 => One(NumberType.U32, type, &Lanes.Unary<uint, uint, PopulationCount<uint>>),
            "popc" when bits == 64 => One(NumberType.U32, type, &Lanes.Unary<ulong, uint, PopulationCount<ulong>>),
            "clz" when bits == 32 => One(NumberType.U32, type, &Lanes.Unary<uint, uint, LeadingZeros<uint>>),
            "clz" when bits == 64 => One(NumberType.U32, type, &Lanes.Unary<ulong, uint, LeadingZeros<ulong>>),
            _ => null,
        };
    }

    private static LaneOperation One(NumberType destination, NumberType type, delegate*<void*, void*, void*, void*, void*, int, void> function) =>
        new() { Function = function, Destination = destination, A = type };

    private static LaneOperation WithAmount(NumberType type, delegate*<void*, void*, void*, void*, void*, int, void> function) =>
        new() { Function = function, Destination = type, A = type, B = NumberType.U32 };

    private static LaneOperation Bfi(NumberType type, delegate*<void*, void*, void*, void*, void*, int, void> function) =>
        new() { Function = function, Destination = type, A = type, B = type, C = NumberType.U32, E = NumberType.U32 };

    private static LaneOperation? Bfe(NumberType type)
    {
        LaneOperation operation = new() { Function = null, Destination = type, A = type, B = NumberType.U32, C = NumberType.U32 };
        return type switch
        {
            NumberType.U32 => operation with { Function = &Lanes.Ternary<uint, uint, uint, uint, ExtractField<uint>> },
            NumberType.S32 => operation with { Function = &Lanes.Ternary<int, uint, uint, int, ExtractField<int>> },
            NumberType.U64 => operation with { Function = &Lanes.Ternary<ulong, uint, uint, ulong, ExtractField<ulong>> },
            NumberType.S64 => operation with { Function = &Lanes.Ternary<long, uint, uint, long, ExtractField<long>> },
            _ => null,
        };
    }

    // Untyped logic runs on whole slots whatever the width.
    private static LaneOperation? Logic(Form form, NumberType type)
    {
        if (type == NumberType.Predicate)
        {
            return form.Opcode switch
            {
                "and" => new() { Function = &PredicateLogic.And, Destination = type, A = type, B = type },
                "or" => new() { Function = &PredicateLogic.Or, Destination = type, A = type, B = type },
                "xor" => new() { Function = &PredicateLogic.Xor, Destination = type, A = type, B = type },
                _ => One(type, type, &PredicateLogic.Not),
            };
        }

        if (type is not (NumberType.B16 or NumberType.B32 or NumberType.B64))
        {
            return null;
        }

        bool wide = type == NumberType.B64;
        return form.Opcode switch
        {
            "and" => Two(type, wide ? &WarpVectors.Binary<ulong, AndVectors<ulong>> : &WarpVectors.Binary<uint, AndVectors<uint>>),
            "or" => Two(type, wide ? &WarpVectors.Binary<ulong, OrVectors<ulong>> : &WarpVectors.Binary<uint, OrVectors<uint>>),
            "xor" => Two(type, wide ? &WarpVectors.Binary<ulong, XorVectors<ulong>> : &WarpVectors.Binary<uint, XorVectors<uint>>),
            _ => One(type, type, wide ? &WarpVectors.Unary<ulong, NotVectors<ulong>> : &WarpVectors.Unary<uint, NotVectors<uint>>),
        };
    }

    private static LaneOperation Two(NumberType type, delegate*<void*, void*, void*, void*, void*, int, void> function) =>
        new() { Function = function, Destination = type, A = type, B = type };

    private static LaneOperation? Shift(Form form, NumberType type)
    {
        bool left = form.Opcode == "shl";
        return (left, type) switch
        {
            (true, NumberType.B16) => WithAmount(type, &Lanes.Binary<ushort, uint, ushort, Shifts.Left<ushort>>),
            (true, NumberType.B32) => WithAmount(type, &Shifts.Left32),
            (true, NumberType.B64) => WithAmount(type, &Lanes.Binary<ulong, uint, ulong, Shifts.Left<ulong>>),
            (false, NumberType.B16 or NumberType.U16) => WithAmount(type, &Lanes.Binary<ushort, uint, ushort, Shifts.Right<ushort>>),
            (false, NumberType.B32 or NumberType.U32) => WithAmount(type, &Shifts.Right32),
            (false, NumberType.B64 or NumberType.U64) => WithAmount(type, &Lanes.Binary<ulong, uint, ulong, Shifts.Right<ulong>>),
            (false, NumberType.S16) => WithAmount(type, &Lanes.Binary<short, uint, short, Shifts.Right<short>>),
            (false, NumberType.S32) => WithAmount(type, &Shifts.RightSigned32),
            (false, NumberType.S64) => WithAmount(type, &Lanes.Binary<long, uint, long, Shifts.Right<long>>),
            _ => null,
        };
    }

    private static LaneOperation? Funnel(Form form, NumberType type)
    {
        if (type != NumberType.B32)
        {
            return null;
        }

        LaneOperation operation = new() { Function = null, Destination = type, A = type, B = type, C = NumberType.U32 };
        return (form.TakeAny("l", "r"), form.TakeAny("wrap", "clamp")) switch
        {
            ("l", "wrap") => operation with { Function = &Lanes.Ternary<uint, uint, uint, uint, FunnelLeftWrapped> },
            ("l", "clamp") => operation with { Function = &Lanes.Ternary<uint, uint, uint, uint, FunnelLeftClamped> },
            ("r", "wrap") => operation with { Function = &Lanes.Ternary<uint, uint, uint, uint, FunnelRightWrapped> },
            ("r", "clamp") => operation with { Function = &Lanes.Ternary<uint, uint, uint, uint, FunnelRightClamped> },
            _ => null,
        };
    }

    private static LaneOperation? Prmt(Form form, NumberType type)
    {
        // The mode follows the type: prmt.b32.rc16.
        string mode = form.TakeAny("f4e", "b4e", "rc8", "ecl", "ecr", "rc16") ?? "";
        if (type == NumberType.None)
        {
            type = form.TakeType();
        }

        return type == NumberType.B32
            ? new() { Function = &Permute.Invoke, Control = Permute.ModeOf(mode), Destination = type, A = type, B = type, C = NumberType.U32 }
            : null;
    }

    private static LaneOperation? Szext(Form form, NumberType type) => (form.TakeAny("clamp", "wrap"), type) switch
    {
        ("clamp", NumberType.U32) => WithAmount(type, &Lanes.Binary<uint, uint, uint, ExtendClamped<uint>>),
        ("clamp", NumberType.S32) => WithAmount(type, &Lanes.Binary<int, uint, int, ExtendClamped<int>>),
        ("wrap", NumberType.U32) => WithAmount(type, &Lanes.Binary<uint, uint, uint, ExtendWrapped<uint>>),
        ("wrap", NumberType.S32) => WithAmount(type, &Lanes.Binary<int, uint, int, ExtendWrapped<int>>),
        _ => null,
    };

    private static LaneOperation? Find(Form form, NumberType type) => (form.Take("shiftamt"), type) switch
    {
        (false, NumberType.U32) => One(NumberType.U32, type, &Lanes.Unary<uint, uint, FindBit<uint>>),
        (false, NumberType.S32) => One(NumberType.U32, type, &Lanes.Unary<int, uint, FindBit<int>>),
        (false, NumberType.U64) => One(NumberType.U32, type, &Lanes.Unary<ulong, uint, FindBit<ulong>>),
        (false, NumberType.S64) => One(NumberType.U32, type, &Lanes.Unary<long, uint, FindBit<long>>),
        (true, NumberType.U32) => One(NumberType.U32, type, &Lanes.Unary<uint, uint, FindBitShift<uint>>),
        (true, NumberType.S32) => One(NumberType.U32, type, &Lanes.Unary<int, uint, FindBitShift<int>>),
        (true, NumberType.U64) => One(NumberType.U32, type, &Lanes.Unary<ulong, uint, FindBitShift<ulong>>),
        (true, NumberType.S64) => One(NumberType.U32, type, &Lanes.Unary<long, uint, FindBitShift<long>>),
        _ => null,
    };
}
