using GptSharp.Files.Gguf;
using static GptSharp.Files.Tests.Gguf.HandmadeGguf;

namespace GptSharp.Files.Tests.Gguf;

/// <summary>Broken and hostile files are refused with the file, the place and the reason; none takes memory that it does not have itself.</summary>
public sealed class HostileGgufTests
{
    private const ulong Huge = 1UL << 62;

    public static TheoryData<string, byte[]> Files => new()
    {
        { "does not begin with 'GGUF'", new HandmadeGguf { Magic = 0x47475546 }.ToBytes() },
        { "does not begin with 'GGUF'", [] },
        { "beyond its end", [0x47, 0x47, 0x55, 0x46] },
        { "version 1", new HandmadeGguf { Version = 1 }.ToBytes() },
        { "version 4", new HandmadeGguf { Version = 4 }.ToBytes() },
        { "big-endian", new HandmadeGguf { Version = 0x03000000 }.ToBytes() },
        { "claims 4611686018427387904 tensors", new HandmadeGguf { TensorCount = Huge }.ToBytes() },
        { "claims 18446744073709551615 keys", new HandmadeGguf { KeyCount = ulong.MaxValue }.ToBytes() },
        { "stands there twice", new HandmadeGguf().Key("a", 7, 1).Key("a", 7, 1).ToBytes() },
        { "is empty", new HandmadeGguf().Key("", 7, 1, 1, 1).ToBytes() },
        { "not UTF-8", new HandmadeGguf { Keys = { (new byte[] { 0xFF }, 7, new byte[] { 1 }) } }.ToBytes() },
        { "neither 0 nor 1", new HandmadeGguf().Key("a", 7, 2).ToBytes() },
        { "unknown type 13", new HandmadeGguf().Key("a", 13, 0, 0, 0, 0).ToBytes() },
        { "unknown type 4294967295", new HandmadeGguf().Key("a", uint.MaxValue, 0, 0, 0, 0).ToBytes() },
        { "array of arrays", new HandmadeGguf().Key("a", 9, HandmadeGguf.Array(9, 1, HandmadeGguf.Array(9, 1))).ToBytes() },
        { "beyond its end", new HandmadeGguf().Key("a", 9, HandmadeGguf.Array(8, Huge)).ToBytes() },
        { "beyond its end", new HandmadeGguf().Key("a", 9, HandmadeGguf.Array(12, Huge)).ToBytes() },
        { "beyond its end", new HandmadeGguf().Key("a", 9, HandmadeGguf.Array(8, 2, [.. Text("x"), .. Number(Huge)])).ToBytes() },
        { "beyond its end", new HandmadeGguf().Key("a", 8, Number(ulong.MaxValue)).ToBytes() },
        { "general.alignment is 3", new HandmadeGguf().Key("general.alignment", 4, Number(3u)).ToBytes() },
        { "general.alignment is 0", new HandmadeGguf().Key("general.alignment", 4, Number(0u)).ToBytes() },
        { "general.alignment is 64 (UInt64)", new HandmadeGguf().Key("general.alignment", 10, Number(64ul)).ToBytes() },
        { "truncated", new HandmadeGguf { DataLength = 32 }.Key("general.alignment", 4, Number(1u << 31)).Tensor("a", [8]).ToBytes() },
        { "two of its tensors", new HandmadeGguf { DataLength = 64 }.Tensor("a", [1]).Tensor("a", [1], offset: 32).ToBytes() },
        { "at most 63", new HandmadeGguf { DataLength = 32 }.Tensor(new string('n', 64), [1]).ToBytes() },
        { "is empty", new HandmadeGguf { DataLength = 32 }.Tensor("", [1]).ToBytes() },
        { "5 axes", new HandmadeGguf { DataLength = 32 }.Tensor("a", [1, 1, 1, 1, 1]).ToBytes() },
        { "unknown type 4", new HandmadeGguf { DataLength = 32 }.Tensor("a", [1], type: 4).ToBytes() },
        { "no multiple of the 32", new HandmadeGguf { DataLength = 64 }.Tensor("a", [48], type: 8).ToBytes() },
        { "more bytes than the file has", new HandmadeGguf { DataLength = 32 }.Tensor("a", [1UL << 32, 1UL << 32, 1UL << 32]).ToBytes() },
        { "more bytes than the file has", new HandmadeGguf { DataLength = 32 }.Tensor("a", [0, 1UL << 40, 1UL << 40]).ToBytes() },
        { "more bytes than the file has", new HandmadeGguf { DataLength = 32 }.Tensor("a", [ulong.MaxValue]).ToBytes() },
        { "more bytes than the file has", new HandmadeGguf { DataLength = 32 }.Tensor("a", [1000]).ToBytes() },
        { "they overlap", new HandmadeGguf { DataLength = 96 }.Tensor("a", [9]).Tensor("b", [1], offset: 32).ToBytes() },
        { "they leave a hole", new HandmadeGguf { DataLength = 96 }.Tensor("a", [1]).Tensor("b", [1], offset: 64).ToBytes() },
        { "they leave a hole", new HandmadeGguf { DataLength = 64 }.Tensor("a", [1], offset: ulong.MaxValue - 31).ToBytes() },
        { "padded to 32 bytes as every tensor must be", new HandmadeGguf { DataLength = 4 }.Tensor("a", [1]).ToBytes() },
        { "bytes follow the end", new HandmadeGguf { DataLength = 64 }.Tensor("a", [1]).ToBytes() },
    };

