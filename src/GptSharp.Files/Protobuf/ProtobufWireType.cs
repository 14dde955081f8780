namespace GptSharp.Files.Protobuf;

/// <summary>How the value of a field is laid out; the lower three bits of its tag.</summary>
internal enum ProtobufWireType
{
    /// <summary>A whole number in groups of seven bits, lowest first.</summary>
    Varint = 0,

    /// <summary>Eight bytes.</summary>
    Fixed64 = 1,

    /// <summary>A length, then so many bytes: text, bytes, a message, or packed numbers.</summary>
    Length = 2,

    /// <summary>Four bytes.</summary>
    Fixed32 = 5,
}
