using System.IO.Hashing;
using System.Runtime.InteropServices;
using GptSharp.Data.Sampling;

namespace GptSharp.Training.Input;

/// <summary>What a checkpoint knows of the batch that comes next: enough to see whether it is the same one when the run goes on.</summary>
internal static class BatchHash
{
    /// <summary>The hash of a batch's tokens and targets.</summary>
    /// <returns>Sixteen hexadecimal digits; null where the batch cannot be read, which is the training step's to report.</returns>
    public static string? Of(BatchSampler batches, long batch)
    {
        var tokens = new int[batches.BatchSize * batches.BlockLength];
        var targets = new int[tokens.Length];
        try
        {
            batches.Read(batch, tokens, targets);
        }
        catch (IOException)
        {
            return null;
        }

        var hash = new XxHash3();
        hash.Append(MemoryMarshal.AsBytes(tokens.AsSpan()));
        hash.Append(MemoryMarshal.AsBytes(targets.AsSpan()));
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
