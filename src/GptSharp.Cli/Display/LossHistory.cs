namespace GptSharp.Cli.Display;

/// <summary>
/// The training losses so far in a bounded number of buckets, each the mean over equally many steps: when the buckets are full, pairs of
/// them merge.
/// </summary>
internal sealed class LossHistory
{
    private const int Capacity = 1024;

    private readonly List<double> _means = new(Capacity);
    private double _sum;
    private int _pending;
    private int _stepsPerBucket = 1;

    /// <summary>Adds the loss of the next step.</summary>
    /// <param name="loss">The loss; one that is not finite is left out, since no curve can show it.</param>
    public void Add(double loss)
    {
        if (!double.IsFinite(loss))
        {
            return;
        }

        _sum += loss;
        if (++_pending < _stepsPerBucket)
        {
            return;
        }

        _means.Add(_sum / _pending);
        (_sum, _pending) = (0, 0);
        if (_means.Count == Capacity)
        {
            for (int i = 0; i < Capacity / 2; i++)
            {
                _means[i] = (_means[2 * i] + _means[(2 * i) + 1]) / 2;
            }

            _means.RemoveRange(Capacity / 2, Capacity / 2);
            _stepsPerBucket *= 2;
        }
    }

    /// <summary>The whole history as so many points, each the mean of its share; fewer when there are fewer steps.</summary>
    /// <param name="count">Points at most.</param>
    /// <returns>The points, oldest first.</returns>
    public double[] Resample(int count)
    {
        int points = Math.Min(count, _means.Count);
        double[] result = new double[points];
        for (int point = 0; point < points; point++)
        {
            int start = (int)((long)point * _means.Count / points);
            int end = (int)((long)(point + 1) * _means.Count / points);
            result[point] = _means.GetRange(start, end - start).Average();
        }

        return result;
    }
}
