using GptSharp.Nn;

namespace GptSharp.Training.Configuration;

/// <summary>Decides whether a run that was started under one configuration may go on under another.</summary>
public static class ResumeComparison
{
    /// <summary>Compares every key by its <see cref="ResumeRule"/>.</summary>
    /// <param name="started">The configuration that the run was started with.</param>
    /// <param name="resumed">The one to go on with.</param>
    /// <returns>One sentence per change that puts the run on another trajectory; empty when it continues to the bit.</returns>
    /// <exception cref="ConfigurationException">A key changed that a run must keep.</exception>
    public static IReadOnlyList<string> Check(RunConfig started, RunConfig resumed)
    {
        List<string> notices = [];
        (started, resumed) = (WithShares(started, resumed.Data), WithShares(resumed, started.Data));
        foreach (Setting setting in Settings.All)
        {
            (string before, string now) = (setting.Format(started), setting.Format(resumed));
            if (before == now)
            {
                continue;
            }

            if (setting.Resume == ResumeRule.Fixed)
            {
                throw new ConfigurationException(
                    $"{setting.Key} was {before} when this run started and is {now} now, which its checkpoint does not fit; "
                    + "set it back, or start a new run under another train.name.",
                    setting.Key);
            }

            if (setting.Resume == ResumeRule.Announced)
            {
                notices.Add($"{setting.Key} was {before} and is now {now}: from here the run differs from one that was never interrupted.");
            }
        }

        return notices;
    }

    // A share that is left to a data set is the one it was prepared with, and where it is named, the data set is held to it when it is opened.
    private static RunConfig WithShares(RunConfig config, DataSection other)
    {
        return config with
        {
            Data = config.Data with
            {
                ValidationShare = Validation(config.Data) ?? Validation(other),
                TestShare = Test(config.Data) ?? Test(other),
            },
        };

        static double? Validation(DataSection data) => data.IsBuiltIn ? data.EffectiveValidationShare : data.ValidationShare;
        static double? Test(DataSection data) => data.IsBuiltIn ? data.EffectiveTestShare : data.TestShare;
    }
}
