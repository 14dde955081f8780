using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class CachedAttentionKernelTests
{
    private const int Time = 150, Capacity = 170, Batch = 3;

    // Chunks at different places of a cache, of one query (lanes hold keys), of a few and of many (lanes hold queries).
    public static TheoryData<int, int, int, int, string> Cases
    {
        get
        {
            TheoryData<int, int, int, int, string> data = [];
            foreach (int count in new[] { 1, 2, 3, 9, 70 })
            {
                data.Add(count, 4, 4, 16, "");
                data.Add(count, 6, 2, 33, "");
                data.Add(count, 2, 2, 80, "window 30 alibi");
                data.Add(count, 1, 1, 5, "cap documents");
                data.Add(count, 6, 2, 13, "window 70 cap alibi documents");
                data.Add(count, 3, 1, 20, "window 1");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_cached_chunk_gives_the_bits_of_the_whole_sequence(int count, int heads, int keyHeads, int size, string options)
    {
        AttentionShape whole = AttentionShape.Packed(1, Time, heads, keyHeads, size, 0.2f);
        AttentionForm form = AttentionOptions.Form(heads, keyHeads, options);
        int[]? documents = AttentionOptions.DocumentStarts(1, Time, options);
        int width = (int)whole.QueryStride, keyAt = heads * size, valueAt = (heads + keyHeads) * size;
        int outputWidth = heads * size, keyWidth = keyHeads * size;
        int[] start = [0, 61, Time - count];
        using KernelCase c = new(count);
        GuardedFloats expected = c.Output(Time * outputWidth), expectedLogs = c.Output(heads * Time);
        GuardedFloats o = c.Output(Batch * count * outputWidth), logs = c.Output(Batch * heads * count);
        GuardedFloats qkv = c.Input(Time * width, 2);
        GuardedFloats starts = c.InputIntegers(Batch, b => start[b]);
        GuardedFloats keys = Cache(keyAt), values = Cache(valueAt);
        GuardedFloats q = c.Input(Batch * count * outputWidth, i =>
        {
            int b = i / outputWidth / count, query = i / outputWidth % count;
            return qkv[((start[b] + query) * width) + (i % outputWidth)];
        });
        GuardedFloats documentsOfWhole = c.InputIntegers(Time, t => documents?[t] ?? 0);
        GuardedFloats documentsOfChunk = c.InputIntegers(Batch * count, i => documents?[start[i / count] + (i % count)] ?? 0);
        AttentionRules rules = new(form, documents is null ? null : (int*)documentsOfWhole.Pointer);
        AttentionRules chunkRules = new(form, documents is null ? null : (int*)documentsOfChunk.Pointer);
        AttentionShape chunk = whole with
        {
            Batch = Batch,
            QueryCount = count,
            KeyCapacity = Capacity,
            QueryStride = outputWidth,
            KeyStride = keyWidth,
        };
        GuardedFloats workspace = c.Workspace(
            Math.Max(AttentionKernel.WorkspaceCount(whole, 8), AttentionKernel.WorkspaceCount(chunk, 8)));
        c.Run(
            team =>
            {
                AttentionKernel.Forward<float>(
                    expected, expectedLogs, qkv, qkv.Pointer + keyAt, qkv.Pointer + valueAt, null, whole, rules, 0, default, workspace, team);
                AttentionKernel.Forward<float>(
                    o, logs, q, keys, values, (int*)starts.Pointer, chunk, chunkRules, 0, default, workspace, team);
            },
            () =>
            {
                for (int i = 0; i < o.Count; i++)
                {
                    int b = i / outputWidth / count, position = start[b] + (i / outputWidth % count);
                    Assert.Equal(expected[(position * outputWidth) + (i % outputWidth)], o[i]);
                }

                for (int i = 0; i < logs.Count; i++)
                {
                    int b = i / count / heads, head = i / count % heads, position = start[b] + (i % count);
                    Assert.Equal(expectedLogs[(head * Time) + position], logs[i]);
                }
            });

        // Beyond the last position the cache holds NaN: it must not be read.
        GuardedFloats Cache(int column) => c.Input(Batch * Capacity * keyWidth, i =>
        {
            int b = i / keyWidth / Capacity, position = i / keyWidth % Capacity;
            return position < start[b] + count ? qkv[(position * width) + column + (i % keyWidth)] : float.NaN;
        });
    }

    /// <summary>What no query sees costs nothing: whole tiles of 64 keys before the window or the document are passed over.</summary>
    [Theory]
    [InlineData(1, "window 10")]
    [InlineData(60, "window 10")]
    [InlineData(1, "documents")]
    [InlineData(60, "documents")]
    public void Tiles_that_no_query_sees_are_not_read(int count, string options)
    {
        // From position 80 to 139 the document begins at 71, and a window of 10 reaches back to 71 too: to the second tile.
        const int Start = 80, Size = 8, FirstTile = 64 * Size;
        AttentionForm form = AttentionOptions.Form(1, 1, options);
        int[]? documents = AttentionOptions.DocumentStarts(1, Time, options);
        using KernelCase c = new(count);
        GuardedFloats o = c.Output(count * Size), q = c.Input(count * Size), starts = c.InputIntegers(1, _ => Start);
        GuardedFloats keys = Cache(), values = Cache();
        GuardedFloats documentStarts = c.InputIntegers(count, i => documents?[Start + i] ?? 0);
        AttentionRules rules = new(form, documents is null ? null : (int*)documentStarts.Pointer);
        AttentionShape shape = new(1, 1, 1, Size, count, Capacity, Size, Size, Size, 0.3f);
        GuardedFloats workspace = c.Workspace(AttentionKernel.WorkspaceCount(shape, 8));
        c.Run(
            team => AttentionKernel.Forward<float>(
                o, null, q, keys, values, (int*)starts.Pointer, shape, rules, 0, default, workspace, team),
            () => Assert.All(o.Values.ToArray(), value => Assert.True(float.IsFinite(value))));

        GuardedFloats Cache() => c.Input(
            Capacity * Size, i => i is < FirstTile or >= Time * Size ? float.NaN : (float)c.Normal());
    }

    [Fact]
    public void New_keys_and_values_go_behind_the_old_ones()
    {
        const int Count = 2, Slots = 9, Width = 6, Stride = 18;
        int[] start = [0, 7, 3];
        using KernelCase c = new(1);
        GuardedFloats keys = c.Output(Batch * Slots * Width, beta: 1), values = c.Output(Batch * Slots * Width, beta: 1);
        GuardedFloats qkv = c.Input(Batch * Count * Stride), starts = c.InputIntegers(Batch, b => start[b]);
        c.Run(
            team => AttentionCacheKernel.Append<float>(
                keys, values, qkv.Pointer + 6, qkv.Pointer + 12, (int*)starts.Pointer, Batch, Count, Slots, Width, Stride, team),
            () =>
            {
                for (int i = 0; i < keys.Count; i++)
                {
                    int b = i / Width / Slots, t = (i / Width % Slots) - start[b], column = i % Width;
                    bool isNew = t is >= 0 and < Count;
                    Assert.Equal(isNew ? qkv[(((b * Count) + t) * Stride) + 6 + column] : keys.Initial[i], keys[i]);
                    Assert.Equal(isNew ? qkv[(((b * Count) + t) * Stride) + 12 + column] : values.Initial[i], values[i]);
                }
            });
    }
}
