namespace GptSharp.Nn.Modules;

/// <summary>
/// GPT-2's first values: weights normal with deviation 0.02, and the projections that write into the residual stream smaller by
/// 1/sqrt(2 L), so that the stream's variance does not grow with the number of layers (Radford et al. 2019, section 2.3).
/// </summary>
internal static class GptInitialization
{
    public const double Deviation = 0.02;

    public static double ResidualDeviation(GptConfig config) => Deviation / Math.Sqrt(2.0 * config.LayerCount);
}
