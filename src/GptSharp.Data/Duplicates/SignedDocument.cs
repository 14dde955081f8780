using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GptSharp.Data.Duplicates;

/// <summary>A document and its signature, as they lie in a file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal readonly struct SignedDocument(long document, ReadOnlySpan<ushort> signature)
{
    /// <summary>Number of the document in the corpus.</summary>
    public readonly long Document = document;

    /// <summary>Its signature.</summary>
    public readonly StoredSignature Signature = StoredSignature.Of(signature);

    /// <summary>The numbers of a signature.</summary>
    [InlineArray(MinHash.Functions)]
    internal struct StoredSignature
    {
        private ushort _first;

        public static StoredSignature Of(ReadOnlySpan<ushort> numbers)
        {
            var stored = default(StoredSignature);
            numbers.CopyTo(stored);
            return stored;
        }

        /// <summary>A hash of some of the numbers.</summary>
        public readonly ulong Band(int first, int count)
        {
            ReadOnlySpan<ushort> numbers = this;
            return XxHash3.HashToUInt64(MemoryMarshal.AsBytes(numbers.Slice(first, count)), seed: first);
        }
    }
}
