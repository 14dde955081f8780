using System.Globalization;
using System.Text;
using GptSharp.Training.Guards;
using GptSharp.Training.Metrics;

namespace GptSharp.Cli.Display;

/// <summary>How figures and texts are written in every display.</summary>
internal static class Format
{
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number of things: 1 token, 2,000 tokens.</summary>
    public static string Count(long value, string noun) => $"{Count(value)} {noun}{(value == 1 ? "" : "s")}";

    /// <summary>Parameters as people say them: 0.83 M, 124 M, 1.56 G.</summary>
    public static string Parameters(long count) => count switch
    {
        < 10_000 => Count(count),
        < 1_000_000 => Digits(count / 1e3, "k"),
        < 1_000_000_000 => Digits(count / 1e6, "M"),
        _ => Digits(count / 1e9, "G"),
    };

    /// <summary>Bytes in mebibytes, gibibytes above.</summary>
    public static string Bytes(long bytes) => bytes < 1 << 30
        ? (bytes / 1048576.0).ToString("0.0 'MiB'", CultureInfo.InvariantCulture)
        : (bytes / 1073741824.0).ToString("0.00 'GiB'", CultureInfo.InvariantCulture);

    public static string Loss(double? loss) => loss is { } value ? value.ToString("0.0000", CultureInfo.InvariantCulture) : "–";

    public static string Scientific(double value) =>
        value.ToString("0.0e+00", CultureInfo.InvariantCulture).Replace("e+00", "", StringComparison.Ordinal);

    public static string Norm(double value) => value.ToString(value < 100 ? "0.00" : "0.0e+0", CultureInfo.InvariantCulture);

    /// <summary>Minutes and seconds, hours above, days above.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h"),
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Hours}:{time.Minutes:00}:{time.Seconds:00}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}"),
    };

    /// <summary>
    /// A model's text made safe to print: a terminal obeys control characters, and a model may write any of them, so all but line feeds
    /// become a replacement sign.
    /// </summary>
    public static string Printable(string text)
    {
        StringBuilder printable = new(text.Length);
        foreach (char letter in text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\t', ' '))
        {
            printable.Append(letter == '\n' || !char.IsControl(letter) ? letter : '\uFFFD');
        }

        return printable.ToString();
    }

    /// <summary>What went wrong with a batch, and what is done about it.</summary>
    public static string Fault(StepFault fault) =>
        $"step {Count(fault.Step)}, batch {Count(fault.Batch)}: {fault.What}; {fault.Action switch
        {
            FaultAction.Skip => "the batch is skipped",
            FaultAction.Report => "the run goes on",
            _ => "the run stops",
        }}";

    /// <summary>The sentence that ends every run.</summary>
    public static string Summary(Training.Metrics.RunFinished finished, string runFolder)
    {
        List<string> parts =
        [
            finished.Outcome == Training.Metrics.RunOutcome.Completed
                ? $"{Count(finished.Step)} steps in {Duration(finished.Elapsed)}"
                : $"interrupted after step {Count(finished.Step)} and {Duration(finished.Elapsed)}",
        ];
        if (finished.TrainLoss is not null)
        {
            parts.Add($"train loss {Loss(finished.TrainLoss)}");
        }

        if (finished.ValidationLoss is { } validation)
        {
            parts.Add($"validation loss {Loss(validation)}");
            if (finished.Floor is > 0)
            {
                string above = ((validation / finished.Floor.Value) - 1).ToString("0.0 %;-0.0 %", CultureInfo.InvariantCulture);
                parts.Add($"floor {Loss(finished.Floor)} ({above} above it)");
            }
        }

        if (finished.AcceptedShare is { } accepted)
        {
            parts.Add($"{accepted.ToString("0.0 %", CultureInfo.InvariantCulture)} of sampled stories accepted");
        }

        string next = finished.Outcome == Training.Metrics.RunOutcome.Completed ? "" : "; --resume goes on from there";
        return $"{string.Join(", ", parts)}; saved in {runFolder}{next}";
    }

    private static string Digits(double value, string unit) =>
        value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture) + " " + unit;
}