    [Theory]
    [MemberData(nameof(Files), DisableDiscoveryEnumeration = true)]
    public void A_hostile_file_is_refused(string reason, byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Put("hostile.gguf", bytes);

        RefusedFileException error = Assert.Throws<RefusedFileException>(() => GgufFile.Open(path));

        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_files_are_read_or_refused_within_their_own_size()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("fuzzed.gguf");
        byte[] sound = new HandmadeGguf { DataLength = 160 }
            .Key("general.alignment", 4, Number(32u)).Key("flag", 7, 1).Key("text", 8, Text("hello"))
            .Key("texts", 9, HandmadeGguf.Array(8, 3, [.. Text("a"), .. Text("b"), .. Text("c")]))
            .Key("numbers", 9, HandmadeGguf.Array(6, 3, new byte[12])).Key("last", 10, Number(5ul))
            .Tensor("a", [3, 2]).Tensor("b", [32], type: 8, offset: 32).Tensor("c", [64], type: 2, offset: 96)
            .ToBytes();
        File.WriteAllBytes(path, sound);
        GgufFile.Open(path).Dispose();
        var random = new Random(9);
        int refused = 0;
        for (int round = 0; round < 2_000; round++)
        {
            File.WriteAllBytes(path, Changed(sound, random));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using GgufFile file = GgufFile.Open(path);
                foreach (GgufTensorInfo tensor in file.Tensors.Where(tensor => tensor.Type.IsReadable()))
                {
                    file.ReadSingles(tensor, _ => { });
                }

                foreach ((_, GgufValue value) in file.Metadata)
                {
                    _ = (value.AsText(), value.AsTexts(), value.AsIntegers(), value.AsSingles(), value.AsNumber(), value.AsFlag(), value.Shown(2).Count());
                }
            }
            catch (RefusedFileException exception)
            {
                refused++;
                Assert.StartsWith(path + ": ", exception.Message, StringComparison.Ordinal);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
        }

        Assert.InRange(refused, 500, 1_999);
    }

    // A few bytes changed, a word set to a number that is hard to bear, or a piece cut out.
    private static byte[] Changed(byte[] sound, Random random)
    {
        byte[] bytes = [.. sound];
        ulong[] numbers = [0, 1, 31, 32, 255, 1UL << 31, uint.MaxValue, 1UL << 40, long.MaxValue, 1UL << 63, ulong.MaxValue - 31, ulong.MaxValue];
        switch (random.Next(3))
        {
            case 0:
                for (int i = random.Next(1, 4); i > 0; i--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                return bytes;
            case 1:
                byte[] number = Number(numbers[random.Next(numbers.Length)])[..(random.Next(2) == 0 ? 4 : 8)];
                number.CopyTo(bytes, random.Next(bytes.Length - number.Length));
                return bytes;
            default:
                int start = random.Next(bytes.Length);
                int length = random.Next(bytes.Length - start);
                return [.. bytes[..start], .. bytes[(start + length)..]];
        }
    }
}
