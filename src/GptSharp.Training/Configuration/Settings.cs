using GptSharp.Nn;

namespace GptSharp.Training.Configuration;

/// <summary>The table of every key that a configuration file or <c>--set</c> may give.</summary>
public static class Settings
{
    /// <summary>Every setting, by section, in the order in which they are applied and written.</summary>
    public static IReadOnlyList<Setting> All { get; } = [.. ModelSettings.All, .. DataSettings.All, .. TrainSettings.All, .. SampleSettings.All];

    /// <summary>Names of the sections, in order.</summary>
    public static IReadOnlyList<string> Sections { get; } = [.. All.Select(setting => setting.Section).Distinct()];

    /// <summary>Finds a setting by its full name.</summary>
    /// <param name="key">For example <c>train.lr</c>.</param>
    /// <returns>The setting, or null when there is none of that name.</returns>
    public static Setting? TryFind(string key) => All.FirstOrDefault(setting => setting.Key == key);

    /// <summary>The valid key that a wrong one most probably meant.</summary>
    /// <param name="key">What the user wrote, with or without its section.</param>
    /// <returns>
    /// A key of the same name in another section; or a section, or a key of the same section, of a similar name; or else the key whose full
    /// name is nearest.
    /// </returns>
    public static string NearestKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        string name = key[(key.LastIndexOf('.') + 1)..];
        if (All.FirstOrDefault(setting => setting.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } moved)
        {
            return moved.Key;
        }

        if (NearestName.Find(key, Sections) is { } section)
        {
            return section;
        }

        string prefix = key[..^name.Length];
        IEnumerable<Setting> near = All.Where(setting => setting.Key.StartsWith(prefix, StringComparison.Ordinal));
        return NearestName.Find(name, near.Select(setting => setting.Name)) is { } similar
            ? near.First(setting => setting.Name == similar).Key
            : NearestName.Closest(key, All.Select(setting => setting.Key));
    }
}
