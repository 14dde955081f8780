using System.CommandLine;
using System.Globalization;
using GptSharp.Cli.Bench;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp bench gemm</c>: products of matrices.</summary>
internal static class BenchGemmCommand
{
    private static readonly string[] Layouts = ["nt", "nn", "tn"];

    public static Command Create(CommandOutput output)
    {
        Argument<string[]> shapes = new("shape")
        {
            Description = "M,N,K: rows and columns of the result, and terms of each sum; those of GPT-2 124M and two squares if none is given.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string> layout = new("--layout")
        {
            Description = "How the factors are stored: nt (a layer forward), nn (gradient of its input) or tn (gradient of its weight).",
            HelpName = "nt|nn|tn",
            DefaultValueFactory = _ => "nt",
        };
        layout.AcceptOnlyFromAmong(Layouts);
        Option<string> type = new("--dtype") { Description = "How they are stored: fp32 or bf16.", HelpName = "fp32|bf16", DefaultValueFactory = _ => "fp32" };
        type.AcceptOnlyFromAmong("fp32", "bf16");
        BenchOptions options = new();
        CommandWithExamples command = new(
            "gemm",
            "Measure matrix products beside the processor's peak.",
            "gptsharp bench gemm",
            "gptsharp bench gemm 256,2304,768 --layout nn",
            "gptsharp bench gemm --dtype bf16")
        {
            shapes,
            layout,
            type,
        };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string[] given = parsed.GetValue(shapes)!;
            DType storage = parsed.GetValue(type) == "bf16" ? DType.BF16 : DType.F32;
            IEnumerable<(int M, int N, int K)> all = given.Length == 0 ? GemmCases.Shapes : given.Select(Parse);
            options.Run(
                parsed, [.. all.Select(shape => GemmCases.Create(parsed.GetValue(layout)!, shape.M, shape.N, shape.K, storage))], output);
            return ExitCode.Done;
        });
        return command;
    }

    private static (int M, int N, int K) Parse(string text)
    {
        string[] parts = text.Split(',');
        if (parts.Length == 3 && Size(parts[0]) is { } m && Size(parts[1]) is { } n && Size(parts[2]) is { } k)
        {
            return (m, n, k);
        }

        throw new ConfigurationException($"'{text}' is no shape; three sizes are needed, for example 1024,1024,1024.", "shape");
    }

    private static int? Size(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size > 0 ? size : null;
}
