using GptSharp.Data;
using GptSharp.Data.Datasets;
using GptSharp.Data.Sampling;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokens;
using GptSharp.Nn;
using GptSharp.Training.Configuration;

namespace GptSharp.Training.Input;

/// <summary>Prepared data sets that are learnt from together.</summary>
internal sealed class MixedSources : IDisposable
{
    private readonly MixtureList _mixture;
    private readonly List<Dataset> _datasets = [];

    private MixedSources(MixtureList mixture) => _mixture = mixture;

    /// <summary>Opens a mixture as what a run learns from: their training splits mixed, their other splits one after the other.</summary>
    /// <exception cref="CorpusException">One is not there.</exception>
    /// <exception cref="ConfigurationException">They do not fit each other, or were prepared in another way than the configuration says.</exception>
    public static TrainingData Open(DataSection section)
    {
        var mixed = new MixedSources(section.Mixture);
        try
        {
            foreach (MixtureItem item in section.Mixture.Items)
            {
                Dataset dataset = Dataset.Open(item.Path);
                mixed._datasets.Add(dataset);
                PreparedData.RequireTokenizer(section, dataset);
            }

            mixed.RequireOneTokenizer();
            return mixed.Describe();
        }
        catch
        {
            mixed.Dispose();
            throw;
        }
    }

    /// <summary>The mixture of training blocks.</summary>
    public Mixture Mix(int blockLength, BlockAlignment alignment)
    {
        List<(BlockSet, double)> sources = [];
        foreach ((Dataset dataset, MixtureItem item) in _datasets.Zip(_mixture.Items))
        {
            try
            {
                sources.Add((new BlockSet(dataset.Train, blockLength, alignment), item.Amount));
            }
            catch (CorpusException exception)
            {
                throw new CorpusException($"{item.Path}: {exception.Message}", exception);
            }
        }

        return _mixture.IsByEpochs ? Mixture.ByEpochs(sources) : Mixture.ByWeights(sources);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => _datasets.ForEach(dataset => dataset.Dispose());

    private static ITokenSource? Join(IEnumerable<ITokenSource?> splits)
    {
        ITokenSource[] present = [.. splits.OfType<ITokenSource>()];
        return present.Length == 0 ? null : present is [ITokenSource only] ? only : new ShardedTokens(present);
    }

    private TrainingData Describe()
    {
        string unit = _mixture.IsByEpochs ? "*" : "=";
        IEnumerable<string> names = _mixture.Items.Select(item => FormattableString.Invariant($"{item.Path}{unit}{item.Amount}"));
        int?[] separators = [.. _datasets.Select(dataset => dataset.Manifest.SeparatorToken).Distinct()];
        return new TrainingData(
            $"a mixture of {string.Join(", ", names)}",
            string.Join("+", _datasets.Select(dataset => dataset.Manifest.SourceSha256)),
            _datasets[0].Tokenizer,
            Join(_datasets.Select(dataset => dataset.Train))!,
            Join(_datasets.Select(dataset => dataset.Validation)),
            Join(_datasets.Select(dataset => dataset.Test)),
            grammar: null,
            owned: this,
            separator: separators is [{ } common] ? common : null,
            mixed: this);
    }

    private void RequireOneTokenizer()
    {
        string first = TokenizerFile.ToJson(_datasets[0].Tokenizer);
        foreach (Dataset dataset in _datasets.Where(dataset => TokenizerFile.ToJson(dataset.Tokenizer) != first))
        {
            throw new ConfigurationException(
                $"{dataset.Folder} ({dataset.Tokenizer.Kind}, {dataset.Tokenizer.VocabularySize} tokens) has another vocabulary than "
                + $"{_datasets[0].Folder} ({_datasets[0].Tokenizer.Kind}, {_datasets[0].Tokenizer.VocabularySize} tokens); prepare all data sets of a mixture with one tokenizer.",
                "data.mixture");
        }
    }
}
