using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace GptSharp.Tensors.Backends.Cpu.Threading;

/// <summary>
/// The calling thread and a few of its own that help it with one loop at a time. Between loops the helpers spin for some tens
/// of microseconds, so that the next operation of a step finds them awake, and then park. How a loop is cut into parts is its
/// caller's decision and must depend on the problem's size only; which thread runs which part then changes no bit.
/// </summary>
/// <remarks>
/// All claims go through one 64-bit ticket: the loop's number in the upper half, the parts not yet claimed in the lower. A claim
/// is a compare-and-swap on both together, so a helper that comes late can never claim a part of another loop than the one whose
/// body it then reads; and a loop's body stays valid until all its claimed parts are done, since the caller waits for them.
/// </remarks>
internal sealed unsafe class ThreadTeam : IDisposable
{
    // About 30 microseconds of spinning: longer than the gaps between the operations of a step.
    private const int SpinsBeforeParking = 600;
    private const int SpinsBeforeYielding = 200;

    [ThreadStatic]
    private static int _worker;

    [ThreadStatic]
    private static bool _isInside;

    private readonly Thread[] _helpers;
    private readonly SemaphoreSlim _wakeUp = new(0);
    private readonly int _spins;
    private delegate*<void*, int, void> _run;
    private void* _body;
    private int _count;
    private long _ticket;
    private int _finished;
    private int _parked;
    private Exception? _failure;
    private volatile bool _isDisposed;

    /// <summary>Starts a team.</summary>
    /// <param name="threads">Threads in all, the caller's included; at least 1.</param>
    /// <param name="path">The instructions that kernels on this team use.</param>
    public ThreadTeam(int threads, SimdPath path)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Path = path;

        // With more threads than processors a spinning one would only keep another from working.
        _spins = threads <= Environment.ProcessorCount ? SpinsBeforeParking : 0;
        _helpers = new Thread[threads - 1];
        for (int i = 0; i < _helpers.Length; i++)
        {
            int worker = i + 1;
            _helpers[i] = new Thread(() => Help(worker)) { IsBackground = true, Name = $"gptsharp cpu {worker}" };
            _helpers[i].Start();
        }
    }

    /// <summary>Threads in all, the caller's included.</summary>
    public int ThreadCount => _helpers.Length + 1;

    /// <summary>The instructions that kernels on this team use.</summary>
    public SimdPath Path { get; }

    /// <summary>Number of the running thread within the team, 0 for the caller: an index for scratch memory.</summary>
    public int CurrentWorker => _helpers.Length == 0 ? 0 : _worker;

    /// <summary>Runs parts 0 ... count - 1 and returns when all are done. Inside a part it runs them on the spot.</summary>
    /// <exception cref="Exception">The first exception that a part threw; the other parts have run.</exception>
    public void For<TBody>(int count, in TBody body)
        where TBody : struct, IParallelBody
    {
        if (count <= 1 || _helpers.Length == 0 || _isInside)
        {
            for (int i = 0; i < count; i++)
            {
                Unsafe.AsRef(in body).Run(i);
            }

            return;
        }

        TBody local = body;
        _body = Unsafe.AsPointer(ref local);
        _run = &RunPart<TBody>;
        _count = count;
        _finished = 0;
        _failure = null;
        long loop = ((Volatile.Read(ref _ticket) >> 32) + 1) << 32;
        Interlocked.Exchange(ref _ticket, loop | (uint)count);
        int parked = Volatile.Read(ref _parked);
        if (parked > 0)
        {
            _wakeUp.Release(Math.Min(parked, count - 1));
        }

        _isInside = true;
        WorkOnCurrentLoop();
        _isInside = false;
        for (int spins = 0; Volatile.Read(ref _finished) != count; spins++)
        {
            Wait(spins);
        }

        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    /// <summary>Ends the helpers.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _wakeUp.Release(Math.Max(1, _helpers.Length));
        foreach (Thread helper in _helpers)
        {
            helper.Join();
        }

        _wakeUp.Dispose();
    }

    private static void RunPart<TBody>(void* body, int index)
        where TBody : struct, IParallelBody => Unsafe.AsRef<TBody>(body).Run(index);

    private void Wait(int spins)
    {
        if (_spins == 0 || spins > SpinsBeforeYielding)
        {
            Thread.Yield();
        }
        else
        {
            Thread.SpinWait(8);
        }
    }

    private void Help(int worker)
    {
        _worker = worker;
        _isInside = true;
        while (!_isDisposed)
        {
            for (int spins = 0; spins < _spins && !HasWork(); spins++)
            {
                Thread.SpinWait(8);
            }

            if (!HasWork())
            {
                Park();
            }

            WorkOnCurrentLoop();
        }
    }

    private void Park()
    {
        // Announced before looking once more: either this thread sees the new ticket, or the caller sees it parked.
        Interlocked.Increment(ref _parked);
        if (!HasWork() && !_isDisposed)
        {
            _wakeUp.Wait();
        }

        Interlocked.Decrement(ref _parked);
    }

    private bool HasWork() => (uint)Volatile.Read(ref _ticket) != 0;

    private void WorkOnCurrentLoop()
    {
        while (TryClaim(out int index))
        {
            try
            {
                _run(_body, index);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref _failure, exception, null);
            }

            // Counted one by one: the caller may return as soon as the last is.
            Interlocked.Increment(ref _finished);
        }
    }

    private bool TryClaim(out int index)
    {
        while (true)
        {
            long ticket = Volatile.Read(ref _ticket);
            uint unclaimed = (uint)ticket;
            if (unclaimed == 0)
            {
                index = 0;
                return false;
            }

            if (Interlocked.CompareExchange(ref _ticket, ticket - 1, ticket) == ticket)
            {
                index = _count - (int)unclaimed;
                return true;
            }
        }
    }
}
