using System.Text;
using GptSharp.Files.Safetensors;

namespace GptSharp.Files.Tests.Safetensors;

/// <summary>Whatever stands in a file, it is read or refused with its path: no other exception, and no reading outside the file.</summary>
public sealed class SafetensorsFuzzTests
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "0", "-1", "9223372036854775807", "18446744073709551616", "1e400", "NaN", "null", "true", "\"dtype\"",
        "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F4\"", "\"F64\"", "\"\\ud800\"", "\\u0000", " ", "\u00FF",
    ];

    // GPTSHARP_FUZZ_ROUNDS=100000 looks longer.
    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("GPTSHARP_FUZZ_ROUNDS"), out int rounds) ? rounds : 1_000;

    [Fact]
    public void Changed_files_are_read_or_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("fuzzed.safetensors");
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "pt" } };
        writer.Add("a", [2, 3], new float[6]);
        writer.Add("b", SafetensorsType.F4, [2L], stream => stream.WriteByte(1));
        writer.Add("c", SafetensorsType.BF16, [0L, 7L], _ => { });
        writer.Save(path);
        byte[] sound = File.ReadAllBytes(path);
        var random = new Random(9);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            File.WriteAllBytes(path, Changed(sound, random));
            try
            {
                using SafetensorsFile file = SafetensorsFile.Open(path);
                foreach (TensorInfo tensor in file.Tensors)
                {
                    TensorHash.Sha256(file, tensor);
                }
            }
            catch (RefusedFileException exception)
            {
                Assert.StartsWith(path + ": ", exception.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        // Most changes break something; the rest hit a number's value, a name, or white space.
        Assert.InRange(refused, Rounds / 2, Rounds - 5);
    }

    private static byte[] Changed(byte[] sound, Random random)
    {
        List<byte> bytes = [.. sound];
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int place = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(place, Math.Min(bytes.Count - place, random.Next(1, 9)));
                    break;
                case 3:
                    bytes.InsertRange(place, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                default:
                    // A digit for a digit keeps the JSON sound and makes the numbers lie.
                    int digit = bytes.FindIndex(place, letter => letter is >= (byte)'0' and <= (byte)'9');
                    bytes[Math.Max(digit, 0)] = (byte)('0' + random.Next(10));
                    break;
            }

            if (bytes.Count == 0)
            {
                return [];
            }
        }

        return [.. bytes];
    }
}
