using System.Globalization;
using GptSharp.Files.Safetensors;
using GptSharp.Training.Checkpoints;

namespace GptSharp.Training.Proof;

/// <summary>Compares two checkpoints to the bit: the state of the random numbers, the place in the data, moments, weights.</summary>
public static class CheckpointComparison
{
    /// <summary>The first thing in which they differ, by name; null if they hold the same state.</summary>
    /// <param name="expected">Folder of one checkpoint.</param>
    /// <param name="actual">Folder of the other.</param>
    /// <remarks>Losses follow from the rest and come last, lest they hide which part of it differs.</remarks>
    public static string? FirstDifference(string expected, string actual)
    {
        (CheckpointManifest wanted, CheckpointManifest found) = (Checkpoint.Verify(expected), Checkpoint.Verify(actual));
        return Differ("the state of the random numbers (scheme)", wanted.RandomScheme, found.RandomScheme)
            ?? Differ("the state of the random numbers (seed)", wanted.Seed, found.Seed)
            ?? Differ("the state of the random numbers (step)", wanted.Step, found.Step)
            ?? Differ("the data position (next batch)", wanted.NextBatch, found.NextBatch)
            ?? Differ("the tokens of the next batch (hash)", wanted.NextBatchHash, found.NextBatchHash)
            ?? Differ("the optimizer's number of updates", wanted.Updates, found.Updates)
            ?? FirstDifference("the moment", Path.Combine(expected, Checkpoint.OptimizerFile), Path.Combine(actual, Checkpoint.OptimizerFile))
            ?? FirstDifference("the weight", Path.Combine(expected, Checkpoint.ModelFile), Path.Combine(actual, Checkpoint.ModelFile))
            ?? Differ("the statistics of the loss", wanted.LossStatistics, found.LossStatistics)
            ?? Differ("the best validation loss", wanted.BestLoss, found.BestLoss);
    }

    private static string? Differ<T>(string name, T wanted, T found) => EqualityComparer<T>.Default.Equals(wanted, found)
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{name} is {found} instead of {wanted}");

    private static string? FirstDifference(string what, string expected, string actual)
    {
        using SafetensorsFile wanted = SafetensorsFile.Open(expected);
        using SafetensorsFile found = SafetensorsFile.Open(actual);
        foreach (SafetensorsEntry entry in wanted.Entries)
        {
            SafetensorsEntry other = found[entry.Name];
            if (other.Type != entry.Type || other.ByteLength != entry.ByteLength)
            {
                return $"{what} {entry.Name} has {other.ByteLength} bytes of {other.Type} instead of {entry.ByteLength} of {entry.Type}";
            }

            (byte[] left, byte[] right) = (new byte[entry.ByteLength], new byte[entry.ByteLength]);
            wanted.ReadBytes(entry, 0, left);
            found.ReadBytes(other, 0, right);
            int place = left.AsSpan().CommonPrefixLength(right);
            if (place < left.Length)
            {
                int width = (int)entry.Type.ByteLength(1);
                int first = place / width * width;
                return $"element {place / width} of {what} {entry.Name} has the bits "
                    + $"{Bits(right.AsSpan(first, width))} instead of {Bits(left.AsSpan(first, width))}";
            }
        }

        return null;
    }

    // As people write numbers: the highest digit first.
    private static string Bits(ReadOnlySpan<byte> littleEndian)
    {
        byte[] bytes = littleEndian.ToArray();
        Array.Reverse(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
