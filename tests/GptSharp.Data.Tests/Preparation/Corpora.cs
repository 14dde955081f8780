using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace GptSharp.Data.Tests.Preparation;

/// <summary>Makes corpora for tests, and looks at what became of them.</summary>
internal static class Corpora
{
    private static readonly string[] Words =
        ["the", "of", "and", "to", "that", "with", "river", "stone", "houses", "evening", "walked", "garden", "été", "漢字", "quiet", "letters", "a"];

    /// <summary>Prose of a kind: lines of sentences.</summary>
    public static string Prose(Random random, int sentences)
    {
        var text = new StringBuilder();
        for (int i = 0; i < sentences; i++)
        {
            for (int word = random.Next(5, 15); word > 0; word--)
            {
                text.Append(Words[random.Next(Words.Length)]).Append(random.Next(40)).Append(word == 1 ? "." : " ");
            }

            text.Append(random.Next(3) == 0 ? '\n' : ' ');
        }

        return text.ToString();
    }

    public static string Line(string text) => JsonSerializer.Serialize(new { id = 7, text }) + "\n";

    public static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    /// <summary>A folder with text, JSON lines and gzip, some 700 documents with copies among them, one longer than a section.</summary>
    public static string Mixed(TemporaryFolder folder, int seed)
    {
        var random = new Random(seed);
        string[] documents = [.. Enumerable.Range(0, 600).Select(_ => Prose(random, random.Next(2, 60)))];
        string[] withCopies = [.. documents, .. documents.Take(60), .. documents.Take(40).Select(text => text + "And one more line.\n")];
        random.Shuffle(withCopies);
        string[][] parts = [.. withCopies.Chunk(250)];
        folder.Put("corpus/a.jsonl", string.Concat(parts[0].Select(Line)));
        folder.Put("corpus/b/packed.jsonl.gz", [.. Gzip(string.Concat(parts[1].Take(100).Select(Line))), .. Gzip(string.Concat(parts[1].Skip(100).Select(Line)))]);
        for (int i = 0; i < parts[2].Length; i++)
        {
            folder.Put($"corpus/texts/{i:000}.txt", parts[2][i]);
        }

        folder.Put("corpus/long.txt.gz", Gzip(string.Concat(Enumerable.Repeat(Prose(random, 400), 230))));
        return folder.At("corpus");
    }

    /// <summary>Every file of a folder, by name.</summary>
    public static Dictionary<string, string> Bytes(string folder) => Directory.GetFiles(folder).ToDictionary(
        path => Path.GetFileName(path)!, path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));
}
