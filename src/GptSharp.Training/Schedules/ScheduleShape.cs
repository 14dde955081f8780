namespace GptSharp.Training.Schedules;

/// <summary>What the learning rate does after its warm-up.</summary>
public enum ScheduleShape
{
    /// <summary>Half a cosine from the peak to the minimum (Loshchilov and Hutter 2017, arXiv:1608.03983).</summary>
    Cosine,

    /// <summary>A straight line from the peak to the minimum.</summary>
    Linear,

    /// <summary>Stays at the peak.</summary>
    Constant,

    /// <summary>Warm-up, stable, decay: stays at the peak and falls to the minimum over the last steps (Hu et al. 2024, arXiv:2404.06395).</summary>
    Wsd,
}
