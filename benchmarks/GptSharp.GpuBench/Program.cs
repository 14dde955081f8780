using GptSharp.Cuda;

namespace GptSharp.GpuBench;

/// <summary>The command line of the program.</summary>
internal static class Program
{
    /// <summary>Runs it.</summary>
    /// <returns>0 if everything is right, 1 if something failed, 2 for a wrong command line.</returns>
    public static int Main(string[] arguments)
    {
        try
        {
            return GpuBenchmark.Run(BenchOptions.Parse(arguments), Console.Out);
        }
        catch (ArgumentException mistake)
        {
            Console.Error.WriteLine($"gptsharp-gpu: {mistake.Message}\n\n{BenchOptions.Usage}");
            return 2;
        }
        catch (Exception failure) when (failure is CudaException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"gptsharp-gpu: {failure.Message}");
            return 1;
        }
    }
}
