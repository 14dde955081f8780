using GptSharp.Data.Sampling;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Input;

namespace GptSharp.Training.Runs;

/// <summary>Compares the run that a checkpoint comes from with the one that goes on from it.</summary>
internal static class ResumeCheck
{
    /// <summary>What puts the run on another trajectory than one that was never interrupted.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="manifest">What it says about itself.</param>
    /// <param name="config">The configuration to go on with.</param>
    /// <param name="data">The data to go on with.</param>
    /// <param name="device">What computes from here.</param>
    /// <param name="batches">How the data becomes batches.</param>
    /// <returns>A sentence for each; none if the run goes on to the bit.</returns>
    /// <exception cref="GptSharp.Nn.ConfigurationException">Something changed that the checkpoint does not fit.</exception>
    public static IReadOnlyList<string> Notices(
        string folder, CheckpointManifest manifest, RunConfig config, TrainingData data, Device device, BatchSampler batches)
    {
        data.RequireTokenizer(manifest.Tokenizer, folder);
        List<string> notices = [.. ResumeComparison.Check(RunConfigReader.Parse(manifest.Config, folder), config)];
        if (manifest.Data != data.Identity)
        {
            notices.Add($"The text of {data.Description} is not the one that the run has learnt from: from here the run differs from one that was never interrupted.");
        }
        else if (manifest.NextBatchHash is { } hash && BatchHash.Of(batches, manifest.NextBatch) is { } now && now != hash)
        {
            notices.Add($"Batch {manifest.NextBatch} of {data.Description} is not the one that the checkpoint expects next: not bit-exact from here.");
        }

        Compare("The run was computed on", manifest.Device, device.Engine.Backend.Arithmetic);
        Compare("The checkpoint's random numbers are", manifest.RandomScheme, CheckpointManifest.CurrentRandomScheme);
        Compare("The checkpoint's batches are a", manifest.PositionScheme, CheckpointManifest.CurrentPositionScheme);
        Compare("The checkpoint was saved by", manifest.Writer, CheckpointManifest.CurrentWriter);
        return notices;

        void Compare(string subject, string before, string now)
        {
            if (before != now)
            {
                notices.Add($"{subject} {before} and the run goes on with {now}: not bit-exact from here.");
            }
        }
    }
}
