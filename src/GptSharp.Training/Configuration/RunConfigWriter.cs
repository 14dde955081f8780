using System.Text;

namespace GptSharp.Training.Configuration;

/// <summary>Writes configurations, and the reference of every key, from the table in <see cref="Settings"/>.</summary>
public static class RunConfigWriter
{
    /// <summary>Every key with its value, as YAML that <see cref="RunConfigReader"/> reads back to an equal configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <returns>The text, with line feeds.</returns>
    public static string ToYaml(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        StringBuilder yaml = new();
        foreach (IGrouping<string, Setting> section in Settings.All.GroupBy(setting => setting.Section))
        {
            yaml.Append(section.Key).Append(":\n");
            foreach (Setting setting in section)
            {
                yaml.Append("  ").Append(setting.Name).Append(": ").Append(setting.Format(config)).Append('\n');
            }
        }

        return yaml.ToString();
    }

    /// <summary>What every key means, its valid values and its default, for reading in a terminal.</summary>
    /// <param name="width">Columns to wrap the explanations at.</param>
    /// <returns>The text, with line feeds.</returns>
    public static string Reference(int width = 80)
    {
        StringBuilder text = new();
        foreach (IGrouping<string, Setting> section in Settings.All.GroupBy(setting => setting.Section))
        {
            text.Append(section.Key).Append(":\n");
            foreach (Setting setting in section)
            {
                text.Append("  ").Append(setting.Name).Append(": ").Append(setting.Default).Append('\n');
                AppendWrapped(text, $"{setting.Help} ({setting.Expected})", "      ", width);
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static void AppendWrapped(StringBuilder text, string sentence, string indent, int width)
    {
        int column = 0;
        foreach (string word in sentence.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > width)
            {
                text.Append('\n');
                column = 0;
            }

            string gap = column == 0 ? indent : " ";
            text.Append(gap).Append(word);
            column += gap.Length + word.Length;
        }

        text.Append('\n');
    }
}
