using System.Text;

namespace GptSharp.Files.Tests.Gguf;

/// <summary>A GGUF file written field by field, so that each can be wrong.</summary>
internal sealed class HandmadeGguf
{
    public uint Magic { get; init; } = 0x46554747;

    public uint Version { get; init; } = 3;

    public ulong? TensorCount { get; init; }

    public ulong? KeyCount { get; init; }

    /// <summary>Each key's name, type and bytes of its value.</summary>
    public List<(byte[] Name, uint Type, byte[] Value)> Keys { get; } = [];

    /// <summary>Each tensor's name, lengths innermost first, type and offset.</summary>
    public List<(byte[] Name, ulong[] Lengths, uint Type, ulong Offset)> Tensors { get; } = [];

    /// <summary>Bytes behind the aligned header.</summary>
    public int DataLength { get; init; }

    public int Alignment { get; init; } = 32;

    public HandmadeGguf Key(string name, uint type, params byte[] value)
    {
        Keys.Add((Encoding.UTF8.GetBytes(name), type, value));
        return this;
    }

    public HandmadeGguf Tensor(string name, ulong[] lengths, uint type = 0, ulong offset = 0)
    {
        Tensors.Add((Encoding.UTF8.GetBytes(name), lengths, type, offset));
        return this;
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(TensorCount ?? (ulong)Tensors.Count);
        writer.Write(KeyCount ?? (ulong)Keys.Count);
        foreach ((byte[] name, uint type, byte[] value) in Keys)
        {
            writer.Write((ulong)name.Length);
            writer.Write(name);
            writer.Write(type);
            writer.Write(value);
        }

        foreach ((byte[] name, ulong[] lengths, uint type, ulong offset) in Tensors)
        {
            writer.Write((ulong)name.Length);
            writer.Write(name);
            writer.Write((uint)lengths.Length);
            System.Array.ForEach(lengths, writer.Write);
            writer.Write(type);
            writer.Write(offset);
        }

        while (Tensors.Count > 0 && stream.Length % Alignment != 0)
        {
            writer.Write((byte)0);
        }

        writer.Write(new byte[DataLength]);
        writer.Flush();
        return stream.ToArray();
    }

    public static byte[] Number(ulong value) => BitConverter.GetBytes(value);

    public static byte[] Number(uint value) => BitConverter.GetBytes(value);

    public static byte[] Text(string text) => [.. Number((ulong)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    public static byte[] Array(uint type, ulong count, params byte[] elements) => [.. Number(type), .. Number(count), .. elements];
}
