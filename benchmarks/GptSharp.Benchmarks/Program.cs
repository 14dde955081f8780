using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using GptSharp.Benchmarks;
using GptSharp.Benchmarks.Reports;

// steps       a table of training steps, in about a minute
// ops         a table of single operations, in some minutes
// recompute   what gradient checkpointing saves and costs, in about a minute
// checkpoints what saving costs a run, and the speed of writing beside that of dd, in about a minute
// memory      the memory of whole processes beside what was planned, in about a minute
// profiler    what profiling a step costs, in some seconds
// ptx         a table of the emulator's speed, in about a minute (needs clang-19 for the kernels)
// tokenizer FILE             encoding a text beside npm's tiktoken, in about a minute (needs the packages of tests/interop)
// tokenizer-training FILE…   training 50,000 merges on texts, with the time per merge as the vocabulary grows
// …           anything else goes to BenchmarkDotNet (times, GFLOP/s, GB/s, allocations): --filter *TrainStep*, *Op*, *Linear* or *Ptx*
switch (args)
{
    case ["steps"]:
        StepReport.Write(Console.Out);
        break;
    case ["ops"]:
        OpReport.Write(Console.Out);
        break;
    case ["recompute"]:
        RecomputeReport.Write(Console.Out);
        break;
    case ["checkpoints"]:
        CheckpointReport.Write(Console.Out);
        break;
    case ["memory"]:
        ProcessMemoryReport.Write(Console.Out);
        break;
    case ["memory-of", string name]:
        ProcessMemoryReport.WriteOne(Console.Out, name);
        break;
    case ["profiler"]:
        ProfilerReport.Write(Console.Out);
        break;
    case ["ptx"]:
        PtxReport.Write(Console.Out);
        break;
    case ["tokenizer", string file]:
        TokenizerReport.Write(Console.Out, file);
        break;
    case ["tokenizer-training", .. { Length: > 0 } files]:
        TokenizerTrainingReport.Write(Console.Out, files);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(TrainStepBenchmarks).Assembly).Run(args, DefaultConfig.Instance
            .AddJob(Job.Default.WithWarmupCount(2).WithIterationCount(6).AsDefault())
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumn(RateColumn.Gigaflops, RateColumn.Gigabytes)
            .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(40)));
        break;
}
