using System.Numerics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>Binds integer arithmetic.</summary>
internal static unsafe class IntegerBinding
{
    /// <summary>The computation of a form whose last type is given, or null.</summary>
    public static LaneOperation? Bind(Form form, NumberType type)
    {
        if (form.Opcode is "dp4a" or "dp2a")
        {
            return DotProduct(form, type);
        }

        if (form.Opcode is "addc" or "subc" or "madc" || form.Take("cc"))
        {
            return Carry(form, type);
        }

        return type switch
        {
            NumberType.U16 => Narrow<ushort, uint>(form, type),
            NumberType.S16 => Narrow<short, int>(form, type),
            NumberType.U32 => Word<uint>(form, type),
            NumberType.S32 when form.TakeAny("sat", "relu") is { } clamp => Clamped32(form, clamp),
            NumberType.S32 => Word<int>(form, type),
            NumberType.U64 => Long<ulong>(form, type),
            NumberType.S64 => Long<long>(form, type),
            NumberType.U16x2 or NumberType.S16x2 => Packed(form, type),
            _ => null,
        };
    }

    private static LaneOperation Two(NumberType type, delegate*<void*, void*, void*, void*, void*, int, void> function) =>
        new() { Function = function, Destination = type, A = type, B = type };

    private static LaneOperation Three(NumberType type, delegate*<void*, void*, void*, void*, void*, int, void> function) =>
        new() { Function = function, Destination = type, A = type, B = type, C = type };

    private static LaneOperation? Clamped32(Form form, string clamp)
    {
        return (form.Opcode, clamp) switch
        {
            ("add", "sat") => Two(NumberType.S32, &Lanes.Binary<int, int, int, AddSaturated>),
            ("sub", "sat") => Two(NumberType.S32, &Lanes.Binary<int, int, int, SubtractSaturated>),
            ("mad", "sat") when form.Take("hi") => Three(NumberType.S32, &Lanes.Ternary<int, int, int, int, PlusThirdSaturated<MultiplyHigh<int>>>),
            ("mad24", "sat") when form.Take("hi") => Three(NumberType.S32, &Lanes.Ternary<int, int, int, int, PlusThirdSaturated<Multiply24High<int>>>),
            ("min", "relu") => Two(NumberType.S32, &Lanes.Binary<int, int, int, Rectified<Minimum<int>>>),
            ("max", "relu") => Two(NumberType.S32, &Lanes.Binary<int, int, int, Rectified<Maximum<int>>>),
            _ => null,
        };
    }

    // The forms of all three widths that need no vectors.
    private static LaneOperation? Common<T>(Form form, NumberType type)
        where T : unmanaged, IBinaryInteger<T>
    {
        return form.Opcode switch
        {
            "div" => Two(type, &Lanes.Binary<T, T, T, Quotient<T>>) with { ChecksDivisor = true },
            "rem" => Two(type, &Lanes.Binary<T, T, T, Remainder<T>>) with { ChecksDivisor = true },
            "sad" => Three(type, &Lanes.Ternary<T, T, T, T, SumAbsoluteDifference<T>>),
            _ => null,
        };
    }

    // 16 bits in slots of 32: what carries nothing down from above runs on whole slots.
    private static LaneOperation? Narrow<T, TWide>(Form form, NumberType type)
        where T : unmanaged, IBinaryInteger<T>
        where TWide : unmanaged, IBinaryInteger<TWide>
    {
        NumberType wide = type == NumberType.U16 ? NumberType.U32 : NumberType.S32;
        return form.Opcode switch
        {
            "add" => Two(type, &WarpVectors.Binary<uint, AddVectors<uint>>),
            "sub" => Two(type, &WarpVectors.Binary<uint, SubtractVectors<uint>>),
            "neg" => Two(type, &WarpVectors.Unary<uint, NegateVectors<uint>>) with { B = NumberType.None },
            "abs" => Two(type, &Lanes.Unary<T, T, Absolute<T>>) with { B = NumberType.None },
            "min" => Two(type, &Lanes.Binary<T, T, T, Minimum<T>>),
            "max" => Two(type, &Lanes.Binary<T, T, T, Maximum<T>>),
            "mul" when form.Take("lo") => Two(type, &WarpVectors.Binary<uint, MultiplyVectors<uint>>),
            "mul" when form.Take("hi") => Two(type, &Lanes.Binary<T, T, T, MultiplyHigh<T>>),
            "mul" when form.Take("wide") => Two(type, &Lanes.Binary<T, T, TWide, MultiplyWide<T, TWide>>) with { Destination = wide },
            "mad" when form.Take("lo") => Three(type, &WarpVectors.Ternary<uint, MultiplyAddVectors<uint>>),
            "mad" when form.Take("hi") => Three(type, &Lanes.Ternary<T, T, T, T, PlusThird<T, T, MultiplyHigh<T>>>),
            "mad" when form.Take("wide") => Three(type, &Lanes.Ternary<T, T, TWide, TWide, PlusThird<T, TWide, MultiplyWide<T, TWide>>>) with { Destination = wide, C = wide },
            _ => Common<T>(form, type),
        };
    }

