namespace GptSharp.Nn;

/// <content>Which options of rotary embedding are possible.</content>
public sealed partial record GptConfig
{
    private void ValidateRope()
    {
        if (Positions != PositionEncoding.Rope)
        {
            RequireDefault(Rope, new RopeConfig(), $"model.positions ({Positions.ToString().ToLowerInvariant()}); set that to rope, or leave it out");
            return;
        }

        RequirePositive("model.rope_width", RopeWidth, int.MaxValue);
        if (RopeWidth > HeadSize)
        {
            throw new ConfigurationException(
                $"model.rope_width ({RopeWidth}) is larger than model.head_size ({HeadSize}): a head has no more channels to turn.", "model.rope_width");
        }

        if (RopeWidth % 2 != 0)
        {
            throw Rope.Width is null
                ? new ConfigurationException(
                    $"model.head_size ({HeadSize}) is odd, but model.positions (rope) turns channels in pairs; make it even, or set model.rope_width to an even number below it.",
                    "model.head_size")
                : new ConfigurationException(
                    $"model.rope_width ({RopeWidth}) is odd, but model.positions (rope) turns channels in pairs; use an even number.", "model.rope_width");
        }

        if (!(Rope.Theta > 0 && double.IsFinite(Rope.Theta)))
        {
            throw new ConfigurationException($"model.rope_theta ({Text(Rope.Theta)}) is not a positive number; 10000 is usual.", "model.rope_theta");
        }

        ValidateScaling();
    }

    private void ValidateScaling()
    {
        RopeConfig usual = new() { Theta = Rope.Theta, Pairing = Rope.Pairing, Width = Rope.Width };
        string scaling = $"model.rope_scaling ({Rope.Scaling.ToString().ToLowerInvariant()}); ";
        if (Rope.Scaling == RopeScaling.None)
        {
            RequireDefault(Rope, usual, scaling + "choose a scaling, or leave it out");
            return;
        }

        if (!(Rope.Factor >= 1 && double.IsFinite(Rope.Factor)))
        {
            throw new ConfigurationException(
                $"model.rope_factor ({Text(Rope.Factor)}) is not a number from 1 up, by which model.rope_scaling could stretch the context.", "model.rope_factor");
        }

        if (Rope.Scaling != RopeScaling.Llama3)
        {
            RequireDefault(Rope, usual with { Scaling = Rope.Scaling, Factor = Rope.Factor }, scaling + "only llama3 has such a limit, so leave it out");
            return;
        }

        RequirePositive(
            "model.rope_original_block",
            Rope.OriginalBlockSize ?? throw new ConfigurationException(
                "model.rope_scaling (llama3) needs model.rope_original_block, the context that the frequencies were made for; Llama 3 has 8192.",
                "model.rope_scaling"),
            int.MaxValue);
        if (!(Rope.LowFrequencyFactor > 0 && Rope.HighFrequencyFactor > Rope.LowFrequencyFactor && double.IsFinite(Rope.HighFrequencyFactor)))
        {
            throw new ConfigurationException(
                $"model.rope_low_freq_factor ({Text(Rope.LowFrequencyFactor)}) must be positive and below model.rope_high_freq_factor ({Text(Rope.HighFrequencyFactor)}); "
                + "Llama 3 has 1 and 4.",
                "model.rope_low_freq_factor");
        }
    }

    // An option that is set and has no effect is a mistake about what another option does.
    private static void RequireDefault(RopeConfig set, RopeConfig usual, string with)
    {
        (string Key, object? Value, object? Usual)[] options =
        [
            ("model.rope_theta", set.Theta, usual.Theta),
            ("model.rope_pairing", set.Pairing, usual.Pairing),
            ("model.rope_width", set.Width, usual.Width),
            ("model.rope_scaling", set.Scaling, usual.Scaling),
            ("model.rope_factor", set.Factor, usual.Factor),
            ("model.rope_low_freq_factor", set.LowFrequencyFactor, usual.LowFrequencyFactor),
            ("model.rope_high_freq_factor", set.HighFrequencyFactor, usual.HighFrequencyFactor),
            ("model.rope_original_block", set.OriginalBlockSize, usual.OriginalBlockSize),
        ];
        foreach ((string key, object? value, object? plain) in options)
        {
            if (!Equals(value, plain))
            {
                throw new ConfigurationException($"{key} ({FormattableString.Invariant($"{value}").ToLowerInvariant()}) has no effect with {with}.", key);
            }
        }
    }
}
