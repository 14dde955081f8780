using Xunit;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>Every form of floating-point arithmetic, as bound from its text, against exact fractions and the modifiers' definitions.</summary>
public class FloatFormTests
{
    private const int Draws = 640;

    public static TheoryData<string> Forms => [.. AllForms()];

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_form_computes_its_definition(string form)
    {
        string[] parts = form.Split('.');
        FormatCase format = FormatCase.Of(parts[^1]);
        bool pairs = parts[^1].EndsWith("x2", StringComparison.Ordinal);
        var random = new Random(form.Length * 31);
        var a = new ulong[Draws];
        var b = new ulong[Draws];
        var c = new ulong[Draws];
        for (int draw = 0; draw < Draws; draw++)
        {
            a[draw] = format.Draw(random);
            b[draw] = format.Draw(random, a[draw]);
            c[draw] = format.Draw(random, b[draw]);
            if (draw % 4 == 0)
            {
                // 1.5 · b lies in the middle of two numbers when b's fraction is odd: the smallest number decides which is nearer.
                ulong one = (ulong)format.Bias << format.FractionBits;
                a[draw] = one | (1ul << (format.FractionBits - 1));
                b[draw] = one + (ulong)(2 * random.Next(1 << (format.FractionBits > 20 ? 20 : format.FractionBits - 3))) + 1;
                c[draw] = random.Next(2) == 0 ? 1 : format.SignBit | 1;
            }

            if (pairs)
            {
                a[draw] |= format.Draw(random) << 16;
                b[draw] |= format.Draw(random) << 16;
                c[draw] |= format.Draw(random) << 16;
            }
        }

        ulong[] results = LaneRunner.Run(form, Sources(parts[0], a, b, c));
        for (int draw = 0; draw < Draws; draw++)
        {
            ulong expected = Expected(parts, format, a[draw], b[draw], c[draw]);
            if (pairs)
            {
                expected = Expected(parts, format, a[draw] & 0xffff, b[draw] & 0xffff, c[draw] & 0xffff)
                    | (Expected(parts, format, a[draw] >> 16, b[draw] >> 16, c[draw] >> 16) << 16);
            }
            else if (format == FormatCase.F64 && format.IsNaN(expected) && format.IsNaN(results[draw]))
            {
                continue; // Double precision keeps payloads, which need no definition here.
            }

            Assert.True(expected == results[draw], $"{form} {a[draw]:x} {b[draw]:x} {c[draw]:x}: expected {expected:x}, got {results[draw]:x}");
        }
    }

    private static IEnumerable<string> AllForms()
    {
        foreach (string operation in (string[])["add", "sub", "mul", "fma", "div"])
        {
            foreach (string mode in (string[])["rn", "rz", "rm", "rp"])
            {
                yield return $"{operation}.{mode}.f64";
                yield return $"{operation}.{mode}.f32";
                yield return $"{operation}.{mode}.ftz.f32";
                if (operation != "div")
                {
                    yield return $"{operation}.{mode}.sat.f32";
                    yield return $"{operation}.{mode}.ftz.sat.f32";
                }
            }
        }

        foreach (string operation in (string[])["rcp", "sqrt"])
        {
            foreach (string mode in (string[])["rn", "rz", "rm", "rp"])
            {
                yield return $"{operation}.{mode}.f64";
                yield return $"{operation}.{mode}.f32";
                yield return $"{operation}.{mode}.ftz.f32";
            }
        }

        foreach (string type in (string[])["f16", "f16x2", "bf16", "bf16x2"])
        {
            string[] forms = type[0] == 'f'
                ? ["add", "sub", "mul", "add.ftz", "mul.sat", "add.rn.ftz.sat", "fma.rn", "fma.rn.ftz", "fma.rn.sat", "fma.rn.relu", "min.ftz", "abs", "neg", "abs.ftz"]
                : ["add", "sub", "mul", "fma.rn", "fma.rn.relu", "fma.rz", "fma.rm", "fma.rp", "abs", "neg"];
            foreach (string form in (string[])[.. forms, "min", "max", "min.NaN", "max.NaN", "min.xorsign.abs", "max.NaN.xorsign.abs"])
            {
                yield return $"{form}.{type}";
            }
        }

        foreach (string form in (string[])["min", "max", "min.ftz", "max.ftz", "min.NaN", "max.NaN", "max.ftz.NaN", "min.xorsign.abs", "max.NaN.xorsign.abs", "abs", "neg", "abs.ftz", "neg.ftz", "copysign"])
        {
            yield return $"{form}.f32";
        }

        foreach (string form in (string[])["min", "max", "abs", "neg", "copysign"])
        {
            yield return $"{form}.f64";
        }
    }

    private static ulong[][] Sources(string operation, ulong[] a, ulong[] b, ulong[] c) => operation switch
    {
        "fma" => [a, b, c],
        "rcp" or "sqrt" or "abs" or "neg" => [a],
        _ => [a, b],
    };

