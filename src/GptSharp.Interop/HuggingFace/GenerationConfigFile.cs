using GptSharp.Files;
using GptSharp.Nn.ModelFiles;

namespace GptSharp.Interop.HuggingFace;

/// <summary>
/// The special tokens of a Hugging Face folder: those of <c>generation_config.json</c>, or where there is none, those of <c>config.json</c>, as in
/// transformers. How texts are sampled is up to whoever samples.
/// </summary>
internal static class GenerationConfigFile
{
    public const string Name = "generation_config.json";

    /// <summary>Reads them.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="vocabularySize">Tokens of the model. Ids outside, which some models have for "none", are left out.</param>
    /// <exception cref="RefusedFileException">The file is no valid JSON, or an id is no whole number.</exception>
    public static GenerationDefaults Read(string folder, int vocabularySize)
    {
        string path = Path.Combine(folder, Name);
        using var settings = new JsonSettings(File.Exists(path) ? path : Path.Combine(folder, ModelFolder.ConfigFile));
        return new GenerationDefaults(
            Inside("bos_token_id").Select(id => (int?)id).FirstOrDefault(),
            [.. Inside("eos_token_id")],
            Inside("pad_token_id").Select(id => (int?)id).FirstOrDefault());

        IEnumerable<int> Inside(string key) => settings.WholeNumbers(key).Where(id => id >= 0 && id < vocabularySize).Select(id => (int)id);
    }

    /// <summary>Writes <c>generation_config.json</c>, as transformers derives it from a model's configuration.</summary>
    public static void Write(string folder, GenerationDefaults generation) => ConfigWriter.Write(Path.Combine(folder, Name), json =>
    {
        json.WriteBoolean("_from_model_config", true);
        Options(generation).WriteTokens(json);
        json.WriteBoolean("use_cache", true);
    });

    /// <summary>The same for <c>config.json</c>.</summary>
    public static ModelFolderOptions Options(GenerationDefaults generation) => new()
    {
        BeginToken = generation.BeginToken,
        EndTokens = generation.EndTokens,
        PaddingToken = generation.PaddingToken,
    };
}
