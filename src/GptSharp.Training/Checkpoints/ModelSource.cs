using GptSharp.Interop;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Training.Input;

namespace GptSharp.Training.Checkpoints;

/// <summary>Models from wherever a command line may name them: a run, one of its checkpoints, or a model in another program's format.</summary>
public static class ModelSource
{
    /// <summary>Loads a model with its tokenizer.</summary>
    /// <param name="path">A run's folder, a checkpoint's, a folder in Hugging Face layout, or a GGUF file.</param>
    /// <param name="device">Where the model goes.</param>
    /// <param name="notice">Told of damaged checkpoints that were passed over.</param>
    /// <exception cref="Files.RefusedFileException">There is no model, or none that is sound and can be built here.</exception>
    public static ModelPackage Open(string path, Device device, Action<string> notice) => IsForeign(path)
        ? ModelPackage.Open(path, device.Engine, device.Precision)
        : TrainedModel.Open(path, device, notice).ToPackage();

    /// <summary>Loads a model with its tokenizer, and says between which tokens it writes a text.</summary>
    /// <param name="path">As above.</param>
    /// <param name="device">Where the model goes.</param>
    /// <param name="notice">Told of damaged checkpoints that were passed over.</param>
    /// <param name="marks">The tokens that begin and end texts: of a run as it learnt them, of another program's model as its files say.</param>
    /// <exception cref="Files.RefusedFileException">There is no model, or none that is sound and can be built here.</exception>
    public static ModelPackage Open(string path, Device device, Action<string> notice, out TextMarks marks)
    {
        if (!IsForeign(path))
        {
            TrainedModel trained = TrainedModel.Open(path, device, notice);
            marks = TextMarks.Of(trained.Config.Data, trained.Tokenizer);
            return trained.ToPackage();
        }

        ModelPackage package = ModelPackage.Open(path, device.Engine, device.Precision);
        int? end = package.Generation.EndTokens.Count > 0 ? package.Generation.EndTokens[0] : null;
        marks = new TextMarks(package.Generation.BeginToken ?? end ?? LineFeed(package), end);
        return package;
    }

    /// <summary>The shape of the model in a folder: a run's (its best checkpoint), a checkpoint's, or one in Hugging Face layout.</summary>
    /// <exception cref="Files.RefusedFileException">There is no model, or none that can be built here.</exception>
    public static GptConfig ReadConfig(string folder)
    {
        if (!IsRun(folder))
        {
            return ModelFolder.ReadConfig(folder);
        }

        string checkpoint = File.Exists(Path.Combine(folder, CheckpointManifest.FileName)) ? folder : new CheckpointStore(folder).FindBest(_ => { }).Folder;
        return CheckpointManifest.Load(checkpoint).Model;
    }

    private static int? LineFeed(ModelPackage package) => package.Tokenizer is { } tokenizer ? TextMarks.TokenOf(tokenizer, "\n") : null;

    /// <summary>Whether a path is a model of another program, or at least a file, which no run is.</summary>
    public static bool IsForeign(string path) => !IsRun(path) && (File.Exists(path) || ModelFormats.All.Any(format => format.Recognizes(path)));

    /// <summary>Whether a path is a run's folder or one of its checkpoints, by what stands in it.</summary>
    public static bool IsRun(string path) =>
        File.Exists(Path.Combine(path, CheckpointManifest.FileName)) || new CheckpointStore(path).Steps.Count > 0;
}
