using System.Numerics;
using GptSharp.Tensors;

namespace GptSharp.Inference;

/// <summary>
/// The distribution from which the next token is drawn: the softmax of score / temperature over the vocabulary, in double
/// precision; of these the <c>top_k</c> likeliest tokens; of these, renormalised, the smallest set of likeliest ones whose
/// probability reaches <c>top_p</c>, renormalised again. Of equally likely tokens the lower number counts as likelier. Temperature 0
/// is the limit: the likeliest token has probability 1.
/// </summary>
/// <remarks>One object serves any number of tokens, one after the other, and allocates nothing for them.</remarks>
public sealed class NextTokenDistribution
{
    private readonly SamplingOptions _options;
    private readonly double[] _scores;
    private readonly double[] _weights;
    private readonly int[] _tokens;
    private readonly Comparison<int> _likelierFirst;
    private int _count;
    private double _total;

    /// <summary>Prepares for scores of a given vocabulary.</summary>
    /// <param name="vocabularySize">V; scores beyond are padding.</param>
    /// <param name="options">Temperature, top_k and top_p.</param>
    public NextTokenDistribution(int vocabularySize, SamplingOptions options)
    {
        _options = options.Validate();
        _scores = new double[vocabularySize];
        _weights = new double[vocabularySize];
        _tokens = new int[vocabularySize];
        _likelierFirst = LikelierFirst;
    }

    /// <summary>The tokens that can be drawn. In the order of their numbers, or likeliest first where top_k or top_p apply.</summary>
    public ReadOnlySpan<int> Candidates => _tokens.AsSpan(0, _count);

    /// <summary>The probability of a token.</summary>
    public double Probability(int token) => Candidates.Contains(token) ? _weights[token] / _total : 0;

    /// <summary>Computes the distribution that belongs to the model's scores.</summary>
    /// <param name="scores">At least V scores.</param>
    /// <exception cref="TensorException">A score is not a number, or none is finite.</exception>
    public void Compute(ReadOnlySpan<double> scores) => Compute(new Scores(scores));

    /// <summary>The same of scores in the model's own precision.</summary>
    internal void Compute(Scores scores)
    {
        scores = scores.Slice(0, _scores.Length);
        int likeliest = scores.AreSingles ? Likeliest(scores.Singles) : Likeliest(scores.Doubles);
        if (_options.Temperature == 0)
        {
            _tokens[0] = likeliest;
            _weights[likeliest] = 1;
            (_count, _total) = (1, 1);
            return;
        }

        scores.CopyTo(_scores);
        for (int token = 0; token < _scores.Length; token++)
        {
            _tokens[token] = token;
            _weights[token] = Math.Exp((_scores[token] - _scores[likeliest]) / _options.Temperature);
        }

        _count = _scores.Length;
        if (_options.TopK < _count || _options.TopP < 1)
        {
            _tokens.AsSpan().Sort(_likelierFirst);
            _count = Math.Min(_options.TopK ?? _count, _count);
        }

        _total = Sum(_count);
        if (_options.TopP < 1)
        {
            KeepNucleus();
        }
    }

    /// <summary>Draws.</summary>
    /// <param name="uniform">A number in [0, 1); tokens divide this interval among themselves in the order of <see cref="Candidates"/>.</param>
    public int Draw(double uniform)
    {
        double left = uniform * _total;
        int last = _tokens[0];
        foreach (int token in Candidates)
        {
            // Rounding may leave a rest after the last token; it is the last possible one's.
            if (_weights[token] > 0)
            {
                last = token;
                left -= _weights[token];
                if (left < 0)
                {
                    break;
                }
            }
        }

        return last;
    }

    private static int Likeliest<TScore>(ReadOnlySpan<TScore> scores)
        where TScore : unmanaged, IBinaryFloatingPointIeee754<TScore>
    {
        int likeliest = 0, step = 4 * Vector<TScore>.Count;
        var highest = new Vector<TScore>(scores[0]);
        for (int first = 0; first < scores.Length; first += step)
        {
            // Hardly any of many thousand scores is above all before it, so most are passed over many at a time.
            int end = Math.Min(scores.Length, first + step);
            if (end - first == step && NoneAbove(scores.Slice(first, step), highest))
            {
                continue;
            }

            for (int token = first; token < end; token++)
            {
                if (TScore.IsNaN(scores[token]))
                {
                    return Refuse(token, double.CreateTruncating(scores[token]));
                }

                likeliest = scores[token] > scores[likeliest] ? token : likeliest;
            }

            highest = new Vector<TScore>(scores[likeliest]);
        }

        return TScore.IsFinite(scores[likeliest]) ? likeliest : Refuse(likeliest, double.CreateTruncating(scores[likeliest]));
    }

    // False as well where one is not a number.
    private static bool NoneAbove<TScore>(ReadOnlySpan<TScore> four, Vector<TScore> highest)
        where TScore : unmanaged, IBinaryFloatingPointIeee754<TScore>
    {
        int count = Vector<TScore>.Count;
        Vector<TScore> first = new(four), second = new(four[count..]), third = new(four[(2 * count)..]), fourth = new(four[(3 * count)..]);
        return Vector.EqualsAll(
            Vector.LessThanOrEqual(first, highest).As<TScore, byte>() & Vector.LessThanOrEqual(second, highest).As<TScore, byte>()
            & Vector.LessThanOrEqual(third, highest).As<TScore, byte>() & Vector.LessThanOrEqual(fourth, highest).As<TScore, byte>(),
            Vector<byte>.AllBitsSet);
    }

    private static int Refuse(int token, double score) => throw new TensorException(
        $"The model scores token {token} with {score}: its training diverged or its parameters are damaged; use an earlier checkpoint.");

    private void KeepNucleus()
    {
        double wanted = _options.TopP * _total;
        double sum = 0;
        int count = 0;
        while (count < _count && sum < wanted)
        {
            sum += _weights[_tokens[count++]];
        }

        (_count, _total) = (count, sum);
    }

    private double Sum(int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += _weights[_tokens[i]];
        }

        return sum;
    }

    private int LikelierFirst(int x, int y)
    {
        int byScore = _scores[y].CompareTo(_scores[x]);
        return byScore != 0 ? byScore : x.CompareTo(y);
    }
}
