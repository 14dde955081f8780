using GptSharp.Files;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// Keys of other models' <c>config.json</c> that change what is computed. transformers ignores them in the models that are built here; whoever set
/// one expects it to work, so a value that would change anything is refused.
/// </summary>
internal static class ForeignOptions
{
    // null, false, an empty list or object, and 0 leave a model as it is.
    private static readonly string[] Switches =
    [
        "quantization_config", "is_encoder_decoder", "add_cross_attention", "cross_attention_hidden_size", "pruned_heads",
        "attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar", "clip_qkv", "alibi", "use_alibi",
        "parallel_attn", "use_parallel_residual", "qk_layernorm", "use_qk_norm", "use_mrope", "no_rope_layers", "no_rope_layer_interval",
        "num_local_experts", "num_experts", "attention_chunk_size",
    ];

    // 1 leaves a model as it is, too.
    private static readonly string[] Factors =
        ["embedding_multiplier", "residual_multiplier", "attention_multiplier", "logits_scaling", "logit_scale", "scale_emb", "scale_depth"];

    /// <summary>Refuses the first such key that is set.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="settings">Its keys.</param>
    /// <param name="title">The model's name in sentences.</param>
    /// <param name="more">Further keys that this model has no place for.</param>
    public static void Check(string path, JsonSettings settings, string title, params IEnumerable<string> more)
    {
        string? set = Switches.Concat(more).FirstOrDefault(key => !settings.IsIdle(key))
            ?? Factors.FirstOrDefault(key => !settings.IsIdle(key) && settings.Number(key, 1, double.IsFinite, "a number") != 1);
        if (set is not null)
        {
            throw new RefusedFileException(path, $"{set} is set; this option is not supported for a {title} here.");
        }
    }
}
