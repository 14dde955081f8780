using System.CommandLine;
using System.Globalization;
using GptSharp.Cli.Kernels.Families;
using GptSharp.Cli.Kernels.Ladders;
using GptSharp.Cuda;
using GptSharp.Nn;

namespace GptSharp.Cli.Commands;

/// <summary>What <c>kernels run</c> and <c>kernels compare</c> are told.</summary>
internal sealed class KernelsOptions
{
    public Argument<string> Family { get; } = new("ladder") { Description = $"{string.Join(", ", KernelFamily.All.Select(family => family.Name))}." };

    public Option<string?> Shape { get; } = new("--shape")
    {
        Description = $"The problem's size: {string.Join("; ", KernelFamily.All.Select(family => $"{family.Name} {string.Join(',', family.Letters)}"))}.",
        HelpName = "sizes",
    };

    public Option<string[]> Add { get; } = new("--add")
    {
        Description = "A kernel of your own with the ladder's contract, as .cu (needs clang-19) or .ptx; may be given several times.",
        HelpName = "file",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public Option<string?> Launch { get; } = new("--launch")
    {
        Description = $"How to launch what --add gives, if its first comments do not say: '{RungHeader.LaunchForm}'.",
        HelpName = "launch",
    };

    public Option<string> Device { get; } = new("--device")
    {
        Description = "auto: measure the time on a GPU if there is one; emulator: only count; cuda or cuda:N: measure on that GPU.",
        HelpName = "device",
        DefaultValueFactory = _ => "auto",
    };

    public Option<bool> Json { get; } = new("--json") { Description = "Write one JSON object and nothing else." };

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ConfigurationException">It is wrong.</exception>
    /// <exception cref="InvalidDataException">A file that it names is.</exception>
    public Request Read(ParseResult parsed)
    {
        KernelFamily family = KernelFamily.Find(parsed.GetValue(Family)!);
        int[] shape = family.ParseShape(parsed.GetValue(Shape));
        string? launch = parsed.GetValue(Launch);
        string[] files = parsed.GetValue(Add) ?? [];
        if (launch is not null && files.Length == 0)
        {
            throw new ConfigurationException("it says how to launch what --add gives, but there is no --add.", source: "--launch");
        }

        Request request = new(family, shape, [], parsed.GetValue(Device)!, parsed.GetValue(Json));
        request.CheckDevice();
        return request with { Added = [.. files.Select(file => Rung.FromFile(family, file, launch))] };
    }

    /// <summary>What the command line says.</summary>
    /// <param name="Family">The ladder.</param>
    /// <param name="Shape">The sizes.</param>
    /// <param name="Added">The user's kernels.</param>
    /// <param name="Device">The device's word.</param>
    /// <param name="IsJson">Whether a program reads the answer.</param>
    internal sealed record Request(KernelFamily Family, int[] Shape, IReadOnlyList<Rung> Added, string Device, bool IsJson)
    {
        private const string Cuda = "cuda", Auto = "auto", Emulator = "emulator";

        /// <summary>Refuses a word that names no device.</summary>
        public void CheckDevice()
        {
            if (Device is not (Auto or Emulator or Cuda) && Ordinal() is null)
            {
                throw new ConfigurationException($"there is no device '{Device}'; there are auto, emulator, cuda and cuda:N.", source: "--device");
            }
        }

        /// <summary>The GPU on which times are measured; null for none.</summary>
        /// <exception cref="CudaException">There is none, though one was asked for.</exception>
        public ICudaDriver? OpenGpu() => Device switch
        {
            Emulator => null,
            Auto => CudaDevices.Survey().First is { } found ? CudaDevices.Open(found.Ordinal) : null,
            _ => CudaDevices.Open(Ordinal()),
        };

        private int? Ordinal() =>
            Device.StartsWith(Cuda + ":", StringComparison.Ordinal)
            && int.TryParse(Device.AsSpan(Cuda.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal) ? ordinal : null;
    }
}
