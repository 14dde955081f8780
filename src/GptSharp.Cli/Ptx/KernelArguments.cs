using System.Globalization;
using System.Numerics;
using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Ptx;
using GptSharp.Ptx.Memory;

namespace GptSharp.Cli.Ptx;

/// <summary>A buffer that a kernel changes, to be shown and saved.</summary>
/// <param name="Name">Its name in the saved file: <c>arg0</c>, <c>arg1</c>, … by position.</param>
/// <param name="Buffer">The buffer.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Axis lengths.</param>
internal sealed record KernelOutput(string Name, DeviceBuffer Buffer, SafetensorsType Type, IReadOnlyList<long> Shape);

/// <summary>
/// The arguments of a kernel as a command line gives them: <c>in:@FILE:tensor</c>, <c>inout:@FILE:tensor</c>, <c>out:f32[4,32]</c>
/// for buffers, <c>i32:1024</c>, <c>f32:0.5</c> for numbers.
/// </summary>
internal sealed class KernelArguments
{
    private const string Option = "--arg";
    private readonly List<KernelArgument> _values = [];
    private readonly List<KernelOutput> _outputs = [];
    private readonly HashSet<string> _files = new(StringComparer.Ordinal);

    private KernelArguments()
    {
    }

    /// <summary>The arguments, in order.</summary>
    public KernelArgument[] Values => [.. _values];

    /// <summary>The buffers that the kernel is to change.</summary>
    public IReadOnlyList<KernelOutput> Outputs => _outputs;

    /// <summary>The files that were read, by their full paths.</summary>
    public IReadOnlySet<string> Files => _files;

    /// <summary>Reads the arguments, and puts buffers into a memory.</summary>
    /// <param name="texts">What the command line says.</param>
    /// <param name="memory">Where the buffers go.</param>
    /// <exception cref="ConfigurationException">A text is no argument.</exception>
    /// <exception cref="GptSharp.Files.RefusedFileException">A file cannot be used.</exception>
    public static KernelArguments Parse(IReadOnlyList<string> texts, DeviceMemory memory)
    {
        var arguments = new KernelArguments();
        for (int position = 0; position < texts.Count; position++)
        {
            arguments.Add(texts[position], position, memory);
        }

        return arguments;
    }

    private void Add(string text, int position, DeviceMemory memory)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string kind = colon < 0 ? text : text[..colon];
        string rest = colon < 0 ? "" : text[(colon + 1)..];
        switch (kind)
        {
            case "in" or "inout":
                AddTensor(text, rest, position, kind == "inout", memory);
                return;
            case "out":
                AddOutput(text, rest, position, memory);
                return;
        }

        if (rest.Length == 0 || !TryParseType(kind, out SafetensorsType type) || Number(type, rest) is not { } bytes)
        {
            throw Wrong(text, "expected in:@FILE:tensor, inout:@FILE:tensor, out:TYPE[shape], or a number such as i32:1024, u64:0x10 or f32:0.5");
        }

