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
    /// <param name="vocabularySize">
    /// Tokens of the model. Negative ids, which some models have for "none", are left out, and so are those beyond the vocabulary in <c>config.json</c>:
    /// a small GPT-2 whose maker named none has GPT-2's 50256 there. In <c>generation_config.json</c> they are mistakes.
    /// </param>
    /// <exception cref="RefusedFileException">The file is no valid JSON, or an id is no whole number or beyond the vocabulary.</exception>
    public static GenerationDefaults Read(string folder, int vocabularySize)
    {
        string path = Path.Combine(folder, Name);
        bool isOwn = File.Exists(path);
        using var settings = new JsonSettings(isOwn ? path : Path.Combine(folder, ModelFolder.ConfigFile));
        return new GenerationDefaults(Only("bos_token_id"), Ids("eos_token_id"), Only("pad_token_id"));

        int? Only(string key) => Ids(key) is [int first, ..] ? first : null;

        List<int> Ids(string key)
        {
            IReadOnlyList<long> named = settings.WholeNumbers(key);
            if (isOwn && named.Any(id => id >= vocabularySize))
            {
                throw new RefusedFileException(
                    path, $"{key} names the token {named.First(id => id >= vocabularySize)}, but the model's vocabulary has {vocabularySize} tokens, 0 to {vocabularySize - 1}; correct the id or take it out.");
            }

            return [.. named.Where(id => id >= 0 && id < vocabularySize).Select(id => (int)id)];
        }
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
