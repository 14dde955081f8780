using System.Buffers.Binary;
using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Execution.Decoding;
using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution;

/// <summary>Writes the first values of variables.</summary>
internal static class Initialisers
{
    /// <summary>Fills a variable: what its initialiser says, zero elsewhere, as CUDA does.</summary>
    /// <param name="variable">The variable.</param>
    /// <param name="buffer">Its memory.</param>
    /// <param name="addressOf">The address of a name.</param>
    public static void Write(VariableSyntax variable, DeviceBuffer buffer, Func<string, ulong> addressOf)
    {
        Span<byte> bytes = buffer.Bytes;
        bytes.Clear();
        if (variable.Initializer is { } initializer)
        {
            Fill(initializer, variable, 0, bytes, addressOf);
        }

        buffer.MarkWritten(0, buffer.ByteCount);
    }

    private static void Fill(InitializerSyntax initializer, VariableSyntax variable, int level, Span<byte> bytes, Func<string, ulong> addressOf)
    {
        int elementBytes = variable.Type.Bytes();
        if (initializer is ListInitializer list)
        {
            // An element of a list fills a row of the dimensions below.
            int stride = variable.ElementBytes;
            for (int i = level + 1; i < variable.Dimensions.Count; i++)
            {
                stride *= (int)variable.Dimensions[i];
            }

            stride = level >= variable.Dimensions.Count ? elementBytes : stride;
            for (int i = 0; i < list.Elements.Count && (i + 1) * stride <= bytes.Length; i++)
            {
                Fill(list.Elements[i], variable, level + 1, bytes.Slice(i * stride, stride), addressOf);
            }

            return;
        }

        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(value, Value(initializer, variable, addressOf));
        value[..Math.Min(elementBytes, Math.Min(bytes.Length, 8))].CopyTo(bytes);
    }

    private static ulong Value(InitializerSyntax initializer, VariableSyntax variable, Func<string, ulong> addressOf)
    {
        if (initializer is LiteralInitializer { Literal: var literal })
        {
            return Literals.Bits(literal, NumberTypes.Parse(variable.Type.ToString().ToLowerInvariant()));
        }

        var address = (AddressInitializer)initializer;
        ulong value = addressOf(address.Name) + (ulong)address.Offset;
        return address.Mask == 0 ? value : (value & address.Mask) >> System.Numerics.BitOperations.TrailingZeroCount(address.Mask);
    }
}
