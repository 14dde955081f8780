using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>
/// <c>ex2.approx.f32</c> for a whole warp, rounded correctly but for about one result in 2²⁴ (whose value is too near the middle of
/// two singles): softmax spends its time here.
/// <para>2ˣ = 2ⁿ · 2ᶠ with n the nearest integer; 2ᶠ by its power series in double precision, whose 14 terms err by 4·10⁻¹⁸.</para>
/// </summary>
internal static unsafe class Exp2
{
    /// <summary>d = 2^a.</summary>
    public static void Plain(void* d, void* a, void* b, void* c, void* e, int control)
    {
        Compute((float*)a).Store((float*)d);
        Compute((float*)a + 16).Store((float*)d + 16);
    }

    /// <summary>d = 2^a, subnormal operands and results flushed.</summary>
    public static void Flushed(void* d, void* a, void* b, void* c, void* e, int control)
    {
        // A subnormal operand gives 1 with or without flushing.
        SingleRules.Flush(Compute((float*)a)).Store((float*)d);
        SingleRules.Flush(Compute((float*)a + 16)).Store((float*)d + 16);
    }

    private static Vector512<float> Compute(float* a)
    {
        (Vector512<double> low, Vector512<double> high) = Vector512.Widen(Vector512.Load(a));
        return SingleRules.Canonical(Vector512.Narrow(Power(low), Power(high)));
    }

    private static Vector512<double> Power(Vector512<double> x)
    {
        // Beyond ±1000 the result is infinite or zero in single precision all the same.
        x = Vector512.Min(Vector512.Max(x, Vector512.Create(-1000.0)), Vector512.Create(1000.0));

        // Adding 1.5 · 2⁵² leaves the nearest integer in the low bits of the sum.
        Vector512<double> magic = Vector512.Create(6755399441055744.0);
        Vector512<double> shifted = x + magic;
        Vector512<double> f = x - (shifted - magic);
        Vector512<double> scale = (Vector512.ShiftLeft(shifted.AsInt64(), 52) + Vector512.Create(1.0).AsInt64()).AsDouble();

        Vector512<double> sum = Vector512.Create(1.3691488853904128e-12);
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(2.5678435993488206e-11));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(4.4455382718708116e-10));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(7.054911620801123e-09));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(1.01780860092397e-07));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(1.321548679014431e-06));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(1.5252733804059841e-05));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(0.0001540353039338161));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(0.0013333558146428443));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(0.009618129107628477));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(0.05550410866482158));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(0.24022650695910072));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512.Create(0.6931471805599453));
        sum = Vector512.FusedMultiplyAdd(sum, f, Vector512<double>.One);
        return sum * scale;
    }
}
