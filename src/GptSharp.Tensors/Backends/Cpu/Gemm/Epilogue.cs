using System.Runtime.CompilerServices;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// What becomes of a tile's sums when their last term has joined them: while the tile is still in the first-level cache, it is stored,
/// after an addition or a function that would otherwise be a pass of its own over memory. The operand lies as the result does.
/// </summary>
/// <remarks>
/// Each of the functions does to a sum what the operation of the same formula does to a stored float, so in single precision fusing
/// changes no bit. In BF16 it saves one rounding.
/// </remarks>
internal readonly unsafe struct Epilogue<TStorage>
    where TStorage : unmanaged
{
    private readonly EpilogueKind _kind;
    private readonly TStorage* _operand;
    private readonly ActivationFunction _function;
    private readonly float _beta;

    private Epilogue(EpilogueKind kind, TStorage* operand, ActivationFunction function = default, float beta = 0)
    {
        _kind = kind;
        _operand = operand;
        _function = function;
        _beta = beta;
    }

    /// <summary>True if the sums are only stored.</summary>
    public bool IsPlain => _kind == EpilogueKind.Store;

    /// <summary>True if what the result held is read at the end, so that the sums must wait elsewhere.</summary>
    public bool ReadsResult => _beta != 0;

    /// <summary>The operand at a place of the result, to be read or written beside it; null if there is none.</summary>
    public TStorage* OperandAt(long place) => _operand == null ? null : _operand + place;

    /// <summary>c = sums + residual; plain storing if it is null.</summary>
    public static Epilogue<TStorage> Residual(TStorage* residual) =>
        new(residual == null ? EpilogueKind.Store : EpilogueKind.Residual, residual);

    /// <summary>pre = sums, rounded to storage, and c = f(pre); a null <paramref name="pre"/> is rounded all the same, but not kept.</summary>
    public static Epilogue<TStorage> Activation(TStorage* pre, ActivationFunction function) => new(EpilogueKind.Activation, pre, function);

    /// <summary>c = sums f'(pre) + beta c.</summary>
    public static Epilogue<TStorage> ActivationSlope(TStorage* pre, ActivationFunction function, float beta) =>
        new(EpilogueKind.ActivationSlope, pre, function, beta);

    /// <summary>Finishes a part of the result.</summary>
    /// <param name="c">The result.</param>
    /// <param name="strideC">Its leading dimension, and the operand's.</param>
    /// <param name="place">Where in it the part begins.</param>
    /// <param name="sums">The part's sums; may be the part itself.</param>
    /// <param name="strideSums">Their leading dimension.</param>
    /// <param name="rows">Rows of the part.</param>
    /// <param name="columns">Columns of the part.</param>
    public void Run<T>(TStorage* c, int strideC, long place, float* sums, int strideSums, int rows, int columns)
        where T : unmanaged, ILanes<T>
    {
        var part = new Part<T>(c, strideC, place, sums, strideSums, rows, columns);
        switch (_kind)
        {
            case EpilogueKind.Residual:
                part.Store(new AddResidual(_operand));
                break;
            case EpilogueKind.Activation:
                ActivationDispatch.Run(_function, new ActivationUse<T>(part, _operand == null ? c : _operand));
                break;
            case EpilogueKind.ActivationSlope:
                ActivationDispatch.Run(_function, new SlopeUse<T>(part, c, _operand, _beta));
                break;
            default:
                part.Store(default(PassOn));
                break;
        }
    }

    /// <summary>A function of a register of sums and of where they belong.</summary>
    private interface ISumFunction
    {
        public T Apply<T>(T sums, long place, int count)
            where T : unmanaged, ILanes<T>;
    }

    private readonly struct Part<T>(TStorage* c, int strideC, long place, float* sums, int strideSums, int rows, int columns)
        where T : unmanaged, ILanes<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Store<TFunction>(TFunction function)
            where TFunction : struct, ISumFunction
        {
            for (int row = 0; row < rows; row++)
            {
                long target = place + ((long)row * strideC);
                float* source = sums + ((long)row * strideSums);
                int column = 0;
                for (; column <= columns - T.Count; column += T.Count)
                {
                    T.Store(c + target + column, function.Apply(T.Load(source + column), target + column, T.Count));
                }

                int rest = columns - column;
                if (rest > 0)
                {
                    T last = function.Apply(T.LoadPartial(source + column, rest), target + column, rest);
                    T.StorePartial(c + target + column, last, rest);
                }
            }
        }
    }

    private readonly struct PassOn : ISumFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T sums, long place, int count)
            where T : unmanaged, ILanes<T> => sums;
    }

    private readonly struct AddResidual(TStorage* residual) : ISumFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T sums, long place, int count)
            where T : unmanaged, ILanes<T> => sums + Stored.LoadLanes<T, TStorage>(residual + place, count);
    }

    private readonly struct ActivationUse<T>(Part<T> part, TStorage* pre) : IActivationUse
        where T : unmanaged, ILanes<T>
    {
        public void Run<TActivation>()
            where TActivation : struct, IActivation => part.Store(new Value<TActivation>(pre));
    }

    // Backward knows the stored number only, so the function is taken of that one.
    private readonly struct Value<TActivation>(TStorage* pre) : ISumFunction
        where TActivation : struct, IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T sums, long place, int count)
            where T : unmanaged, ILanes<T>
        {
            Stored.StoreLanes(pre + place, sums, count);
            return TActivation.Value(Stored.LoadLanes<T, TStorage>(pre + place, count));
        }
    }

    private readonly struct SlopeUse<T>(Part<T> part, TStorage* c, TStorage* pre, float beta) : IActivationUse
        where T : unmanaged, ILanes<T>
    {
        public void Run<TActivation>()
            where TActivation : struct, IActivation => part.Store(new Slope<TActivation>(c, pre, beta));
    }

    private readonly struct Slope<TActivation>(TStorage* c, TStorage* pre, float beta) : ISumFunction
        where TActivation : struct, IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Apply<T>(T sums, long place, int count)
            where T : unmanaged, ILanes<T>
        {
            T gradient = sums * TActivation.Slope(Stored.LoadLanes<T, TStorage>(pre + place, count), out _);
            return beta == 0
                ? gradient
                : T.MultiplyAdd(T.Broadcast(beta), Stored.LoadLanes<T, TStorage>(c + place, count), gradient);
        }
    }
}

/// <summary>The kinds of <see cref="Epilogue{TStorage}"/>.</summary>
internal enum EpilogueKind
{
    /// <summary>The sums are stored.</summary>
    Store,

    /// <summary>A residual is added first.</summary>
    Residual,

    /// <summary>They are stored, and a function of them is the result.</summary>
    Activation,

    /// <summary>They are multiplied by an activation's slope first.</summary>
    ActivationSlope,
}
