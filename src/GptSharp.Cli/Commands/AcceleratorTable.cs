using System.Globalization;
using GptSharp.Training.Accounting;

namespace GptSharp.Cli.Commands;

/// <summary>The accelerators whose peaks are known, with where they are known from.</summary>
internal static class AcceleratorTable
{
    public static void Write(TextWriter writer)
    {
        TextTable table = new("accelerator", ">bf16 TFLOP/s", ">fp32 TFLOP/s", ">GB/s");
        foreach (Accelerator accelerator in Accelerators.All)
        {
            table.Add(accelerator.Name, accelerator.Bf16 is { } bf16 ? Text(bf16) : "-", Text(accelerator.Fp32), Text(accelerator.Bandwidth));
        }

        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine("Dense matrices; fp32 without tensor cores. Sources:");
        foreach (Accelerator accelerator in Accelerators.All)
        {
            writer.WriteLine($"  {accelerator.Name}: {accelerator.Source}");
        }
    }

    private static string Text(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);
}
