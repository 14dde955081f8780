using System.IO.Hashing;
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

    private const int PieceBytes = 8 << 20;

    /// <summary>Reads a part of a checkpoint's file, as it will be: page-aligned memory that stays as it is until the next call.</summary>
    internal delegate ReadOnlySpan<byte> PartReader(int file, long start, int count);

    /// <summary>Writes a checkpoint of a model that nobody trains meanwhile.</summary>
    /// <param name="folder">Where; must not exist.</param>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">Its optimizer.</param>
    /// <param name="manifest">The rest; hashes are filled in here.</param>
    /// <exception cref="IOException">The disk is full or refuses; nothing is left behind.</exception>
    public static void Save(string folder, Gpt model, Optimizer optimizer, CheckpointManifest manifest) =>
        Save(folder, FilesOf(model, optimizer), manifest);

    /// <summary>Writes a checkpoint from the very memory that is trained.</summary>
    internal static void Save(string folder, IReadOnlyList<CheckpointFile> files, CheckpointManifest manifest)
    {
        using var buffer = new AlignedBuffer((int)Math.Min(PieceBytes, files.Max(file => file.AlignedLength)));
        Save(folder, files, manifest, (file, start, count) =>
        {
            Span<byte> piece = buffer.Span[..count];
            files[file].Read(start, piece);
            return piece;
        });
    }

    /// <summary>Writes a checkpoint from wherever its bytes are.</summary>
    internal static void Save(string folder, IReadOnlyList<CheckpointFile> files, CheckpointManifest manifest, PartReader read)
    {
        string temporary = folder + AtomicFile.TemporarySuffix;
        try
        {
            RemoveFolder(temporary);
            Directory.CreateDirectory(temporary);
            var hashes = new Dictionary<string, string>();
            for (int i = 0; i < files.Count; i++)
            {
                hashes.Add(files[i].Name, Write(Path.Combine(temporary, files[i].Name), files[i], i, read));
            }

            (manifest with { Files = hashes }).Save(temporary); // flushes the folder, too
            Directory.Move(temporary, folder);
            AtomicFile.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(folder))!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            TryRemoveFolder(temporary);
            throw new IOException($"The checkpoint {folder} could not be saved: {exception.Message}", exception);
        }
    }

    /// <summary>The files of a checkpoint, as they would be now.</summary>
    internal static IReadOnlyList<CheckpointFile> FilesOf(Gpt model, Optimizer optimizer) =>
    [
        new(ModelFile, model, ("", model.Arena.PreciseValues!)),
        new(OptimizerFile, model, StatesOf(optimizer)),
    ];

    /// <summary>Checks that every file is there and has the bytes that were written.</summary>
    /// <exception cref="RefusedFileException">A file is missing or damaged.</exception>
    public static CheckpointManifest Verify(string folder)
    {
        CheckpointManifest manifest = CheckpointManifest.Load(folder);
        foreach ((string name, string hash) in manifest.Files)
        {
            Verify(Path.Combine(folder, name), hash);
        }

        return manifest;
    }

    /// <summary>Checks one file of a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="hash">Its hash, as the manifest has it.</param>
    /// <exception cref="RefusedFileException">It is missing or damaged.</exception>
    public static void Verify(string path, string hash)
    {
        if (!File.Exists(path))
        {
            throw new RefusedFileException(path, "it is missing from its checkpoint.");
        }

        // Before format 2, hashes were those of SHA-256 and said no name.
        bool isFast = hash.StartsWith(CheckpointManifest.HashName, StringComparison.Ordinal);
        string actual = isFast ? CheckpointManifest.HashName + FileHash.XxHash128(path) : FileHash.Sha256(path);
        if (actual != hash)
        {
            throw new RefusedFileException(
                path, $"it is damaged: its {(isFast ? "XXH128" : "SHA-256")} is not the one in the checkpoint's manifest.");
        }
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

    private static string Write(string path, CheckpointFile file, int index, PartReader read)
    {
        using SequentialFile stream = SequentialFile.Create(path);
        var hash = new XxHash128();
        for (long start = 0; start < file.Length; start += PieceBytes)
        {
            ReadOnlySpan<byte> piece = read(index, start, (int)Math.Min(PieceBytes, file.AlignedLength - start));
            hash.Append(piece[..(int)Math.Min(piece.Length, file.Length - start)]);
            stream.Append(piece);
        }

        stream.Finish(file.Length);
        return CheckpointManifest.HashName + Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static void TryRemoveFolder(string folder)
    {
        try
        {
            RemoveFolder(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to report.
        }
    }

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
