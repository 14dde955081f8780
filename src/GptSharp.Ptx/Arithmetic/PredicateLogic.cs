namespace GptSharp.Ptx.Arithmetic;

/// <summary>Logic on predicates: each operand is the mask of a warp.</summary>
internal static unsafe class PredicateLogic
{
    /// <summary>a and b.</summary>
    public static void And(void* d, void* a, void* b, void* c, void* e, int control) => *(uint*)d = *(uint*)a & *(uint*)b;

    /// <summary>a or b.</summary>
    public static void Or(void* d, void* a, void* b, void* c, void* e, int control) => *(uint*)d = *(uint*)a | *(uint*)b;

    /// <summary>a or b but not both.</summary>
    public static void Xor(void* d, void* a, void* b, void* c, void* e, int control) => *(uint*)d = *(uint*)a ^ *(uint*)b;

    /// <summary>Not a.</summary>
    public static void Not(void* d, void* a, void* b, void* c, void* e, int control) => *(uint*)d = ~*(uint*)a;
}
