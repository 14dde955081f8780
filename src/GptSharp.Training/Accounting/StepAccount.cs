namespace GptSharp.Training.Accounting;

/// <summary>
/// What a training step counts as: MFU = model FLOPs per token x tokens per second / peak; HFU = executed FLOPs per token x tokens per
/// second / peak (Chowdhery et al. 2022, arXiv:2204.02311, appendix B; Korthikanti et al. 2022, arXiv:2205.05198, section 5.2.1).
/// </summary>
/// <param name="PerToken">Operations per token, as recorded.</param>
/// <param name="Formula">The model's share of them as a sum with its numbers.</param>
/// <param name="Peak">What the device can do.</param>
public sealed record StepAccount(FlopCount PerToken, string Formula, DevicePeak Peak)
{
    /// <summary>The formula of MFU.</summary>
    public const string MfuFormula = "model FLOPs per token x tokens per second / peak";

    /// <summary>The formula of HFU.</summary>
    public const string HfuFormula = "executed FLOPs per token x tokens per second / peak";

    /// <summary>Model FLOPs utilization at a speed, from 0 to 1; null where the peak is unknown.</summary>
    public double? Mfu(double tokensPerSecond) => PerToken.Model * tokensPerSecond / Peak.FlopsPerSecond;

    /// <summary>Hardware FLOPs utilization at a speed, from 0 to 1; null where the peak is unknown.</summary>
    public double? Hfu(double tokensPerSecond) => PerToken.Hardware * tokensPerSecond / Peak.FlopsPerSecond;
}
