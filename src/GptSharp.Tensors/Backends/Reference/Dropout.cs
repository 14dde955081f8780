namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Dropout(Tensor y, Tensor x, double rate, RandomKey key, float beta)
    {
        (Values result, Values input) = (new Values(y), new Values(x));
        int samples = y.Shape[0];
        long elements = y.Count / Math.Max(1, samples);
        for (int b = 0; b < samples; b++)
        {
            for (long e = 0; e < elements; e++)
            {
                long i = (b * elements) + e;
                double kept = IsKept(key, b, e, rate) ? input[i] / (1 - rate) : 0;
                result.Accumulate(i, kept, beta);
            }
        }
    }

    private static bool IsKept(RandomKey key, int sample, long element, double rate) =>
        Philox.Uniform(key.Seed, key.Step, key.FirstSample + (uint)sample, key.Site, (ulong)element) >= (float)rate;
}