        _values.Add(bytes);
    }

    private void AddTensor(string text, string rest, int position, bool isChanged, DeviceMemory memory)
    {
        int colon = rest.LastIndexOf(':');
        if (rest is not ['@', ..] || colon < 2 || colon == rest.Length - 1)
        {
            throw Wrong(text, "expected @FILE.safetensors:tensor behind 'in:' and 'inout:'");
        }

        string path = rest[1..colon];
        using SafetensorsFile file = SafetensorsFile.Open(path);
        SafetensorsEntry entry = file[rest[(colon + 1)..]];
        byte[] bytes = new byte[entry.ByteLength];
        file.ReadBytes(entry, 0, bytes);
        DeviceBuffer buffer = memory.Allocate<byte>(bytes, $"arg{position}");
        _files.Add(Path.GetFullPath(path));
        _values.Add(buffer);
        if (isChanged)
        {
            _outputs.Add(new(buffer.Name, buffer, entry.Type, entry.Shape));
        }
    }

    private void AddOutput(string text, string rest, int position, DeviceMemory memory)
    {
        int bracket = rest.IndexOf('[', StringComparison.Ordinal);
        long count = 1;
        var shape = new List<long>();
        bool isRight = bracket > 0 && rest.EndsWith(']');
        foreach (string length in isRight ? rest[(bracket + 1)..^1].Split(',') : [])
        {
            isRight &= long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value <= int.MaxValue;
            shape.Add(value);
            count = Math.Min(count, long.MaxValue / int.MaxValue) * value;
        }

        long bytes = -1;
        if (!isRight || !TryParseType(rest[..bracket], out SafetensorsType type) || (bytes = type.ByteLength(count)) is < 0 or > int.MaxValue)
        {
            throw Wrong(text, "expected a type and a shape, for example out:f32[1024] or out:bf16[4,32], of at most 2 GB");
        }

        DeviceBuffer buffer = memory.Allocate(bytes, $"arg{position}");
        _values.Add(buffer);
        _outputs.Add(new(buffer.Name, buffer, type, shape));
    }

    private static bool TryParseType(string text, out SafetensorsType type) =>
        Enum.TryParse(text, ignoreCase: true, out type) && Enum.IsDefined(type) && !char.IsAsciiDigit(text[0]) && text[0] != '-';

    private static byte[]? Number(SafetensorsType type, string text)
    {
        const NumberStyles real = NumberStyles.Float;
        CultureInfo invariant = CultureInfo.InvariantCulture;
        switch (type)
        {
            case SafetensorsType.F64:
                return double.TryParse(text, real, invariant, out double f64) ? BitConverter.GetBytes(f64) : null;
            case SafetensorsType.F32:
                return float.TryParse(text, real, invariant, out float f32) ? BitConverter.GetBytes(f32) : null;
            case SafetensorsType.F16:
                return Half.TryParse(text, real, invariant, out Half f16) ? BitConverter.GetBytes(f16) : null;
            case SafetensorsType.BF16:
                return double.TryParse(text, real, invariant, out double bf16) ? BitConverter.GetBytes(BFloat16Bits(bf16)) : null;
            case SafetensorsType.BOOL:
                return text is "true" or "1" ? [1] : text is "false" or "0" ? [0] : null;
            case SafetensorsType.I8 or SafetensorsType.I16 or SafetensorsType.I32 or SafetensorsType.I64:
            case SafetensorsType.U8 or SafetensorsType.U16 or SafetensorsType.U32 or SafetensorsType.U64:
                return Integer(text, type.Bits(), type is SafetensorsType.I8 or SafetensorsType.I16 or SafetensorsType.I32 or SafetensorsType.I64);
            default:
                return null;
        }
    }

    private static byte[]? Integer(string text, int bits, bool isSigned)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        BigInteger value;
        bool isNumber = isHex
            ? BigInteger.TryParse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        BigInteger lowest = isSigned ? -(BigInteger.One << (bits - 1)) : 0;
        BigInteger end = BigInteger.One << (isSigned && !isHex ? bits - 1 : bits);
        return isNumber && value >= lowest && value < end
            ? BitConverter.GetBytes((ulong)(value & ulong.MaxValue))[..(bits / 8)]
            : null;
    }

    // To nearest even. A double is rounded to odd at 32 bits first, so that it is rounded once.
    private static ushort BFloat16Bits(double value)
    {
        var near = (float)value;
        uint bits = BitConverter.SingleToUInt32Bits(near);
        if (double.IsNaN(value))
        {
            return 0x7fff;
        }

        if (near != value && float.IsFinite(near))
        {
            bits = (Math.Abs((double)near) > Math.Abs(value) ? bits - 1 : bits) | 1;
        }

        return (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    }

    private static ConfigurationException Wrong(string text, string expected) =>
        new($"'{text}' is no argument of a kernel: {expected}.", source: Option);
}
