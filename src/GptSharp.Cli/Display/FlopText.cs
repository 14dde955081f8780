using System.Globalization;
using GptSharp.Training.Accounting;
using GptSharp.Training.Metrics;

namespace GptSharp.Cli.Display;

/// <summary>How FLOPs and utilizations are written.</summary>
internal static class FlopText
{
    public static string Share(double? share) => share is { } value ? value.ToString("0.0 %", CultureInfo.InvariantCulture) : "unknown";

    /// <summary>What a token counts as, and of what: the model's sum, and what is executed.</summary>
    public static string PerToken(StepAccount account)
    {
        FlopCount count = account.PerToken;
        string recompute = count.Recompute == 0 ? "" : $", recompute {Number(count.Recompute)}";
        return $"{Number(count.Model)} FLOPs per token = {account.Formula}; "
            + $"executed {Number(count.Hardware)}: linear {Number(count.Linear)}, causal attention {Number(count.Attention)}{recompute}";
    }

    /// <summary>MFU and HFU with formula and denominator, in one sentence.</summary>
    public static string Utilization(RunSpeed speed)
    {
        if (speed.Account.Peak.FlopsPerSecond is null)
        {
            return "MFU unknown: nobody knows what this device can do at best";
        }

        string tokens = speed.TokensPerSecond.ToString("#,0", CultureInfo.InvariantCulture);
        return $"MFU {Share(speed.Mfu)} = {Number(speed.Account.PerToken.Model)} FLOPs/token x {tokens} tokens/s / {speed.Account.Peak.Text}; "
            + $"HFU {Share(speed.Hfu)} with {Number(speed.Account.PerToken.Hardware)} executed";
    }

    private static string Number(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
