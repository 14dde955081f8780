using GptSharp.Ptx.Arithmetic;

namespace GptSharp.Ptx.Matrix;

/// <summary>
/// The sum c + Σ a·b as tensor cores form it ("MMA-Sim", arXiv 2511.10909): every term is aligned to the largest exponent among them
/// and cut toward zero to F fraction bits there, the integers are added exactly, and the sum is rounded once.
/// <para>
/// A product's exponent is the sum of its factors' exponents, its significand (in [1, 4)) is not normalised before. A subnormal has
/// the smallest normal exponent and a significand below 1. Zero terms have no exponent.
/// </para>
/// </summary>
internal struct TruncatedSum
{
    private const int MaximumTerms = 17;

    private readonly int _fractionBits;
    private Terms _significands;
    private Exponents _exponents;
    private int _count;
    private bool _notANumber;
    private bool _plusInfinity;
    private bool _minusInfinity;
    private bool _allNegative;

    /// <summary>An empty sum that keeps so many fraction bits.</summary>
    public TruncatedSum(int fractionBits)
    {
        _fractionBits = fractionBits;
        _allNegative = true;
    }

    /// <summary>Adds a single.</summary>
    public void Add(uint bits)
    {
        FloatFormat format = FloatFormat.F32;
        if (IeeeArithmetic.IsNaN(bits, format))
        {
            _notANumber = true;
        }
        else if (IeeeArithmetic.IsInfinite(bits, format))
        {
            AddInfinity((bits & format.SignBit) != 0);
        }
        else
        {
            (long significand, int exponent) = Split(bits, format);
            AddTerm((bits & format.SignBit) != 0, significand, exponent, format.FractionBits);
        }
    }

    /// <summary>Adds the product of two numbers of a format.</summary>
    public void AddProduct(uint a, uint b, FloatFormat format)
    {
        bool negative = ((a ^ b) & format.SignBit) != 0;
        if (IeeeArithmetic.IsNaN(a, format) || IeeeArithmetic.IsNaN(b, format))
        {
            _notANumber = true;
        }
        else if (IeeeArithmetic.IsInfinite(a, format) || IeeeArithmetic.IsInfinite(b, format))
        {
            _notANumber |= IeeeArithmetic.IsZero(a, format) || IeeeArithmetic.IsZero(b, format);
            AddInfinity(negative);
        }
        else
        {
            (long aSignificand, int aExponent) = Split(a, format);
            (long bSignificand, int bExponent) = Split(b, format);
            AddTerm(negative, aSignificand * bSignificand, aExponent + bExponent, 2 * format.FractionBits);
        }
    }

    /// <summary>The bits of the sum, rounded into a format.</summary>
    public readonly uint Round(FloatFormat format, RoundingMode mode)
    {
        if (_notANumber || (_plusInfinity && _minusInfinity))
        {
            return (uint)format.QuietNaN;
        }

        if (_plusInfinity || _minusInfinity)
        {
            return (uint)(format.Infinity | (_minusInfinity ? format.SignBit : 0));
        }

        int largest = int.MinValue;
        for (int term = 0; term < _count; term++)
        {
            if (_significands[term] != 0)
            {
                largest = Math.Max(largest, _exponents[term]);
            }
        }

        if (largest == int.MinValue)
        {
            // Only zeros: negative if all are.
            return _allNegative ? (uint)format.SignBit : 0;
        }

        long sum = 0;
        for (int term = 0; term < _count; term++)
        {
            long magnitude = Math.Abs(_significands[term]);
            int shift = largest - _exponents[term];
            magnitude = shift < 63 ? magnitude >> shift : 0;
            sum += _significands[term] < 0 ? -magnitude : magnitude;
        }

        return (uint)ExactNumber.FromInteger(sum < 0, (UInt128)Math.Abs(sum), largest - _fractionBits).Round(format, mode);
    }

    private static (long Significand, int Exponent) Split(uint bits, FloatFormat format)
    {
        long fraction = (long)(bits & ((1ul << format.FractionBits) - 1));
        int stored = (int)((bits & format.Infinity) >> format.FractionBits);
        return stored == 0 ? (fraction, format.MinimumExponent) : (fraction | (1L << format.FractionBits), stored - format.Bias);
    }

    private void AddInfinity(bool negative)
    {
        _plusInfinity |= !negative;
        _minusInfinity |= negative;
    }

    // F is at least the fraction bits of any term, so that aligning starts with a shift to the left, which loses nothing.
    private void AddTerm(bool negative, long significand, int exponent, int fractionBits)
    {
        _allNegative &= negative;
        long scaled = significand << (_fractionBits - fractionBits);
        _significands[_count] = negative ? -scaled : scaled;
        _exponents[_count] = exponent;
        _count++;
    }

    [System.Runtime.CompilerServices.InlineArray(MaximumTerms)]
    private struct Terms
    {
        private long _first;
    }

    [System.Runtime.CompilerServices.InlineArray(MaximumTerms)]
    private struct Exponents
    {
        private int _first;
    }
}
