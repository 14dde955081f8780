using System.Numerics;

namespace GptSharp.Inference;

/// <summary>A view of scores as the model gives them: floats, or the doubles of a model in F64.</summary>
internal readonly ref struct Scores
{
    private readonly ReadOnlySpan<float> _singles;
    private readonly ReadOnlySpan<double> _doubles;

    public Scores(ReadOnlySpan<float> singles) => _singles = singles;

    public Scores(ReadOnlySpan<double> doubles) => _doubles = doubles;

    /// <summary>The floats; empty where they are doubles.</summary>
    public ReadOnlySpan<float> Singles => _singles;

    /// <summary>The doubles; empty where they are floats.</summary>
    public ReadOnlySpan<double> Doubles => _doubles;

    /// <summary>Whether they are floats.</summary>
    public bool AreSingles => _doubles.IsEmpty;

    public Scores Slice(int start, int count) => AreSingles ? new(_singles.Slice(start, count)) : new(_doubles.Slice(start, count));

    /// <summary>Copies them, as doubles.</summary>
    public void CopyTo(Span<double> target)
    {
        if (!AreSingles)
        {
            _doubles.CopyTo(target);
            return;
        }

        int next = 0;
        for (; next <= _singles.Length - Vector<float>.Count; next += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(_singles[next..]), out Vector<double> low, out Vector<double> high);
            low.CopyTo(target[next..]);
            high.CopyTo(target[(next + Vector<double>.Count)..]);
        }

        for (; next < _singles.Length; next++)
        {
            target[next] = _singles[next];
        }
    }

    /// <summary>All of them, as doubles.</summary>
    public double[] ToArray()
    {
        var values = new double[AreSingles ? _singles.Length : _doubles.Length];
        CopyTo(values);
        return values;
    }
}
