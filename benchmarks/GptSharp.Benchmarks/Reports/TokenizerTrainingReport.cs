using System.Diagnostics;
using System.Globalization;
using GptSharp.Cli;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Benchmarks.Reports;

/// <summary>Training a vocabulary: how long counting takes, and a merge, as the vocabulary grows.</summary>
internal static class TokenizerTrainingReport
{
    private const int Merges = 50_000;
    private const int MergesPerRow = 5_000;

    public static void Write(TextWriter writer, string[] files)
    {
        var table = new TextTable(">merges", ">seconds", ">µs/merge");
        var rows = new List<Row>();
        var last = new BpeTrainingProgress();
        BpeTraining training = BpeTrainer.Train(
            files.Select<string, Func<Stream>>(file => () => File.OpenRead(file)),
            new BpeTrainingOptions(257 + Merges, SplitPattern.Gpt2),
            progress =>
            {
                if (progress.Merges % MergesPerRow == 0 && (rows.Count == 0 || progress.Merges > last.Merges))
                {
                    double seconds = (progress.Elapsed - last.Elapsed).TotalSeconds;
                    int merges = progress.Merges - last.Merges;
                    rows.Add(new Row(progress.Merges, progress.Elapsed.TotalSeconds, merges == 0 ? 0 : seconds / merges * 1e6));
                    last = progress;
                }
            });
        foreach (Row row in rows)
        {
            table.Add(
                row.Merges.ToString(CultureInfo.InvariantCulture), row.Seconds.ToString("0.00", CultureInfo.InvariantCulture),
                row.Merges == 0 ? "" : row.MicrosecondsPerMerge.ToString("0.0", CultureInfo.InvariantCulture));
        }

        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{last.Bytes / 1e6:0.0} MB, {last.Pieces} different pieces, {training.Merges.Count} merges, {Environment.ProcessorCount} threads for counting, at most {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:0} MB of memory. The first row is counting alone."));
        writer.WriteLine($"Written to {ResultsFile.Write("tokenizer-training", new { rows })}");
    }

    private sealed record Row(int Merges, double Seconds, double MicrosecondsPerMerge);
}
