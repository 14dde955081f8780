using System.Buffers.Binary;
using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Training.Checkpoints;

namespace GptSharp.Training.Proof;

/// <summary>A part of a run's state.</summary>
public enum StatePart
{
    /// <summary>A moment of the optimizer.</summary>
    Moment,

    /// <summary>The number of the next batch.</summary>
    Position,

    /// <summary>The state of the random numbers.</summary>
    Random,
}

/// <summary>
/// Makes a checkpoint say something wrong by one bit and still look sound, as if the trainer had forgotten to save or to restore it: a
/// proof that cannot fail proves nothing.
/// </summary>
public static class StateFlip
{
    // Of the 32 of a float32: high enough to outlive the decay of a moment over some steps.
    private const byte Bit = 0x10;
    private const int Byte = 2;

    /// <summary>Flips a bit of a checkpoint, and makes its hashes right again.</summary>
    /// <returns>What was changed, in words.</returns>
    public static string Apply(string folder, StatePart part)
    {
        CheckpointManifest manifest = CheckpointManifest.Load(folder);
        if (part == StatePart.Moment)
        {
            string path = Path.Combine(folder, Checkpoint.OptimizerFile);
            string name = FlipMoment(path);
            string hash = CheckpointManifest.HashName + FileHash.XxHash128(path);
            (manifest with { Files = manifest.Files.ToDictionary(file => file.Key, file => file.Key == Checkpoint.OptimizerFile ? hash : file.Value) })
                .Save(folder);
            return $"a bit of the moment {name}";
        }

        (part == StatePart.Position ? manifest with { NextBatch = manifest.NextBatch ^ 1 } : manifest with { Seed = manifest.Seed ^ 1 }).Save(folder);
        return part == StatePart.Position ? "a bit of the number of the next batch" : "a bit of the state of the random numbers";
    }

    private static string FlipMoment(string path)
    {
        SafetensorsEntry entry;
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            entry = file.Entries.First(tensor => Array.Exists(file.ReadDoubles(tensor.Name), value => value != 0));
        }

        byte[] bytes = File.ReadAllBytes(path);
        int start = sizeof(ulong) + (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes) + (int)entry.Offset;
        int width = (int)entry.Type.ByteLength(1);
        while (!bytes.AsSpan(start, width).ContainsAnyExcept((byte)0))
        {
            start += width;
        }

        bytes[start + Byte] ^= Bit;
        File.WriteAllBytes(path, bytes);
        return entry.Name;
    }
}
