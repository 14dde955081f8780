namespace GptSharp.Tensors.Backends.Reference;

public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void GatedUnit(Tensor y, Tensor x, ActivationFunction gate)
    {
        (Values result, Values input) = (new Values(y), new Values(x));
        int width = y.Shape.Last;
        for (long row = 0; row < y.Shape.Rows; row++)
        {
            for (int f = 0; f < width; f++)
            {
                double a = input[(row * 2 * width) + f];
                double b = input[(row * 2 * width) + width + f];
                result[(row * width) + f] = Activate(gate, a) * b;
            }
        }
    }

    /// <inheritdoc/>
    public void GatedUnitBackward(Tensor dx, Tensor dy, Tensor x, ActivationFunction gate, float beta)
    {
        (Values gradient, Values upstream, Values input) = (new Values(dx), new Values(dy), new Values(x));
        int width = dy.Shape.Last;
        for (long row = 0; row < dy.Shape.Rows; row++)
        {
            for (int f = 0; f < width; f++)
            {
                long left = (row * 2 * width) + f, right = left + width;
                double g = upstream[(row * width) + f];
                (double a, double b) = (input[left], input[right]);
                gradient.Accumulate(left, g * b * ActivationSlope(gate, a), beta);
                gradient.Accumulate(right, g * Activate(gate, a), beta);
            }
        }
    }
}
