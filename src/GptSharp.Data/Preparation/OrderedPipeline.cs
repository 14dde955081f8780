using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace GptSharp.Data.Preparation;

/// <summary>
/// Reads pieces of work on one thread, does them on several, and hands over the results in the order of the pieces, whatever the number of
/// threads. What is under way is limited by weight, so that memory stays bounded however many cores there are. The first failure in the
/// order of the pieces is the one that is reported.
/// </summary>
/// <typeparam name="TPiece">A piece of work.</typeparam>
/// <typeparam name="TResult">What becomes of it.</typeparam>
internal sealed class OrderedPipeline<TPiece, TResult>(
    IEnumerable<TPiece> pieces, Func<TPiece, long> weight, long weightLimit, Func<Func<TPiece, TResult>> createWorker, int threads)
    : IDisposable
{
    private readonly BlockingCollection<Slot> _work = [];
    private readonly BlockingCollection<Slot> _inOrder = [];
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _hasRoom = new(initialState: true);
    private long _underWay;

    /// <summary>Runs to the end.</summary>
    /// <param name="take">Takes the results, on the calling thread.</param>
    /// <param name="cancellation">Looked at before every result.</param>
    public void Run(Action<TPiece, TResult> take, CancellationToken cancellation)
    {
        using var stop = new CancellationTokenSource();
        Thread[] running =
        [
            Start("corpus reader", () => ReadAll(stop.Token)),
            .. Enumerable.Range(0, threads).Select(index => Start($"corpus worker {index}", () => WorkAll(stop.Token))),
        ];
        try
        {
            foreach (Slot slot in _inOrder.GetConsumingEnumerable(cancellation))
            {
                slot.Done.Wait(cancellation);
                slot.Failure?.Throw();
                take(slot.Piece!, slot.Result!);
                Release(slot.Weight);
            }
        }
        finally
        {
            stop.Cancel();
            Array.ForEach(running, thread => thread.Join());
        }
    }

    public void Dispose()
    {
        _work.Dispose();
        _inOrder.Dispose();
        _hasRoom.Dispose();
    }

    private static Thread Start(string name, ThreadStart body)
    {
        var thread = new Thread(body) { Name = name, IsBackground = true };
        thread.Start();
        return thread;
    }

    private void ReadAll(CancellationToken stop)
    {
        try
        {
            foreach (TPiece piece in pieces)
            {
                var slot = new Slot { Piece = piece, Weight = weight(piece) };
                Acquire(slot.Weight, stop);
                _inOrder.Add(slot, stop);
                _work.Add(slot, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            var failed = new Slot { Failure = ExceptionDispatchInfo.Capture(exception) };
            failed.Done.Set();
            _inOrder.Add(failed, CancellationToken.None);
        }

        _work.CompleteAdding();
        _inOrder.CompleteAdding();
    }

    private void WorkAll(CancellationToken stop)
    {
        try
        {
            Func<TPiece, TResult> work = createWorker();
            foreach (Slot slot in _work.GetConsumingEnumerable(stop))
            {
                try
                {
                    slot.Result = work(slot.Piece!);
                }
                catch (Exception exception)
                {
                    slot.Failure = ExceptionDispatchInfo.Capture(exception);
                }

                slot.Done.Set();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Somebody failed, or the user has had enough.
        }
    }

    // A piece heavier than the limit passes when nothing else is under way.
    private void Acquire(long weight, CancellationToken stop)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_underWay == 0 || _underWay + weight <= weightLimit)
                {
                    _underWay += weight;
                    return;
                }

                _hasRoom.Reset();
            }

            _hasRoom.Wait(stop);
        }
    }

    private void Release(long weight)
    {
        lock (_gate)
        {
            _underWay -= weight;
            _hasRoom.Set();
        }
    }

    private sealed class Slot
    {
        public TPiece? Piece { get; init; }

        public long Weight { get; init; }

        public TResult? Result { get; set; }

        public ExceptionDispatchInfo? Failure { get; set; }

        public ManualResetEventSlim Done { get; } = new();
    }
}
