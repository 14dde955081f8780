namespace GptSharp.Training.Configuration;

/// <summary>A device by its name.</summary>
internal sealed class DeviceFormat() : ValueFormat<string>("one of " + string.Join(", ", Devices.Names))
{
    public override bool TryParse(string text, bool quoted, out string value)
    {
        value = text.ToLowerInvariant();
        return Devices.IsName(value);
    }

    public override string ToYaml(string value) => value;
}