    private static ulong Expected(string[] parts, FormatCase format, ulong a, ulong b, ulong c)
    {
        bool flush = parts.Contains("ftz");
        if (flush)
        {
            a = Flush(format, a);
            b = Flush(format, b);
            c = Flush(format, c);
        }

        char mode = parts.FirstOrDefault(part => part is "rz" or "rm" or "rp")?[1] ?? 'n';
        ulong result = parts[0] switch
        {
            "abs" => a & ~format.SignBit,
            "neg" => a ^ format.SignBit,
            "copysign" => (a & format.SignBit) | (b & ~format.SignBit),
            "min" or "max" => Extreme(parts, format, a, b),
            "sub" => Sum(format, a, b ^ format.SignBit, mode),
            "add" => Sum(format, a, b, mode),
            "mul" => Product(format, a, b, mode),
            "fma" => Fused(format, a, b, c, mode),
            "rcp" => Quotient(format, (ulong)format.Bias << format.FractionBits, a, mode),
            "sqrt" => Root(format, a, mode),
            _ => Quotient(format, a, b, mode),
        };
        bool signsOnly = parts[0] is "abs" or "neg" or "copysign";
        if (!signsOnly)
        {
            result = format.IsNaN(result) ? format.NaN : result;
        }

        result = flush ? Flush(format, result) : result;
        bool negative = format.IsNegative(result);
        if (parts.Contains("sat"))
        {
            ulong one = (ulong)format.Bias << format.FractionBits;
            result = format.IsNaN(result) || negative ? 0 : Math.Min(result, one);
        }

        return parts.Contains("relu") && !format.IsNaN(result) && negative ? 0 : result;
    }

    private static ulong Flush(FormatCase format, ulong bits) => (bits & format.Infinity) == 0 ? bits & format.SignBit : bits;

    private static ulong Sum(FormatCase format, ulong a, ulong b, char mode)
    {
        if (format.IsNaN(a) || format.IsNaN(b))
        {
            return format.NaN;
        }

        if (format.IsInfinite(a) || format.IsInfinite(b))
        {
            return format.IsInfinite(a) && format.IsInfinite(b) && a != b ? format.NaN : format.IsInfinite(a) ? a : b;
        }

        bool zeroSign = format.IsNegative(a) == format.IsNegative(b) ? format.IsNegative(a) : mode == 'm';
        return format.Round(format.Value(a) + format.Value(b), mode, zeroSign);
    }

    private static ulong Product(FormatCase format, ulong a, ulong b, char mode)
    {
        ulong sign = (a ^ b) & format.SignBit;
        if (format.IsNaN(a) || format.IsNaN(b))
        {
            return format.NaN;
        }

        if (format.IsInfinite(a) || format.IsInfinite(b))
        {
            return format.IsZero(a) || format.IsZero(b) ? format.NaN : sign | format.Infinity;
        }

        return format.Round(format.Value(a) * format.Value(b), mode, sign != 0);
    }

    private static ulong Fused(FormatCase format, ulong a, ulong b, ulong c, char mode)
    {
        bool special = format.IsInfinite(a) || format.IsInfinite(b) || format.IsNaN(a) || format.IsNaN(b) || format.IsInfinite(c) || format.IsNaN(c);
        if (special)
        {
            bool productSpecial = format.IsInfinite(a) || format.IsInfinite(b) || format.IsNaN(a) || format.IsNaN(b);
            return productSpecial ? Sum(format, Product(format, a, b, mode), c, mode) : c;
        }

        bool negative = format.IsNegative(a) != format.IsNegative(b);
        bool zeroSign = negative == format.IsNegative(c) ? negative : mode == 'm';
        return format.Round((format.Value(a) * format.Value(b)) + format.Value(c), mode, zeroSign);
    }

    private static ulong Quotient(FormatCase format, ulong a, ulong b, char mode)
    {
        ulong sign = (a ^ b) & format.SignBit;
        if (format.IsNaN(a) || format.IsNaN(b))
        {
            return format.NaN;
        }

        if (format.IsInfinite(a))
        {
            return format.IsInfinite(b) ? format.NaN : sign | format.Infinity;
        }

        if (format.IsInfinite(b))
        {
            return sign;
        }

        return format.IsZero(b)
            ? format.IsZero(a) ? format.NaN : sign | format.Infinity
            : format.Round(format.Value(a) / format.Value(b), mode, sign != 0);
    }

    // The largest number whose square is not above a, then the mode's choice between it and its successor.
    private static ulong Root(FormatCase format, ulong a, char mode)
    {
        if (format.IsNaN(a) || (format.IsNegative(a) && !format.IsZero(a)))
        {
            return format.NaN;
        }

        if (format.IsZero(a) || format.IsInfinite(a))
        {
            return a;
        }

        ulong low = 0;
        ulong high = format.Infinity;
        RationalNumber value = format.Value(a);
        while (high - low > 1)
        {
            ulong middle = low + ((high - low) / 2);
            (low, high) = Compare(format.Value(middle) * format.Value(middle), value) <= 0 ? (middle, high) : (low, middle);
        }

        if (Compare(format.Value(low) * format.Value(low), value) == 0)
        {
            return low;
        }

        RationalNumber half = (format.Value(low) + format.Value(high)) * RationalNumber.Scaled(1, -1);
        return mode switch
        {
            'p' => high,
            'n' => Compare(half * half, value) < 0 ? high : low,
            _ => low,
        };
    }

    private static int Compare(RationalNumber a, RationalNumber b) => (a.Numerator * b.Denominator).CompareTo(b.Numerator * a.Denominator);

    private static ulong Extreme(string[] parts, FormatCase format, ulong a, ulong b)
    {
        ulong sign = 0;
        bool signs = parts.Contains("xorsign");
        if (signs)
        {
            sign = (a ^ b) & format.SignBit;
            a &= ~format.SignBit;
            b &= ~format.SignBit;
        }

        if (format.IsNaN(a) || format.IsNaN(b))
        {
            ulong other = format.IsNaN(a) ? b : a;
            return parts.Contains("NaN") || format.IsNaN(other) ? format.NaN : sign | other;
        }

        // As integers of sign and magnitude, numbers are in order, and −0 is below +0.
        bool aIsLess = Key(a) < Key(b);
        return sign | (aIsLess == (parts[0] == "min") ? a : b);

        long Key(ulong bits) => format.IsNegative(bits) ? -(long)(bits & ~format.SignBit) - 1 : (long)bits;
    }
}
