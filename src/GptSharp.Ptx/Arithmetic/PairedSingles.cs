namespace GptSharp.Ptx.Arithmetic;

/// <summary><c>f32x2</c>: two singles in a register of 64 bits. A warp's pairs are 64 singles in a row.</summary>
internal static unsafe class PairedSingles
{
    private const int Half = Lanes.Count * sizeof(uint);

    /// <summary>The computation of a form rounded to nearest, or null.</summary>
    public static LaneOperation? Bind(Form form)
    {
        form.Take("rn");
        bool flush = form.Take("ftz");
        LaneOperation operation = new() { Function = null, Destination = NumberType.B64, A = NumberType.B64, B = NumberType.B64 };
        return form.Opcode switch
        {
            "add" => operation with { Function = flush ? &Two<RuledBinary<AddVectors<float>, FlushRule>> : &Two<RuledBinary<AddVectors<float>, PlainRule>> },
            "sub" => operation with { Function = flush ? &Two<RuledBinary<SubtractVectors<float>, FlushRule>> : &Two<RuledBinary<SubtractVectors<float>, PlainRule>> },
            "mul" => operation with { Function = flush ? &Two<RuledBinary<MultiplyVectors<float>, FlushRule>> : &Two<RuledBinary<MultiplyVectors<float>, PlainRule>> },
            "fma" => operation with
            {
                Function = flush ? &Three<RuledTernary<FusedSingle, FlushRule>> : &Three<RuledTernary<FusedSingle, PlainRule>>,
                C = NumberType.B64,
            },
            _ => null,
        };
    }

    private static void Two<TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where TOp : struct, IVectorBinary<float>
    {
        WarpVectors.Binary<float, TOp>((byte*)d, (byte*)a, (byte*)b);
        WarpVectors.Binary<float, TOp>((byte*)d + Half, (byte*)a + Half, (byte*)b + Half);
    }

    private static void Three<TOp>(void* d, void* a, void* b, void* c, void* e, int control)
        where TOp : struct, IVectorTernary<float>
    {
        WarpVectors.Ternary<float, TOp>((byte*)d, (byte*)a, (byte*)b, (byte*)c);
        WarpVectors.Ternary<float, TOp>((byte*)d + Half, (byte*)a + Half, (byte*)b + Half, (byte*)c + Half);
    }
}
