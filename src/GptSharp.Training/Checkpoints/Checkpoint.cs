using GptSharp.Files;
using GptSharp.Nn;
using GptSharp.Tensors.Memory;
using GptSharp.Training.Optimization;

namespace GptSharp.Training.Checkpoints;

/// <summary>
/// One checkpoint: a folder with the model, the optimizer's moments and a manifest. It is written under a temporary name, flushed
/// and then renamed, so a folder with a final name is complete unless the disk itself lost something; that, the hashes show.
/// </summary>
public static class Checkpoint
{
    /// <summary>The model's parameters.</summary>
    public const string ModelFile = "model.safetensors";

    /// <summary>The optimizer's moments.</summary>
    public const string OptimizerFile = "optimizer.safetensors";

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="folder">Where; must not exist.</param>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">Its optimizer.</param>
    /// <param name="manifest">The rest; hashes are filled in here.</param>
    /// <exception cref="IOException">The disk is full or refuses; nothing is left behind.</exception>
    public static void Save(string folder, Gpt model, Optimizer optimizer, CheckpointManifest manifest)
    {
        string temporary = folder + AtomicFile.TemporarySuffix;
        try
        {
            RemoveFolder(temporary);
            Directory.CreateDirectory(temporary);
            ParameterFile.Save(Path.Combine(temporary, ModelFile), model, ("", model.Arena.PreciseValues!));
            ParameterFile.Save(Path.Combine(temporary, OptimizerFile), model, StatesOf(optimizer));
            string[] files = [ModelFile, OptimizerFile];
            CheckpointManifest complete = manifest with
            {
                Files = files.ToDictionary(file => file, file => FileHash.Sha256(Path.Combine(temporary, file))),
            };
            complete.Save(temporary);
            Directory.Move(temporary, folder);
            AtomicFile.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(folder))!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            RemoveFolder(temporary);
            throw new IOException($"The checkpoint {folder} could not be saved: {exception.Message}", exception);
        }
    }

    /// <summary>Checks that every file is there and has the bytes that were written.</summary>
    /// <exception cref="RefusedFileException">A file is missing or damaged.</exception>
    public static CheckpointManifest Verify(string folder)
    {
        CheckpointManifest manifest = CheckpointManifest.Load(folder);
        foreach ((string name, string hash) in manifest.Files)
        {
            string path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                throw new RefusedFileException(path, "it is missing from its checkpoint.");
            }

            if (FileHash.Sha256(path) != hash)
            {
                throw new RefusedFileException(path, "it is damaged: its SHA-256 is not the one in the checkpoint's manifest.");
            }
        }

        return manifest;
    }

    /// <summary>Reads the model's parameters.</summary>
    public static void LoadModel(string folder, Gpt model)
    {
        ParameterFile.Load(Path.Combine(folder, ModelFile), model, ("", model.Arena.PreciseValues!));
        model.Arena.RoundMasterWeights();
    }

    /// <summary>Reads the optimizer's moments.</summary>
    public static void LoadOptimizer(string folder, Gpt model, Optimizer optimizer) =>
        ParameterFile.Load(Path.Combine(folder, OptimizerFile), model, StatesOf(optimizer));

    internal static void RemoveFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (string, ParameterBuffer)[] StatesOf(Optimizer optimizer) =>
        [.. optimizer.States.Select(state => (state.Name + ".", state))];
}
