using System.Diagnostics;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Execution;

/// <summary>Runs the blocks of a launch, on as many threads as there are cores where their order does not matter.</summary>
internal sealed class GridRunner
{
    private const long StepsBeforeOthers = 1_000_000;
    private const int MostResidentBlocks = 128;

    private readonly Launch _launch;
    private readonly FindingSink _findings;
    private readonly LaunchMemory _memory;
    private readonly long[]? _order;
    private readonly bool _counts;
    private readonly Lock _lock = new();
    private readonly object _helpers = new();
    private bool _isOver;
    private int _helping;
    private int _numbers;
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
        LaunchLimits.CheckShared(program.Kernel.Name, launch.SharedBytes);
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
        for (int worker = 1; worker < count; worker++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => Help(), null);
        }

        Work(0);
        lock (_helpers)
        {
            // Whoever has not begun by now is not needed any more.
            _isOver = true;
            while (_helping > 0)
            {
                Monitor.Wait(_helpers);
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

    private void Help()
    {
        int number;
        lock (_helpers)
        {
            if (_isOver)
            {
                return;
            }

            _helping++;
            number = ++_numbers;
        }

        Work(number);
        lock (_helpers)
        {
            _helping--;
            Monitor.PulseAll(_helpers);
        }
    }

    // Blocks are taken in order. After a fault those before it still run, so that the lowest one is told whoever was faster. A block
    // that may be waiting for another one is laid aside after some time, and others run between.
    private void Work(int number)
    {
        var resident = new Queue<BlockRunner>();
        var idle = new Stack<BlockRunner>();
        var all = new List<BlockRunner>();
        long steps = _launch.Program.MayWaitForOtherBlocks ? StepsBeforeOthers : long.MaxValue;
        ExecutionCounts? counts = _counts ? new ExecutionCounts(_launch.Program.Length) : null;
        try
        {
            while (Next(number, resident, idle, all, counts) is { } runner)
            {
                try
                {
                    (runner.Run(steps) ? idle.Push : (Action<BlockRunner>)resident.Enqueue)(runner);
                }
                catch (KernelFaultException fault)
                {
                    Take(fault, runner.TurnOfBlock);
                }
            }

            lock (_lock)
            {
                _steps += all.Sum(runner => runner.Steps);
                if (counts is not null)
                {
                    _sum ??= new ExecutionCounts(_launch.Program.Length);
                    _sum.Add(counts);
                }
            }
        }
        catch (Exception failure)
        {
            _failure = failure;
            Interlocked.Exchange(ref _lowestFault, -1);
        }
        finally
        {
            all.ForEach(runner => runner.Dispose());
        }
    }

    // The runner to go on with: one that begins the next block, as long as not too many are under way, or one that was laid aside.
    private BlockRunner? Next(int number, Queue<BlockRunner> resident, Stack<BlockRunner> idle, List<BlockRunner> all, ExecutionCounts? counts)
    {
        if (resident.Count < MostResidentBlocks && Interlocked.Increment(ref _next) is var turn && turn < _launch.Grid.Count
            && turn < Interlocked.Read(ref _lowestFault))
        {
            if (!idle.TryPop(out BlockRunner? runner))
            {
                runner = new BlockRunner(_launch, _memory.CreateBlockMemory(number), _findings, counts);
                all.Add(runner);
            }

            runner.Begin(_order is null ? turn : _order[turn], turn);
            return runner;
        }

        while (resident.TryDequeue(out BlockRunner? aside))
        {
            if (aside.TurnOfBlock < Interlocked.Read(ref _lowestFault))
            {
                return aside;
            }
        }

        return null;
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