    private static LaneOperation? Word<T>(Form form, NumberType type)
        where T : unmanaged, IBinaryInteger<T>
    {
        bool signed = type == NumberType.S32;
        NumberType wide = signed ? NumberType.S64 : NumberType.U64;
        return form.Opcode switch
        {
            "add" => Two(type, &WarpVectors.Binary<uint, AddVectors<uint>>),
            "sub" => Two(type, &WarpVectors.Binary<uint, SubtractVectors<uint>>),
            "neg" => Two(type, &WarpVectors.Unary<uint, NegateVectors<uint>>) with { B = NumberType.None },
            "abs" => Two(type, &WarpVectors.Unary<T, AbsVectors<T>>) with { B = NumberType.None },
            "min" => Two(type, &WarpVectors.Binary<T, MinVectors<T>>),
            "max" => Two(type, &WarpVectors.Binary<T, MaxVectors<T>>),
            "mul" when form.Take("lo") => Two(type, &WarpVectors.Binary<uint, MultiplyVectors<uint>>),
            "mul" when form.Take("hi") => Two(type, &Lanes.Binary<T, T, T, MultiplyHigh<T>>),
            "mul" when form.Take("wide") => Two(type, signed ? &WideProducts.Signed : &WideProducts.Unsigned) with { Destination = wide },
            "mad" when form.Take("lo") => Three(type, &WarpVectors.Ternary<uint, MultiplyAddVectors<uint>>),
            "mad" when form.Take("hi") => Three(type, &Lanes.Ternary<T, T, T, T, PlusThird<T, T, MultiplyHigh<T>>>),
            "mad" when form.Take("wide") => Three(type, signed ? &WideProducts.SignedAdd : &WideProducts.UnsignedAdd) with { Destination = wide, C = wide },
            "mul24" when form.Take("lo") => Two(type, &Lanes.Binary<T, T, T, Multiply24Low<T>>),
            "mul24" when form.Take("hi") => Two(type, &Lanes.Binary<T, T, T, Multiply24High<T>>),
            "mad24" when form.Take("lo") => Three(type, &Lanes.Ternary<T, T, T, T, PlusThird<T, T, Multiply24Low<T>>>),
            "mad24" when form.Take("hi") => Three(type, &Lanes.Ternary<T, T, T, T, PlusThird<T, T, Multiply24High<T>>>),
            _ => Common<T>(form, type),
        };
    }

