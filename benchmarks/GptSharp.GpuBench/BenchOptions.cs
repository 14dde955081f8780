namespace GptSharp.GpuBench;

/// <summary>What the program was asked to do.</summary>
/// <param name="Device"><c>cuda</c>, <c>cuda:N</c> or <c>emulator</c>.</param>
/// <param name="IsSmall">Small shapes and one case of each operation: for the emulator, to see that everything works.</param>
/// <param name="Output">The JSON file.</param>
internal sealed record BenchOptions(string Device, bool IsSmall, string Output)
{
    /// <summary>How it is called.</summary>
    public const string Usage = """
        gptsharp-gpu [--device cuda|cuda:N|emulator] [--small] [--out FILE]

        Runs GptSharp's kernels on an NVIDIA GPU, of which the driver must be installed and nothing else: are they right, how fast is each,
        how fast is training. --device emulator --small does the same on the emulator, with small shapes. FILE, gpu.json by itself, gets
        all results.
        """;

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">It is wrong; one sentence.</exception>
    public static BenchOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchOptions("cuda", false, "gpu.json");
        for (int i = 0; i < arguments.Count; i++)
        {
            options = arguments[i] switch
            {
                "--small" => options with { IsSmall = true },
                "--device" => options with { Device = Value(ref i) },
                "--out" => options with { Output = Value(ref i) },
                _ => throw new ArgumentException($"'{arguments[i]}' is no option of this program."),
            };
        }

        return options.Device is "cuda" or "emulator" || Ordinal(options.Device) is not null
            ? options
            : throw new ArgumentException($"'{options.Device}' is no device; the devices are cuda, cuda:N and emulator.");

        string Value(ref int i) => ++i < arguments.Count ? arguments[i] : throw new ArgumentException($"{arguments[i - 1]} needs a value.");
    }

    /// <summary>N of <c>cuda:N</c>, or null.</summary>
    public static int? Ordinal(string device) =>
        device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device.AsSpan(5), out int ordinal) && ordinal >= 0 ? ordinal : null;
}
