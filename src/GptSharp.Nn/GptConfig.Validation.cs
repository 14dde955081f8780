using System.Globalization;
using GptSharp.Tensors;

namespace GptSharp.Nn;

/// <content>Which configurations are possible.</content>
public sealed partial record GptConfig
{
    /// <summary>Checks that a model of this shape can exist.</summary>
    /// <returns>This configuration, for chaining.</returns>
    /// <exception cref="ConfigurationException">
    /// A value is out of range or two contradict each other; the sentence names the keys as a config file spells them.
    /// </exception>
    public GptConfig Validate()
    {
        RequirePositive("model.vocabulary", VocabularySize, int.MaxValue - VocabularyPadding);
        RequirePositive("model.block", BlockSize, int.MaxValue);
        RequirePositive("model.layers", LayerCount, int.MaxValue);
        RequirePositive("model.heads", HeadCount, int.MaxValue);
        RequirePositive("model.channels", Width, int.MaxValue / 4);
        RequirePositive("model.mlp", MlpWidth, int.MaxValue / 2);
        ValidateHeads();
        if (!(Dropout >= 0 && Dropout < 1))
        {
            throw new ConfigurationException(
                $"model.dropout ({Text(Dropout)}) is not a probability from 0 to below 1; 0 switches dropout off.", "model.dropout");
        }

        if (!(LayerNormEpsilon > 0 && double.IsFinite(LayerNormEpsilon)))
        {
            throw new ConfigurationException(
                $"model.layer_norm_epsilon ({Text(LayerNormEpsilon)}) is not a positive number; GPT-2 uses 1e-5.", "model.layer_norm_epsilon");
        }

        if (Gelu != GeluForm.Tanh && !Activation.UsesGelu())
        {
            throw new ConfigurationException(
                $"model.gelu (erf) has no effect on model.activation ({Activation.ToString().ToLowerInvariant()}), which is no GELU; leave it out, or use gelu or geglu.",
                "model.gelu");
        }

        RequireNotNegative("model.z_loss", ZLoss, "adds no such term to the loss");
        RequireNotNegative("model.logit_cap", LogitCap, "leaves logits alone");
        RequireNotNegative("model.attention_cap", AttentionCap, "leaves attention scores alone");
        ValidateSight();
        ValidateRope();
        return this;
    }

    private void ValidateHeads()
    {
        RequirePositive("model.kv_heads", KeyHeadCount, int.MaxValue);
        if (_headSize is null && Width % HeadCount != 0)
        {
            throw new ConfigurationException(
                $"model.heads ({HeadCount}) does not divide model.channels ({Width}): every head needs the same whole number of channels; "
                + $"{NearestDivisors(HeadCount, Width)} would fit.",
                "model.heads");
        }

        RequirePositive("model.head_size", HeadSize, int.MaxValue);
        if (HeadCount % KeyHeadCount != 0)
        {
            throw new ConfigurationException(
                $"model.kv_heads ({KeyHeadCount}) does not divide model.heads ({HeadCount}): every key head is shared by the same number of query heads; "
                + $"{NearestDivisors(KeyHeadCount, HeadCount)} would fit.",
                "model.kv_heads");
        }

        if (((long)HeadCount + (2L * KeyHeadCount)) * HeadSize > int.MaxValue)
        {
            throw new ConfigurationException(
                $"model.heads ({HeadCount}) times model.head_size ({HeadSize}) is too large; with keys and values, the most that can be addressed is {int.MaxValue}.",
                "model.heads");
        }
    }

    private void ValidateSight()
    {
        if (Window is { } window)
        {
            RequirePositive("model.window", window, int.MaxValue);
            if (window > BlockSize)
            {
                throw new ConfigurationException(
                    $"model.window ({window}) is longer than model.block ({BlockSize}), so nothing would be out of sight; shorten it, or leave it out.",
                    "model.window");
            }
        }

        if (DocumentToken is { } token && (uint)token >= VocabularySize)
        {
            throw new ConfigurationException(
                $"model.document_mask needs a token that begins documents, but token {token} is not among the {VocabularySize} of model.vocabulary.",
                "model.document_mask");
        }
    }

    private static void RequirePositive(string key, int value, int largest)
    {
        if (value < 1)
        {
            throw new ConfigurationException($"{key} ({value}) is not a positive whole number; use 1 or more.", key);
        }

        if (value > largest)
        {
            throw new ConfigurationException($"{key} ({value}) is too large; the most that can be addressed is {largest}.", key);
        }
    }

    private static void RequireNotNegative(string key, double value, string zeroMeans)
    {
        if (!(value >= 0 && double.IsFinite(value)))
        {
            throw new ConfigurationException($"{key} ({Text(value)}) is not a number from 0 up; 0 {zeroMeans}.", key);
        }
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string NearestDivisors(int wanted, int number)
    {
        int below = Math.Min(wanted, number);
        while (number % below != 0)
        {
            below--;
        }

        int above = wanted;
        while (above < number && number % above != 0)
        {
            above++;
        }

        return above <= number && number % above == 0 && above != below ? $"{below} or {above}" : $"{below}";
    }
}
