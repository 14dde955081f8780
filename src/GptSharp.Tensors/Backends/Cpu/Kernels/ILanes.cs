namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// A register of <see cref="Count"/> floats. A kernel is written once over this interface; the JIT compiles it per
/// implementation, inlines every member, and the wrapper leaves no trace in the machine code.
/// </summary>
/// <remarks>
/// Conditions are members that select (rather than a mask type), so that AVX-512 keeps them in mask registers and
/// the others in vectors. The members on words see the same register as unsigned 32-bit integers.
/// </remarks>
/// <typeparam name="T">The implementing type.</typeparam>
internal interface ILanes<T>
    where T : unmanaged, ILanes<T>
{
    /// <summary>Floats per register: 16, 8 or 4.</summary>
    public static abstract int Count { get; }

    /// <summary>Registers that the machine has: 32 or 16.</summary>
    public static abstract int Registers { get; }

    /// <summary>
    /// Whether <see cref="MultiplyAdd"/> rounds once on every machine. Where it does not, a sum that all but cancels must be made another way.
    /// </summary>
    public static abstract bool IsFused { get; }

    public static abstract T Zero { get; }

    /// <summary>0, 1, 2, … as floats.</summary>
    public static abstract T Indices { get; }

    public static abstract T Broadcast(float value);

    public static abstract unsafe T Load(float* source);

    public static abstract unsafe void Store(float* target, T value);

    /// <summary>Loads the first <paramref name="count"/> lanes (0 to <see cref="Count"/>) and touches no memory beyond; the rest are 0.</summary>
    public static abstract unsafe T LoadPartial(float* source, int count);

    /// <summary>Stores the first <paramref name="count"/> lanes (0 to <see cref="Count"/>) and touches no memory beyond.</summary>
    public static abstract unsafe void StorePartial(float* target, T value, int count);

    /// <summary>Loads floats, or BF16 numbers, which are widened exactly. The JIT knows <typeparamref name="TStorage"/> and keeps one branch.</summary>
    public static abstract unsafe T Load<TStorage>(TStorage* source)
        where TStorage : unmanaged;

    /// <summary>Stores floats, or their nearest BF16 numbers, ties to even.</summary>
    public static abstract unsafe void Store<TStorage>(TStorage* target, T value)
        where TStorage : unmanaged;

    /// <summary><see cref="LoadPartial(float*, int)"/> of floats or BF16 numbers.</summary>
    public static abstract unsafe T LoadPartial<TStorage>(TStorage* source, int count)
        where TStorage : unmanaged;

    /// <summary><see cref="StorePartial(float*, T, int)"/> of floats or BF16 numbers.</summary>
    public static abstract unsafe void StorePartial<TStorage>(TStorage* target, T value, int count)
        where TStorage : unmanaged;

    /// <summary>
    /// <see cref="BF16.RoundStochastically"/>: one of the two BF16 neighbours of each value, picked by the lower sixteen bits of its word.
    /// </summary>
    public static abstract T RoundStochastically(T value, T words);

    public static abstract T operator +(T left, T right);

    public static abstract T operator -(T left, T right);

    public static abstract T operator *(T left, T right);

    public static abstract T operator /(T left, T right);

    /// <summary>a b + c, fused (one rounding) wherever the machine can.</summary>
    public static abstract T MultiplyAdd(T a, T b, T c);

    /// <summary>A factor for <see cref="MultiplyAddScalar"/> only, which need not be in every lane.</summary>
    public static abstract T Scalar(float value);

    /// <summary>scalar b + c in every lane, fused (one rounding) wherever the machine can; NEON multiplies by one element of a register.</summary>
    public static abstract T MultiplyAddScalar(T scalar, T b, T c);

    /// <summary>c - a b, fused (one rounding) wherever the machine can.</summary>
    public static abstract T NegateMultiplyAdd(T a, T b, T c);

    /// <summary>The larger value; NaN where <paramref name="right"/> is, and <paramref name="right"/> or NaN where only the other is.</summary>
    public static abstract T Max(T left, T right);

    /// <summary>The smaller value; NaN as of <see cref="Max"/>.</summary>
    public static abstract T Min(T left, T right);

    public static abstract T Abs(T value);

    public static abstract T Sqrt(T value);

    /// <summary>The magnitude of the first with the sign of the second.</summary>
    public static abstract T CopySign(T magnitude, T sign);

    /// <summary>To the nearest integer, ties to even.</summary>
    public static abstract T Round(T value);

    /// <summary><paramref name="value"/> 2^<paramref name="exponent"/>, rounded once; the exponent holds integers in [-252, 252].</summary>
    public static abstract T ScaleByPowerOfTwo(T value, T exponent);

    /// <summary>
    /// The same where value and result are normal numbers, for which an addition to the exponent's bits will do; NaN remains NaN.
    /// </summary>
    public static abstract T ScaleNormalByPowerOfTwo(T value, T exponent);

    /// <summary>Splits a positive normal number into m 2^e with m in [sqrt 1/2, sqrt 2): returns m.</summary>
    public static abstract T SplitPowerOfTwo(T value, out T exponent);

    /// <summary>left &lt; right ? then : otherwise; <paramref name="otherwise"/> where either is NaN.</summary>
    public static abstract T SelectLess(T left, T right, T then, T otherwise);

    /// <summary>left == right ? then : otherwise.</summary>
    public static abstract T SelectEqual(T left, T right, T then, T otherwise);

    /// <summary>Lanes 1, 0, 3, 2, 5, 4, …: the partners of each pair change places.</summary>
    public static abstract T SwapPairs(T value);

    /// <summary>Lanes 0, 0, 1, 1, 2, 2, …: each of the lower half twice.</summary>
    public static abstract T DuplicateLower(T value);

    /// <summary>Lane 0.</summary>
    public static abstract float First(T value);

    /// <summary>The sum over the lanes: halves are added until one is left.</summary>
    public static abstract float Sum(T value);

    /// <summary>The largest lane; lanes must not be NaN.</summary>
    public static abstract float MaxAcross(T value);

    /// <summary>The four words, repeated in every 128 bits.</summary>
    public static abstract T BroadcastWords(uint word0, uint word1, uint word2, uint word3);

    /// <summary>(0, 0, 0, 0, 1, 0, 0, 0, 2, 0, …): what consecutive Philox counters add to the first.</summary>
    public static abstract T CounterSteps { get; }

    public static abstract T AddWords(T left, T right);

    public static abstract unsafe void StoreWords(uint* target, T value);

    /// <summary>One Philox round on a counter in every 128 bits, see <see cref="PhiloxLanes{T}"/>.</summary>
    public static abstract T PhiloxRound(T state, T multipliers, T key);

    /// <summary>word &gt;= threshold (unsigned) ? value : 0.</summary>
    public static abstract T KeepWhereWordAtLeast(T words, T threshold, T value);

    /// <summary>Bit i is set where word i &gt;= threshold (unsigned).</summary>
    public static abstract uint BitsWhereWordAtLeast(T words, T threshold);

    /// <summary>(words &amp; bit) != 0 ? value : 0, where <paramref name="bit"/> has one bit set, the same in all lanes.</summary>
    public static abstract T KeepWhereBit(T words, T bit, T value);
}
