using System.Globalization;
using GptSharp.Cli.Display;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;

namespace GptSharp.Cli.Commands;

/// <summary>Says what a preparation made: the splits, what was dropped and why, and how fast it was.</summary>
internal static class PreparationTables
{
    private const int LongestSample = 48;

    private static readonly string[] Splits = ["train", "validation", "test"];

    /// <summary>Writes it.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="folder">The data set, as the user named it.</param>
    /// <param name="corpus">What it was made from.</param>
    /// <param name="made">What was made.</param>
    /// <param name="elapsed">The time it took.</param>
    public static void Write(TextWriter writer, string folder, TextCorpus corpus, DatasetManifest made, TimeSpan elapsed)
    {
        string split = made.Split == SplitKind.Documents ? "whole documents in each split" : "split by position";
        string files = Format.Count(corpus.FileCount, "file");
        string documents = made.Documents == corpus.FileCount || corpus.IsSingleText ? "" : $" with {Format.Count(made.Documents, "document")}";
        writer.WriteLine($"{folder}: {Format.Count(made.Characters, "character")} from {files}{documents}, vocabulary {Number(made.VocabularySize)}, {split}");
        WriteSplits(writer, made);
        if (PreparationReport.Load(folder) is { Dropped: { Count: > 0 } dropped } report)
        {
            WriteDropped(writer, dropped, report);
        }

        double megabytes = corpus.Bytes / 1e6;
        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{megabytes:N1} MB in {elapsed.TotalSeconds:0.0} s: {megabytes / Math.Max(elapsed.TotalSeconds, 1e-3):0.0} MB/s"));
    }

    internal static void WriteSplits(TextWriter writer, DatasetManifest made)
    {
        bool hasShards = made.Shards.Values.Any(shards => shards.Count > 1);
        TextTable table = hasShards ? new("split", ">tokens", ">files") : new("split", ">tokens");
        foreach (string split in Splits.Where(split => made.TokensOf(split) > 0))
        {
            string tokens = Number(made.TokensOf(split));
            table.Add(hasShards ? [split, tokens, Number(made.Shards[split].Count)] : [split, tokens]);
        }

        table.Write(writer);
    }

    private static void WriteDropped(TextWriter writer, IReadOnlyList<DropReport> dropped, PreparationReport report)
    {
        writer.WriteLine();
        TextTable table = new("dropped by", ">documents", ">characters", "for example");
        foreach (DropReport reason in dropped)
        {
            table.Add(reason.Reason, Number(reason.Documents), Number(reason.Characters), Example(reason));
        }

        table.Add("kept", Number(report.KeptDocuments), Number(report.KeptCharacters), "");
        table.Write(writer);
        writer.WriteLine("report.json in the data set has the thresholds, and more samples.");
        writer.WriteLine();
    }

    private static string Example(DropReport reason)
    {
        if (reason.Samples is not [{ } sample, ..])
        {
            return "";
        }

        string why = sample.Why is { } figure ? $"{figure}: " : "";
        string text = why + sample.Text;
        int length = Math.Min(text.Length, LongestSample);
        length -= length > 0 && char.IsHighSurrogate(text[length - 1]) ? 1 : 0;
        return length < text.Length ? text[..length].TrimEnd() + " …" : text;
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
