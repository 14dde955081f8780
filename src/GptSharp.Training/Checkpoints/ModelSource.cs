using GptSharp.Interop;

namespace GptSharp.Training.Checkpoints;

/// <summary>Models from wherever a command line may name them: a run, one of its checkpoints, or a model in another program's format.</summary>
public static class ModelSource
{
    /// <summary>Loads a model with its tokenizer.</summary>
    /// <param name="path">A run's folder, a checkpoint's, a folder in Hugging Face layout, or a GGUF file.</param>
    /// <param name="device">Where the model goes.</param>
    /// <param name="notice">Told of damaged checkpoints that were passed over.</param>
    /// <exception cref="Files.RefusedFileException">There is no model, or none that is sound and can be built here.</exception>
    public static ModelPackage Open(string path, Device device, Action<string> notice) => IsRun(path)
        ? TrainedModel.Open(path, device, notice).ToPackage()
        : ModelPackage.Open(path, device.Engine, device.Precision);

    /// <summary>Whether a path is a run's folder or one of its checkpoints, by what stands in it.</summary>
    public static bool IsRun(string path) =>
        File.Exists(Path.Combine(path, CheckpointManifest.FileName)) || new CheckpointStore(path).Steps.Count > 0;
}
