using System.Runtime.InteropServices;
using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

/// <summary>Encodes texts here and in an npm client, and counts where the two differ.</summary>
internal sealed record ClientComparison(int Strings, long Ids, int Different, IReadOnlyList<ClientComparison.Example> Examples)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNameCaseInsensitive = true };

    public sealed record Example(string Text, int[] Ours, int[] Theirs)
    {
        public override string ToString() => $"{JsonSerializer.Serialize(Text)}: here [{string.Join(' ', Ours)}], there [{string.Join(' ', Theirs)}]";
    }

    public static ClientComparison RunOrSkip(string client, string encoding, BpeModel model, IEnumerable<string> texts)
    {
        using var folder = new TemporaryFolder();
        string file = folder.At("texts");
        using (var stream = new BufferedStream(File.Create(file), 1 << 20))
        {
            foreach (string text in texts)
            {
                int[] ids = model.Encode(text);
                Write(stream, text.Length);
                stream.Write(MemoryMarshal.AsBytes<char>(text));
                stream.Write(new byte[text.Length % 2 * 2]);
                Write(stream, ids.Length);
                stream.Write(MemoryMarshal.AsBytes<int>(ids));
            }
        }

        string output = NodeProgram.RunOrSkip("tokenize.mjs", client, "", client, encoding, file);
        return JsonSerializer.Deserialize<ClientComparison>(output, Json)!;
    }

    private static void Write(Stream stream, int number) => stream.Write(BitConverter.GetBytes(number));
}
