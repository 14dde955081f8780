using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace GptSharp.Data.Tests.Tokenizers.Formats;

/// <summary>A text, and what the tokenizers library makes of it with the tokenizer in <c>golden/interop/tok-gpt2-512</c>.</summary>
internal sealed record GoldenCase(string Name, string Text, int[]? Ids, string? IdsSha256)
{
    public static string Folder => Path.Combine(Golden.Folder, "interop", "tok-gpt2-512");

    public static IReadOnlyList<GoldenCase> All { get; } = Read();

    /// <summary>Compares ids with those of the library; of long texts only their hash is known.</summary>
    public void Check(int[] ids)
    {
        if (Ids is not null)
        {
            Assert.True(Ids.SequenceEqual(ids), $"{Name}: expected {string.Join(' ', Ids)}, got {string.Join(' ', ids)}");
        }
        else
        {
            Assert.True(BitConverter.IsLittleEndian);
            Assert.True(IdsSha256 == Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(ids.AsSpan()))), Name);
        }
    }

    private static List<GoldenCase> Read()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "cases.json")));
        return [.. document.RootElement.EnumerateArray().Select(Read)];
    }

    private static GoldenCase Read(JsonElement item)
    {
        string name = item.GetProperty("name").GetString()!;
        if (item.TryGetProperty("text", out JsonElement text))
        {
            return new GoldenCase(name, text.GetString()!, [.. item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())], null);
        }

        string then = item.TryGetProperty("then", out JsonElement end) ? end.GetString()! : "";
        string repeated = string.Concat(Enumerable.Repeat(item.GetProperty("repeat").GetString()!, item.GetProperty("times").GetInt32()));
        return new GoldenCase(name, repeated + then, null, item.GetProperty("sha256_int32le").GetString());
    }
}