    private static LaneOperation? Long<T>(Form form, NumberType type)
        where T : unmanaged, IBinaryInteger<T>
    {
        bool signed = type == NumberType.S64;
        return form.Opcode switch
        {
            "add" => Two(type, &WarpVectors.Binary<ulong, AddVectors<ulong>>),
            "sub" => Two(type, &WarpVectors.Binary<ulong, SubtractVectors<ulong>>),
            "neg" => Two(type, &WarpVectors.Unary<ulong, NegateVectors<ulong>>) with { B = NumberType.None },
            "abs" => Two(type, &WarpVectors.Unary<T, AbsVectors<T>>) with { B = NumberType.None },
            "min" => Two(type, &WarpVectors.Binary<T, MinVectors<T>>),
            "max" => Two(type, &WarpVectors.Binary<T, MaxVectors<T>>),
            "mul" when form.Take("lo") => Two(type, &WarpVectors.Binary<ulong, MultiplyVectors<ulong>>),
            "mul" when form.Take("hi") => signed
                ? Two(type, &Lanes.Binary<long, long, long, MultiplyHighSigned64>)
                : Two(type, &Lanes.Binary<ulong, ulong, ulong, MultiplyHighUnsigned64>),
            "mad" when form.Take("lo") => Three(type, &WarpVectors.Ternary<ulong, MultiplyAddVectors<ulong>>),
            "mad" when form.Take("hi") => signed
                ? Three(type, &Lanes.Ternary<long, long, long, long, PlusThird<long, long, MultiplyHighSigned64>>)
                : Three(type, &Lanes.Ternary<ulong, ulong, ulong, ulong, PlusThird<ulong, ulong, MultiplyHighUnsigned64>>),
            _ => Common<T>(form, type),
        };
    }

    // Two 16-bit integers side by side: the slots' vectors seen as 64 half-words.
    private static LaneOperation? Packed(Form form, NumberType type)
    {
        return (form.Opcode, type) switch
        {
            ("add", _) => Two(type, &WarpVectors.Binary<ushort, AddVectors<ushort>>),
            ("min", NumberType.U16x2) => Two(type, &WarpVectors.Binary<ushort, MinVectors<ushort>>),
            ("max", NumberType.U16x2) => Two(type, &WarpVectors.Binary<ushort, MaxVectors<ushort>>),
            ("min", NumberType.S16x2) => Two(type, &WarpVectors.Binary<short, MinVectors<short>>),
            ("max", NumberType.S16x2) => Two(type, &WarpVectors.Binary<short, MaxVectors<short>>),
            _ => null,
        };
    }

    private static LaneOperation? DotProduct(Form form, NumberType bType)
    {
        NumberType aType = form.TakeType();
        if (!IsWord(aType) || !IsWord(bType))
        {
            return null;
        }

        NumberType sum = aType == NumberType.S32 || bType == NumberType.S32 ? NumberType.S32 : NumberType.U32;
        int control = (aType == NumberType.S32 ? DotProducts.SignedA : 0) | (bType == NumberType.S32 ? DotProducts.SignedB : 0);
        if (form.Opcode == "dp4a")
        {
            return Three(sum, &DotProducts.FourWay) with { A = aType, B = bType, Control = control };
        }

        return form.TakeAny("lo", "hi") switch
        {
            "lo" => Three(sum, &DotProducts.TwoWay) with { A = aType, B = bType, Control = control },
            "hi" => Three(sum, &DotProducts.TwoWay) with { A = aType, B = bType, Control = control | DotProducts.High },
            _ => null,
        };

        static bool IsWord(NumberType type) => type is NumberType.U32 or NumberType.S32;
    }

    private static LaneOperation? Carry(Form form, NumberType type)
    {
        bool reads = form.Opcode is "addc" or "subc" or "madc";
        bool writes = !reads || form.Take("cc");
        int control = (reads ? CarryChains.In : 0) | (writes ? CarryChains.Out : 0);
        bool wide = type.Bits() == 64;
        if (type is not (NumberType.U32 or NumberType.S32 or NumberType.U64 or NumberType.S64))
        {
            return null;
        }

        LaneOperation? operation = form.Opcode switch
        {
            "add" or "addc" => wide ? Two(type, &CarryChains.Add<ulong>) : Two(type, &CarryChains.Add<uint>),
            "sub" or "subc" => wide ? Two(type, &CarryChains.Subtract<ulong>) : Two(type, &CarryChains.Subtract<uint>),
            "mad" or "madc" => wide ? Three(type, &CarryChains.MultiplyAdd64) : Three(type, &CarryChains.MultiplyAdd32),
            _ => null,
        };
        if (form.Opcode is "mad" or "madc")
        {
            string? part = form.TakeAny("lo", "hi");
            if (part == null)
            {
                return null;
            }

            control |= (part == "hi" ? CarryChains.High : 0) | (type.IsSigned() ? CarryChains.Signed : 0);
        }

        return operation is { } bound ? bound with { Control = control, ReadsCarry = reads, WritesCarry = writes } : null;
    }
}
