namespace GptSharp.Tensors.Backends.Reference;

/// <summary>What becomes of the scaled product of a query and a key before the softmax, and how its gradient finds the way back.</summary>
internal static class AttentionScore
{
    /// <summary>The first key that query i sees.</summary>
    public static int FirstKey(in AttentionForm form, int i, int documentStart) =>
        Math.Max(documentStart, form.Window == 0 ? 0 : i - form.Window + 1);

    /// <summary>The score of a query and a key <paramref name="distance"/> positions before it.</summary>
    public static double Of(in AttentionForm form, int head, double product, int distance)
    {
        double capped = form.SoftCap == 0 ? product : form.SoftCap * Math.Tanh(product / form.SoftCap);
        return form.Alibi ? capped - (form.AlibiSlope(head) * distance) : capped;
    }

    /// <summary>The derivative of <see cref="Of"/> with respect to the product.</summary>
    public static double Slope(in AttentionForm form, double product)
    {
        double tanh = form.SoftCap == 0 ? 0 : Math.Tanh(product / form.SoftCap);
        return 1 - (tanh * tanh);
    }
}
