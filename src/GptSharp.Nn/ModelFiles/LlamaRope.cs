using System.Text.Json;
using GptSharp.Files;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// The rotary embedding of a Llama's <c>config.json</c>: transformers 5 has one object <c>rope_parameters</c>; version 4 has <c>rope_theta</c>
/// and an object <c>rope_scaling</c>.
/// </summary>
internal static class LlamaRope
{
    private const double DefaultTheta = 10000;

    public static RopeConfig Read(string path, JsonSettings settings, string title)
    {
        JsonSettings? parameters = settings.Section("rope_parameters");
        JsonSettings? scaling = settings.Section("rope_scaling");
        if (parameters is not null && scaling is not null)
        {
            throw new RefusedFileException(path, "rope_parameters and rope_scaling are both set; keep the one that the model was trained with.");
        }

        double? outer = Theta(settings);
        double? inner = parameters is null ? null : Theta(parameters);
        if (outer is not null && inner is not null && outer != inner)
        {
            throw new RefusedFileException(path, "rope_theta and rope_parameters.rope_theta differ; keep the one that the model was trained with.");
        }

        RopeConfig rope = new() { Theta = inner ?? outer ?? DefaultTheta };
        return (parameters ?? scaling) is { } given ? Scale(rope, path, given, title) : rope;
    }

    /// <summary>Refuses a head of which only a part is turned: transformers' Llama and its kin cannot do that either.</summary>
    public static void CheckWhole(string path, JsonSettings settings, string title)
    {
        const string key = "partial_rotary_factor";
        if (settings.Number(key, 1, JsonSettings.IsPositive, "a positive number") != 1)
        {
            throw new RefusedFileException(path, $"{settings.FullName(key)} is set; this option is not supported for a {title} here.");
        }
    }

    public static void Write(Utf8JsonWriter json, RopeConfig rope)
    {
        json.WriteStartObject("rope_parameters");
        json.WriteFloat("rope_theta", rope.Theta);
        json.WriteString("rope_type", rope.Scaling == RopeScaling.None ? "default" : rope.Scaling.ToString().ToLowerInvariant());
        if (rope.Scaling != RopeScaling.None)
        {
            json.WriteFloat("factor", rope.Factor);
        }

        if (rope.Scaling == RopeScaling.Llama3)
        {
            json.WriteFloat("low_freq_factor", rope.LowFrequencyFactor);
            json.WriteFloat("high_freq_factor", rope.HighFrequencyFactor);
            json.WriteNumber("original_max_position_embeddings", rope.OriginalBlockSize ?? 0);
        }

        json.WriteEndObject();
    }

    private static RopeConfig Scale(RopeConfig rope, string path, JsonSettings given, string title)
    {
        CheckWhole(path, given, title);
        if (given.Sections.FirstOrDefault() is { } section)
        {
            throw new RefusedFileException(path, $"{given.FullName(section)} is an object; a rotary embedding for each kind of layer is not supported here.");
        }

        // Old files call it type.
        string key = given.Has("rope_type") ? "rope_type" : "type";
        return (given.Text(key) ?? "default") switch
        {
            "default" => rope,
            "linear" => rope with { Scaling = RopeScaling.Linear, Factor = Factor(given) },
            "llama3" => rope with
            {
                Scaling = RopeScaling.Llama3,
                Factor = Factor(given),
                LowFrequencyFactor = given.RequiredNumber("low_freq_factor", JsonSettings.IsPositive, "a positive number"),
                HighFrequencyFactor = given.RequiredNumber("high_freq_factor", JsonSettings.IsPositive, "a positive number"),
                OriginalBlockSize = given.RequiredCount("original_max_position_embeddings"),
            },
            string other => throw new RefusedFileException(
                path, $"{given.FullName(key)} is \"{other}\"; this scaling is not supported here, only default, linear and llama3 are."),
        };
    }

    private static double Factor(JsonSettings given) =>
        given.RequiredNumber("factor", value => value >= 1 && double.IsFinite(value), "a number from 1 up");

    private static double? Theta(JsonSettings settings) => settings.Has("rope_theta")
        ? settings.RequiredNumber("rope_theta", JsonSettings.IsPositive, "a positive number")
        : null;
}
