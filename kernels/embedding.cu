// y[b, t] = table[index[b, t]] + positions[t]; without positions the T of the grid is any number, and row b T + t just a row.
// A block has one t and 16 values of b: it reads a row of positions once for all of them, and has eight rows of the table in flight.
// An index outside the table is reported, and row 0 taken in its place.
// Bytes: y once, a row of the table per index, positions once per 16 sequences, indices once per warp.
// flags: -mllvm -disable-lsr
#include "vector.cuh"

constexpr int SEQUENCES = 16;

template <int N, class T>
DEVICE void embed_columns(T *y, const T *table, const T *positions, int token, int sequences, i64 first_row, int time, int C) {
    for (int base = warp() * 32 * N; base < C; base += block_threads() * N) {  // the same for all lanes, which hold the tokens
        int column = base + lane() * N;
        bool inside = column < C;
        Pack<N> place = {};
        if (positions && inside) load_pack(place, positions + (i64)block_x() * C + column);
        in_groups(sequences, [&](int b, auto size) INLINE_LAMBDA {
            constexpr int U = size.value;
            i64 rows[U];
#pragma unroll
            for (int u = 0; u < U; u++) rows[u] = (i64)shuffle(token, b + u) * C + column;
            if (!inside) return;
            Bits<T, N> bits[U];
#pragma unroll
            for (int u = 0; u < U; u++) bits[u] = load_bits<N>(table + rows[u]);
            T *target = y + (first_row + (i64)b * time) * C + column;
#pragma unroll
            for (int u = 0; u < U; u++) {
                Pack<N> v = unpack(table, bits[u]);
#pragma unroll
                for (int k = 0; k < N; k++) v.v[k] += place.v[k];
                store_pack(target, v);
                target += (i64)time * C;
            }
        });
    }
}

template <class T>
DEVICE void embedding(T *y, const int *indices, const T *table, const T *positions, u64 *report, int rows, int time, int C, int limit) {
    i64 first_row = (i64)block_y() * SEQUENCES * time + block_x(), row = first_row + (i64)lane() * time;
    int token = 0;
    if (lane() < SEQUENCES && row < rows) {
        token = indices[row];
        if ((u32)token >= (u32)limit) {
            if (warp() == 0) report_index(report, (u32)row, token, limit);
            token = 0;
        }
    }
    int sequences = first_row < rows ? (int)(((u32)(rows - first_row) + time - 1) / (u32)time) : 0;
    if (sequences > SEQUENCES) sequences = SEQUENCES;
    if (C % PACK<T> == 0 && is_aligned(y) && is_aligned(table) && is_aligned(positions))
        embed_columns<PACK<T>>(y, table, positions, token, sequences, first_row, time, C);
    else
        embed_columns<1>(y, table, positions, token, sequences, first_row, time, C);
}

KERNEL __launch_bounds__(256) void embedding_f32(float *y, const int *indices, const float *table, const float *positions, u64 *report, int rows, int T,
                                                 int C, int limit) {
    embedding(y, indices, table, positions, report, rows, T, C, limit);
}

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(256) void embedding_bf16(bf16 *y, const int *indices, const bf16 *table, const bf16 *positions, u64 *report, int rows, int T,
                                                  int C, int limit) {
    embedding(y, indices, table, positions, report, rows, T, C, limit);
}
#endif
