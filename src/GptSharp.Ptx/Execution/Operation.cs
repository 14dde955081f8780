namespace GptSharp.Ptx.Execution;

/// <summary>What the interpreter does at an <see cref="Instruction"/>: some PTX instructions become several of these.</summary>
internal enum Operation : ushort
{
    /// <summary>Nothing; a place that branches lead to.</summary>
    Label,

    /// <summary>A place where the sides of a divergent branch meet again.</summary>
    Join,

    /// <summary>Any computation on lanes, through <see cref="Instruction.Function"/>.</summary>
    Lanes,

    /// <summary>A computation that reads or writes the carry flags.</summary>
    LanesWithCarry,

    /// <summary>An integer division, whose divisor must not be zero.</summary>
    Divide,

    /// <summary>A comparison that writes one predicate or two.</summary>
    Compare,

    /// <summary>Copies 32-bit lanes.</summary>
    Move32,

    /// <summary>Copies 64-bit lanes.</summary>
    Move64,

    /// <summary>64-bit lanes to 32-bit lanes: the low halves.</summary>
    Narrow,

    /// <summary>32-bit lanes to 64-bit lanes, extended by zeros.</summary>
    WidenUnsigned,

    /// <summary>32-bit lanes to 64-bit lanes, extended by the sign.</summary>
    WidenSigned,

    /// <summary>Takes one field of <c>Control &amp; 0xff</c> bits, at bit <c>Control &gt;&gt; 8</c>, out of a wider register.</summary>
    Extract,

    /// <summary>Puts one field into a wider register (E: the register as it is so far).</summary>
    Insert,

    /// <summary>Copies a predicate.</summary>
    MovePredicate,

    /// <summary>Complement of a predicate.</summary>
    NotPredicate,

    /// <summary>Conjunction of two predicates.</summary>
    AndPredicate,

    /// <summary>Disjunction of two predicates.</summary>
    OrPredicate,

    /// <summary>Exclusive disjunction of two predicates.</summary>
    XorPredicate,

    /// <summary>A predicate from lanes: 1 where a lane is not zero.</summary>
    PredicateFromLanes,

    /// <summary>The clock: instructions that the warp has executed.</summary>
    Clock,

    /// <summary>Which space a generic address lies in.</summary>
    IsSpace,

    /// <summary>fma.rn.f32.</summary>
    FusedMultiplyAdd32,

    /// <summary>add.f32.</summary>
    AddFloat32,

    /// <summary>sub.f32.</summary>
    SubtractFloat32,

    /// <summary>mul.f32.</summary>
    MultiplyFloat32,

    /// <summary>32-bit addition.</summary>
    Add32,

    /// <summary>32-bit subtraction.</summary>
    Subtract32,

    /// <summary>Low half of a 32-bit product.</summary>
    MultiplyLow32,

    /// <summary>mad.lo of 32 bits.</summary>
    MultiplyAddLow32,

    /// <summary>Bitwise and, 32 bits.</summary>
    And32,

    /// <summary>Bitwise or, 32 bits.</summary>
    Or32,

    /// <summary>Bitwise exclusive or, 32 bits.</summary>
    Xor32,

    /// <summary>64-bit addition.</summary>
    Add64,

    /// <summary>An unconditional branch.</summary>
    Branch,

    /// <summary>A branch under a predicate.</summary>
    BranchIf,

    /// <summary>A branch to the label that an index selects.</summary>
    BranchIndexed,

    /// <summary>The end of threads.</summary>
    Exit,

    /// <summary>The end of a function.</summary>
    Return,

    /// <summary>A call of a known function.</summary>
    Call,

    /// <summary>A call of the function whose address a register holds.</summary>
    CallIndirect,

    /// <summary><c>trap</c>.</summary>
    Trap,

    /// <summary><c>brkpt</c>, <c>nanosleep</c>, prefetches and other statements without effect.</summary>
    Nothing,

    /// <summary>A statement that cannot be executed.</summary>
    Unsupported,

    /// <summary>A load.</summary>
    Load,

    /// <summary>A store.</summary>
    Store,

    /// <summary>An atomic operation or reduction.</summary>
    Atomic,

    /// <summary><c>cp.async</c>.</summary>
    CopyAsync,

    /// <summary><c>cp.async.commit_group</c>.</summary>
    CommitCopies,

    /// <summary><c>cp.async.wait_group</c> and <c>wait_all</c>.</summary>
    WaitCopies,

    /// <summary><c>membar</c> and <c>fence</c>.</summary>
    Fence,

    /// <summary><c>ldmatrix</c> and <c>wmma.load</c>.</summary>
    LoadRows,

    /// <summary><c>stmatrix</c> and <c>wmma.store</c>.</summary>
    StoreRows,

    /// <summary><c>mma.sync</c>, <c>wmma.mma</c> and <c>movmatrix</c>.</summary>
    Matrix,

    /// <summary><c>shfl.sync</c>.</summary>
    Shuffle,

    /// <summary><c>shfl.sync</c> of all lanes, each from a lane that is known before.</summary>
    ShuffleFixed,

    /// <summary><c>vote.sync</c>.</summary>
    Vote,

    /// <summary><c>match.sync</c>.</summary>
    Match,

    /// <summary><c>redux.sync</c>.</summary>
    Reduce,

    /// <summary><c>elect.sync</c>.</summary>
    Elect,

    /// <summary><c>activemask</c>.</summary>
    ActiveMask,

    /// <summary><c>bar.warp.sync</c>.</summary>
    SyncWarp,

    /// <summary><c>bar</c> and <c>barrier</c>.</summary>
    Barrier,
}
