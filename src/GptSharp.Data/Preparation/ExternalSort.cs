using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GptSharp.Data.Preparation;

/// <summary>
/// Sorts any number of records in bounded memory: runs that fit are sorted and put on the disk, then merged while they are read. Equal
/// records must be alike in every byte for the result to be determined, which it then is.
/// </summary>
/// <typeparam name="T">A record; its bytes are stored as they are.</typeparam>
internal sealed class ExternalSort<T> : IDisposable
    where T : unmanaged, IComparable<T>
{
    private const int ReadAhead = 64 << 10;

    private readonly string _prefix;
    private readonly int _capacity;
    private T[] _buffer = [];
    private readonly List<string> _runs = [];
    private int _filled;

    /// <summary>Begins a sort.</summary>
    /// <param name="prefix">Beginning of the paths of its runs.</param>
    /// <param name="memoryBytes">Bytes of records that are held in memory.</param>
    public ExternalSort(string prefix, long memoryBytes = 64 << 20)
    {
        _prefix = prefix;
        _capacity = (int)Math.Max(1, memoryBytes / Unsafe.SizeOf<T>());
    }

    /// <summary>Adds a record.</summary>
    public void Add(T record)
    {
        if (_filled == _capacity)
        {
            Spill();
        }
        else if (_filled == _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(_capacity, Math.Max(1024, 2L * _filled)));
        }

        _buffer[_filled++] = record;
    }

    /// <summary>All records in order. May be read once or several times; nothing may be added afterwards.</summary>
    public IEnumerable<T> Sorted()
    {
        Array.Sort(_buffer, 0, _filled);
        return _runs.Count == 0 ? new ArraySegment<T>(_buffer, 0, _filled) : Merge();
    }

    /// <summary>Deletes the runs.</summary>
    public void Dispose() => _runs.ForEach(File.Delete);

    private IEnumerable<T> Merge()
    {
        List<IEnumerator<T>> sources = [.. _runs.Select(path => ReadRun(path).GetEnumerator()), ((IEnumerable<T>)new ArraySegment<T>(_buffer, 0, _filled)).GetEnumerator()];
        try
        {
            var heads = new PriorityQueue<IEnumerator<T>, T>();
            foreach (IEnumerator<T> source in sources.Where(source => source.MoveNext()))
            {
                heads.Enqueue(source, source.Current);
            }

            while (heads.TryDequeue(out IEnumerator<T>? first, out T record))
            {
                yield return record;
                if (first.MoveNext())
                {
                    heads.Enqueue(first, first.Current);
                }
            }
        }
        finally
        {
            sources.ForEach(source => source.Dispose());
        }
    }

    private void Spill()
    {
        Array.Sort(_buffer, 0, _filled);
        string path = $"{_prefix}-{_runs.Count:D5}{DatasetScratch.RunSuffix}";
        _runs.Add(path);
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        stream.Write(MemoryMarshal.AsBytes(_buffer.AsSpan(0, _filled)));
        _filled = 0;
    }

    private static IEnumerable<T> ReadRun(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, ReadAhead);
        foreach (T record in RecordFile.Read<T>(stream))
        {
            yield return record;
        }
    }
}
