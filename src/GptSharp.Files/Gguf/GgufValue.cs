using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace GptSharp.Files.Gguf;

/// <summary>
/// A value of a GGUF file's metadata, kept as the bytes that the file has: so a vocabulary takes no more memory than in the file until
/// somebody asks for it.
/// </summary>
public sealed class GgufValue
{
    private const int LengthBytes = 8;
    private static readonly UTF8Encoding StrictText = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal GgufValue(GgufValueType type, ReadOnlyMemory<byte> bytes)
    {
        (Type, ElementType, Count) = (type, type, 1);
        Bytes = bytes;
    }

    internal GgufValue(GgufValueType elementType, long count, ReadOnlyMemory<byte> bytes)
    {
        (Type, ElementType, Count) = (GgufValueType.Array, elementType, count);
        Bytes = bytes;
    }

    /// <summary>The type.</summary>
    public GgufValueType Type { get; }

    /// <summary>Of an array, the type of its elements; else <see cref="Type"/>.</summary>
    public GgufValueType ElementType { get; }

    /// <summary>Of an array, the number of its elements; else 1.</summary>
    public long Count { get; }

    /// <summary>The bytes of the value or of all elements, little-endian; texts with their lengths in front.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>A text.</summary>
    public static GgufValue Of(string value) => new(GgufValueType.String, TextBytes([value]));

    /// <summary>A truth value.</summary>
    public static GgufValue Of(bool value) => new(GgufValueType.Bool, new[] { value ? (byte)1 : (byte)0 });

    /// <summary>A number of one of the fixed-size types.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    public static GgufValue Of<T>(T value)
        where T : unmanaged => new(TypeOf<T>(), Copy([value]));

    /// <summary>An array of texts.</summary>
    public static GgufValue OfMany(IReadOnlyList<string> values) => new(GgufValueType.String, values.Count, TextBytes(values));

    /// <summary>An array of numbers of one of the fixed-size types.</summary>
    /// <typeparam name="T">Their type.</typeparam>
    public static GgufValue OfMany<T>(ReadOnlySpan<T> values)
        where T : unmanaged => new(TypeOf<T>(), values.Length, Copy(values));

    /// <summary>The text, or null when the value is no text or not UTF-8.</summary>
    public string? AsText() => Type == GgufValueType.String ? Texts(StrictText)?[0] : null;

    /// <summary>The truth value, or null when the value is none.</summary>
    public bool? AsFlag() => Type == GgufValueType.Bool ? Bytes.Span[0] != 0 : null;

    /// <summary>The whole number, whatever its size; null when the value is none or does not fit.</summary>
    public long? AsInteger() => Type == GgufValueType.Array ? null : Integers()?[0];

    /// <summary>The number, whatever its type; null when the value is none.</summary>
    public double? AsNumber() => Type switch
    {
        GgufValueType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(Bytes.Span),
        GgufValueType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(Bytes.Span),
        _ => AsInteger(),
    };

    /// <summary>The texts of an array, or null when the value is no array of texts or one of them is not UTF-8.</summary>
    public string[]? AsTexts() => Type == GgufValueType.Array ? Texts(StrictText) : null;

    /// <summary>The whole numbers of an array, or null when the value is no such array or a number does not fit.</summary>
    public long[]? AsIntegers() => Type == GgufValueType.Array ? Integers() : null;

    /// <summary>The floats of an array of float32, or null when the value is none.</summary>
    public float[]? AsSingles() => Type == GgufValueType.Array && ElementType == GgufValueType.Float32
        ? MemoryMarshal.Cast<byte, float>(Bytes.Span).ToArray()
        : null;

    /// <summary>The first elements as people read them; bytes that are no text become U+FFFD.</summary>
    /// <param name="limit">How many at most.</param>
    public IEnumerable<string> Shown(int limit)
    {
        int count = (int)Math.Min(limit, Count);
        if (ElementType == GgufValueType.String)
        {
            return Texts(Encoding.UTF8, count)!;
        }

        int size = ElementType.Size();
        return Enumerable.Range(0, count).Select(index => Shown(Bytes.Span.Slice(index * size, size)));
    }

    private static ReadOnlyMemory<byte> Copy<T>(ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();

    private static byte[] TextBytes(IReadOnlyList<string> texts)
    {
        var bytes = new byte[texts.Sum(text => LengthBytes + StrictText.GetByteCount(text))];
        int position = 0;
        foreach (string text in texts)
        {
            int length = StrictText.GetBytes(text, bytes.AsSpan(position + LengthBytes));
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(position), (ulong)length);
            position += LengthBytes + length;
        }

        return bytes;
    }

    private static GgufValueType TypeOf<T>()
        where T : unmanaged => default(T) switch
        {
            byte => GgufValueType.UInt8,
            sbyte => GgufValueType.Int8,
            ushort => GgufValueType.UInt16,
            short => GgufValueType.Int16,
            uint => GgufValueType.UInt32,
            int => GgufValueType.Int32,
            float => GgufValueType.Float32,
            bool => GgufValueType.Bool,
            ulong => GgufValueType.UInt64,
            long => GgufValueType.Int64,
            double => GgufValueType.Float64,
            _ => throw new NotSupportedException($"GGUF has no type for {typeof(T)}."),
        };

    private string Shown(ReadOnlySpan<byte> bytes) => ElementType switch
    {
        GgufValueType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        GgufValueType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        GgufValueType.Bool => bytes[0] != 0 ? "true" : "false",
        GgufValueType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes).ToString(CultureInfo.InvariantCulture),
        _ => Integer(bytes).GetValueOrDefault().ToString(CultureInfo.InvariantCulture),
    };

    private string[]? Texts(Encoding encoding) => ElementType == GgufValueType.String ? Texts(encoding, (int)Count) : null;

    private string[]? Texts(Encoding encoding, int count)
    {
        var texts = new string[count];
        int position = 0;
        for (int i = 0; i < count; i++)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(Bytes.Span[position..]);
            try
            {
                texts[i] = encoding.GetString(Bytes.Span.Slice(position + LengthBytes, length));
            }
            catch (DecoderFallbackException)
            {
                return null;
            }

            position += LengthBytes + length;
        }

        return texts;
    }

    private long[]? Integers()
    {
        int size = ElementType.Size();
        if (ElementType is GgufValueType.String or GgufValueType.Float32 or GgufValueType.Float64 or GgufValueType.Bool)
        {
            return null;
        }

        var integers = new long[Count];
        for (int i = 0; i < integers.Length; i++)
        {
            if (Integer(Bytes.Span.Slice(i * size, size)) is not { } integer)
            {
                return null;
            }

            integers[i] = integer;
        }

        return integers;
    }

    private long? Integer(ReadOnlySpan<byte> bytes) => ElementType switch
    {
        GgufValueType.UInt8 => bytes[0],
        GgufValueType.Int8 => (sbyte)bytes[0],
        GgufValueType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        GgufValueType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        GgufValueType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        GgufValueType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        GgufValueType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        GgufValueType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes) is var value and <= long.MaxValue ? (long)value : null,
        _ => null,
    };
}
