// What attention over a cache of keys and values needs besides attention itself: new rows appended to the cache, and indices checked.
#include "prelude.cuh"

// keys[b, starts[b] + t] = the key columns of qkv[b, t], and values likewise. Grid: B N, a block per row. Bytes: keys and values of the
// new rows once each way.
template <class S>
DEVICE void append(S *keys, S *values, u64 *report, const S *qkv, const int *starts, int query_width, int key_width, int capacity, int N) {
    int t = block_x() % N, b = block_x() / N, start = starts[b];
    if (start < 0 || start > capacity - N) {
        if (t == 0 && thread() == 0) report_index(report, b, start, capacity - N + 1);
        return;
    }
    qkv += ((i64)b * N + t) * (query_width + 2 * key_width) + query_width;
    i64 row = ((i64)b * capacity + start + t) * key_width;
    for (int c = thread(); c < key_width; c += 128) {
        keys[row + c] = qkv[c];
        values[row + c] = qkv[key_width + c];
    }
}

KERNEL __launch_bounds__(128) void cached_attention_append_f32(float *keys, float *values, u64 *report, const float *qkv, const int *starts,
                                                               int query_width, int key_width, int capacity, int N) {
    append(keys, values, report, qkv, starts, query_width, key_width, capacity, N);
}

#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
KERNEL __launch_bounds__(128) void cached_attention_append_bf16(bf16 *keys, bf16 *values, u64 *report, const bf16 *qkv, const int *starts,
                                                                int query_width, int key_width, int capacity, int N) {
    append(keys, values, report, qkv, starts, query_width, key_width, capacity, N);
}
#endif

// Reports documents (B, T) that begin behind their own position starts[b] + t (starts may be null: 0). Grid: count / 256, count = B T.
KERNEL __launch_bounds__(256) void attention_documents(u64 *report, const int *document_starts, const int *starts, int T, int count) {
    int place = block_x() * 256 + thread();
    if (place >= count) return;
    int position = (starts ? starts[place / T] : 0) + place % T, start = document_starts[place];
    if (start < 0 || start > position) report_index(report, (u32)place, start, position + 1);
}
