namespace GptSharp.Ptx.Arithmetic;

/// <summary>
/// Single and double precision in rounding modes that the processor has only as a global setting: exact integer arithmetic, one
/// rounding, lane by lane.
/// </summary>
internal static unsafe class DirectedRounding
{
    private const int ModeShift = 4;
    private const int FlushBit = 0x100;
    private const int SaturateBit = 0x200;
    private const int DoubleBit = 0x400;

    /// <summary>The operations.</summary>
    internal enum Operation
    {
        /// <summary>a + b.</summary>
        Add,

        /// <summary>a − b.</summary>
        Subtract,

        /// <summary>a · b.</summary>
        Multiply,

        /// <summary>a · b + c.</summary>
        MultiplyAdd,

        /// <summary>a / b.</summary>
        Divide,

        /// <summary>1 / a.</summary>
        Reciprocal,

        /// <summary>√a.</summary>
        SquareRoot,
    }

    /// <summary>The control argument of <see cref="Invoke"/>.</summary>
    public static int Control(Operation operation, RoundingMode mode, NumberType type, bool flush, bool saturate) =>
        (int)operation | ((int)mode << ModeShift) | (flush ? FlushBit : 0) | (saturate ? SaturateBit : 0) | (type == NumberType.F64 ? DoubleBit : 0);

    /// <summary>d = the operation that the control argument names, on a, b and c.</summary>
    public static void Invoke(void* d, void* a, void* b, void* c, void* e, int control)
    {
        var operation = (Operation)(control & 15);
        var mode = (RoundingMode)(control >> ModeShift & 15);
        int sources = operation switch
        {
            Operation.Reciprocal or Operation.SquareRoot => 1,
            Operation.MultiplyAdd => 3,
            _ => 2,
        };
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            if ((control & DoubleBit) != 0)
            {
                ulong y = sources > 1 ? ((ulong*)b)[lane] : 0;
                ulong z = sources > 2 ? ((ulong*)c)[lane] : 0;
                ((ulong*)d)[lane] = Compute(operation, ((ulong*)a)[lane], y, z, FloatFormat.F64, mode);
            }
            else
            {
                bool flush = (control & FlushBit) != 0;
                uint x = Enter(((uint*)a)[lane], flush);
                uint y = sources > 1 ? Enter(((uint*)b)[lane], flush) : 0;
                uint z = sources > 2 ? Enter(((uint*)c)[lane], flush) : 0;
                float result = BitConverter.UInt32BitsToSingle((uint)Compute(operation, x, y, z, FloatFormat.F32, mode));
                result = flush ? SingleRules.Flush(result) : result;
                ((float*)d)[lane] = (control & SaturateBit) != 0 ? SingleRules.Saturate(result) : result;
            }
        }
    }

    private static uint Enter(uint bits, bool flush) => flush && (bits & 0x7f80_0000) == 0 ? bits & 0x8000_0000 : bits;

    private static ulong Compute(Operation operation, ulong a, ulong b, ulong c, FloatFormat format, RoundingMode mode) => operation switch
    {
        Operation.Add => IeeeArithmetic.Add(a, b, format, mode),
        Operation.Subtract => IeeeArithmetic.Add(a, b ^ format.SignBit, format, mode),
        Operation.Multiply => IeeeArithmetic.Multiply(a, b, format, mode),
        Operation.MultiplyAdd => IeeeArithmetic.MultiplyAdd(a, b, c, format, mode),
        Operation.Divide => IeeeArithmetic.Divide(a, b, format, mode),
        Operation.Reciprocal => IeeeArithmetic.Divide((ulong)format.Bias << format.FractionBits, a, format, mode),
        _ => IeeeArithmetic.SquareRoot(a, format, mode),
    };
}
