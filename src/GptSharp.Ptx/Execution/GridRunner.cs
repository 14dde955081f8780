using System.Diagnostics;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Execution;

/// <summary>Runs the blocks of a launch, on as many threads as there are cores where their order does not matter.</summary>
internal sealed class GridRunner
{
    private readonly Launch _launch;
    private readonly FindingSink _findings;
    private readonly LaunchMemory _memory;
    private readonly long[]? _order;
    private readonly bool _counts;
    private readonly Lock _lock = new();
    private long _next = -1;
    private long _lowestFault = long.MaxValue;
    private KernelFaultException? _fault;
    private Exception? _failure;
    private long _steps;
    private ExecutionCounts? _sum;

    private GridRunner(Launch launch, LaunchMemory memory, FindingSink findings, bool counts)
    {
        (_launch, _memory, _findings, _counts) = (launch, memory, findings, counts);
        if (launch.ShuffleSeed is { } seed)
        {
            _order = new long[launch.Grid.Count];
            for (long block = 0; block < _order.Length; block++)
            {
                _order[block] = block;
            }

            new Random(seed).Shuffle(_order);
        }
    }

    /// <summary>Launches a program.</summary>
    public static LaunchReport Run(
        KernelProgram program, Dimensions grid, Dimensions block, byte[] parameters, DeviceMemory memory, LaunchOptions options)
    {
        var clock = Stopwatch.StartNew();
        var launch = new Launch(
            program,
            grid,
            block,
            options.SharedBytes,
            options.StepLimit,
            options.ShuffleSeed,
            options.Checks.HasFlag(Checks.Synchronisation),
            options.Checks.HasFlag(Checks.Division));
        var kernel = new KernelMemory
        {
            Name = program.Kernel.Name,
            Grid = grid,
            Block = block,
            SharedBytes = launch.SharedBytes,
            LocalBytes = program.LocalBytes,
            Parameters = parameters,
            Instructions = program.AllMemory,
            InstructionCount = program.Length,
            Locate = program.Locate,
        };
        var findings = new FindingSink(kernel, options.FindingLimit);
        using var launchMemory = new LaunchMemory(memory, kernel, options.Checks, options.Counters, findings);
        var runner = new GridRunner(launch, launchMemory, findings, options.Counters);
        runner.RunBlocks(options.Workers);
        AccessCounts? accesses = launchMemory.Complete();
        LaunchCounters? counters = accesses is null || runner._sum is null
            ? null
            : LaunchCounters.Create(kernel, program.CountedStatements, runner._sum.Executions, runner._sum.Lanes, accesses, program.MaximumLiveRegisters);
        return new LaunchReport(kernel.Name, findings.Findings, counters, runner._steps, clock.Elapsed);
    }

    private void RunBlocks(int workers)
    {
        int count = _launch.Program.RunsBlocksInOrder ? 1 : workers > 0 ? workers : Environment.ProcessorCount;
        count = (int)Math.Min(count, _launch.Grid.Count);
        if (count == 1)
        {
            Work(0);
        }
        else
        {
            var threads = new Thread[count - 1];
            for (int worker = 0; worker < threads.Length; worker++)
            {
                int number = worker + 1;
                threads[worker] = new Thread(() => Work(number)) { IsBackground = true };
                threads[worker].Start();
            }

            Work(0);
            foreach (Thread thread in threads)
            {
                thread.Join();
            }
        }

        if (_failure is not null)
        {
            throw new InvalidOperationException("The emulator failed.", _failure);
        }

        if (_fault is not null)
        {
            throw _fault;
        }
    }

    // Blocks are taken in order. After a fault those before it still run, so that the lowest one is told whoever was faster.
    private void Work(int number)
    {
        try
        {
            ExecutionCounts? counts = _counts ? new ExecutionCounts(_launch.Program.Length) : null;
            using var runner = new BlockRunner(_launch, _memory.CreateBlockMemory(number), _findings, counts);
            for (long turn = Interlocked.Increment(ref _next); turn < _launch.Grid.Count; turn = Interlocked.Increment(ref _next))
            {
                if (turn > Interlocked.Read(ref _lowestFault))
                {
                    break;
                }

                try
                {
                    runner.Run(_order is null ? turn : _order[turn]);
                }
                catch (KernelFaultException fault)
                {
                    Take(fault, turn);
                    break;
                }
            }

            lock (_lock)
            {
                _steps += runner.Steps;
                if (counts is not null)
                {
                    _sum ??= new ExecutionCounts(_launch.Program.Length);
                    _sum.Add(counts);
                }
            }
        }
        catch (Exception failure) when (failure is not KernelFaultException)
        {
            _failure = failure;
            Interlocked.Exchange(ref _lowestFault, -1);
        }
    }

    private void Take(KernelFaultException fault, long turn)
    {
        lock (_lock)
        {
            if (turn < _lowestFault)
            {
                (_lowestFault, _fault) = (turn, fault);
            }
        }
    }
}
