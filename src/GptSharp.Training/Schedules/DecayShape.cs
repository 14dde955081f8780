namespace GptSharp.Training.Schedules;

/// <summary>How <see cref="ScheduleShape.Wsd"/> falls; q runs from 0 at the start of the decay to 1 at its end.</summary>
public enum DecayShape
{
    /// <summary>1 - q of the way above the minimum.</summary>
    Linear,

    /// <summary>1 - sqrt(q) of the way above the minimum: steep first (Hägele et al. 2024, arXiv:2405.18392).</summary>
    OneMinusSqrt,

    /// <summary>(1 + cos(pi q)) / 2 of the way above the minimum.</summary>
    Cosine,

    /// <summary>peak (minimum / peak)^q: the same factor every step; the minimum must be above 0.</summary>
    Exponential,
}
