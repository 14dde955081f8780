namespace GptSharp.Tensors;

/// <summary>Which formula <c>GELU</c> uses (Hendrycks and Gimpel 2016, arXiv:1606.08415).</summary>
public enum GeluForm
{
    /// <summary>The tanh approximation, as in GPT-2: 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).</summary>
    Tanh,

    /// <summary>The exact form: x Phi(x) = 0.5 x (1 + erf(x / sqrt 2)).</summary>
    Erf,
}

/// <summary>Where a <see cref="GeluForm"/> stands among the activation functions.</summary>
public static class GeluFormExtensions
{
    /// <summary>The activation function of this form.</summary>
    public static ActivationFunction Function(this GeluForm form) =>
        form == GeluForm.Tanh ? ActivationFunction.GeluTanh : ActivationFunction.GeluErf;
}
