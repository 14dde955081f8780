using System.Security.Cryptography;

namespace GptSharp.Files;

/// <summary>A hash by which two programs, or two formats, agree that a tensor is the same.</summary>
public static class TensorHash
{
    /// <summary>
    /// SHA-256, as 64 lower-case hexadecimal digits, of the tensor's values as little-endian float32; of integers and truth values, of the
    /// stored bytes (<see cref="ITensorFile.ReadComparable"/>).
    /// </summary>
    public static string Sha256(ITensorFile file, TensorInfo tensor)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        file.ReadComparable(tensor, hash.AppendData);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
