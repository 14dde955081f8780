using GptSharp.Data.Tokenizers;
using GptSharp.Files;
using GptSharp.Interop;
using GptSharp.Nn;
using GptSharp.Training.Configuration;
using GptSharp.Training.Input;

namespace GptSharp.Training.Checkpoints;

/// <summary>A model as a run left it, with what is needed to use it.</summary>
public sealed class TrainedModel : IDisposable
{
    private TrainedModel(string folder, CheckpointManifest manifest, Device device)
    {
        string manifestFile = Path.Combine(folder, CheckpointManifest.FileName);
        (Folder, Manifest) = (folder, manifest);
        Tokenizer = TokenizerFile.FromJson(manifest.Tokenizer, manifestFile);
        TokenizerFile.RequireFit(Tokenizer, manifest.Model.VocabularySize, manifestFile);
        Config = RunConfigReader.Parse(manifest.Config, manifestFile);
        Model = new Gpt(device.Engine, manifest.Model, device.Precision);
        try
        {
            Checkpoint.LoadModel(folder, Model);
        }
        catch
        {
            Model.Dispose();
            throw;
        }
    }

    /// <summary>The checkpoint.</summary>
    public string Folder { get; }

    /// <summary>What the checkpoint says about itself.</summary>
    public CheckpointManifest Manifest { get; }

    /// <summary>The configuration of the run.</summary>
    public RunConfig Config { get; }

    /// <summary>How text becomes the model's tokens.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>The model.</summary>
    public Gpt Model { get; }

    /// <summary>Loads the best checkpoint of a run, or one checkpoint.</summary>
    /// <param name="folder">The folder of either.</param>
    /// <param name="device">Where the model goes.</param>
    /// <param name="notice">Told of damaged checkpoints that were passed over.</param>
    /// <exception cref="RefusedFileException">There is no sound checkpoint.</exception>
    public static TrainedModel Open(string folder, Device device, Action<string> notice)
    {
        if (!Directory.Exists(folder))
        {
            throw new RefusedFileException(folder, "there is no such folder; give that of a run, as train names it at its end.");
        }

        (string checkpoint, CheckpointManifest manifest) = File.Exists(Path.Combine(folder, CheckpointManifest.FileName))
            ? (folder, Checkpoint.Verify(folder))
            : new CheckpointStore(folder).FindBest(notice);
        return new TrainedModel(checkpoint, manifest, device);
    }

    /// <summary>
    /// The model with its tokenizer and the token that separates its documents, in the form that other formats are made from. The package owns the
    /// model from now on.
    /// </summary>
    public ModelPackage ToPackage()
    {
        TextMarks marks = TextMarks.Of(Config.Data, Tokenizer);
        TextTokenizer? text = Tokenizer as TextTokenizer;
        int? end = marks.Stop ?? text?.EndToken;
        return new ModelPackage(
            Model, Tokenizer, new GenerationDefaults(marks.Stop ?? text?.BeginToken, end is { } token ? [token] : [], PaddingToken: null));
    }

    /// <summary>Frees the model.</summary>
    public void Dispose() => Model.Dispose();
}
