using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GptSharp.Data.Preparation;

/// <summary>Records of one size, one after the other.</summary>
internal static class RecordFile
{
    /// <summary>Reads to the end.</summary>
    public static IEnumerable<T> Read<T>(Stream stream)
        where T : unmanaged
    {
        var records = new T[Math.Max(1, (64 << 10) / Unsafe.SizeOf<T>())];
        while (true)
        {
            int count = Fill(stream, records);
            for (int i = 0; i < count; i++)
            {
                yield return records[i];
            }

            if (count < records.Length)
            {
                yield break;
            }
        }
    }

    /// <summary>Appends a record.</summary>
    public static void Write<T>(Stream stream, T record)
        where T : unmanaged => stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in record)));

    private static int Fill<T>(Stream stream, T[] records)
        where T : unmanaged
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(records.AsSpan());
        return stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) / Unsafe.SizeOf<T>();
    }
}
