// dTable[v] = sum of dy[i] over the positions i of token v, in their order, + beta dTable[v]; rows without positions are written as well,
// unless beta is 1. token_order.cu says which positions: order[starts[v]] ... order[starts[v + 1] - 1].
// And dPositions[t] = sum over b of dy[b, t] + beta dPositions[t].
//
// A block has eight rows of the table and as many columns as a warp's packs cover. A warp adds up the rows of dy of its own token, eight
// in flight. A token with more than 32 positions is left to the whole block: each warp adds an eighth, the first adds the eighths.
// Bytes: dy once, dTable once (twice with beta), 4 per position and 36 per block of indices.
#include "vector.cuh"

constexpr int TABLE_ROWS = 8;  // of a block, one per warp
constexpr int SHORT_RUN = 32;

template <int N> DEVICE void add(Pack<N> &sum, const Pack<N> &v) {
#pragma unroll
    for (int k = 0; k < N; k++) sum.v[k] += v.v[k];
}

// Adds dy[order[first]] ... dy[order[end - 1]] up.
template <int N, class T> DEVICE void add_run(Pack<N> &sum, const T *dy, const int *order, int first, int end, int C, bool inside) {
#pragma unroll 1
    for (int batch = first; batch < end; batch += 32) {
        int position = batch + lane() < end ? order[batch + lane()] : 0, size = end - batch < 32 ? end - batch : 32;
        in_groups(size, [&](int i, auto group) INLINE_LAMBDA {
            constexpr int U = group.value;
            i64 rows[U];
#pragma unroll
            for (int u = 0; u < U; u++) rows[u] = (i64)shuffle(position, i + u) * C;
            if (!inside) return;
            Bits<T, N> bits[U];
#pragma unroll
            for (int u = 0; u < U; u++) bits[u] = load_bits<N>(dy + rows[u]);
#pragma unroll
            for (int u = 0; u < U; u++) add(sum, unpack(dy, bits[u]));
        });
    }
}

template <int N, class G> DEVICE void add_to_gradient(G *target, Pack<N> sum, float beta) {
    if (beta != 0) {
        Pack<N> old;
        load_pack(old, target);
#pragma unroll
        for (int k = 0; k < N; k++) sum.v[k] = fused(beta, old.v[k], sum.v[k]);
    }
    store_pack(target, sum);
}

template <int N, class G, class T>
DEVICE void embedding_columns(G *dTable, const T *dy, const int *order, const int *starts, int V, int C, float beta, int *start, float *eighths) {
    int first = block_x() * TABLE_ROWS, column = (block_y() * 32 + lane()) * N;
    bool inside = column < C;
    dy += inside ? column : 0;
    if (thread() <= TABLE_ROWS) start[thread()] = starts[first + thread() < V ? first + thread() : V];
    block_barrier();
    int own = start[warp()], length = start[warp() + 1] - own;
    G *target = dTable + (i64)(first + warp()) * C + column;
    if (length <= SHORT_RUN && first + warp() < V && !(length == 0 && beta == 1)) {
        Pack<N> sum = {};
        add_run(sum, dy, order, own, own + length, C, inside);
        if (inside) add_to_gradient(target, sum, beta);
    }
#pragma unroll 1
    for (int row = 0; row < TABLE_ROWS; row++) {
        int begin = start[row], end = start[row + 1], share = (end - begin + 7) / 8;
        if (end - begin <= SHORT_RUN) continue;  // the same for the whole block
        int from = begin + warp() * share, to = from + share < end ? from + share : end;
        Pack<N> sum = {};
        add_run(sum, dy, order, from, to, C, inside);
#pragma unroll
        for (int k = 0; k < N; k++) eighths[(warp() * N + k) * 32 + lane()] = sum.v[k];
        block_barrier();
        if (warp() == 0) {
#pragma unroll 1
            for (int w = 1; w < TABLE_ROWS; w++)
#pragma unroll
                for (int k = 0; k < N; k++) sum.v[k] += eighths[(w * N + k) * 32 + lane()];
            if (inside) add_to_gradient(dTable + (i64)(first + row) * C + column, sum, beta);
        }
        block_barrier();
    }
}

// Four or eight columns per lane where rows are whole packs; `packs` is the same decision as the grid's.
#define EMBEDDING_BACKWARD(NAME, G, T) \
    KERNEL __launch_bounds__(256) void embedding_backward_##NAME(G *dTable, const T *dy, const int *order, const int *starts, int V, int C, float beta, \
                                                                 int packs) { \
        __shared__ int start[TABLE_ROWS + 1]; \
        __shared__ float eighths[TABLE_ROWS * COMMON_PACK<G, T> * 32]; \
        if (packs) embedding_columns<COMMON_PACK<G, T>>(dTable, dy, order, starts, V, C, beta, start, eighths); \
        else embedding_columns<1>(dTable, dy, order, starts, V, C, beta, start, eighths); \
    }

// inside: T C, the elements of a sequence; total: elements of dPositions, where those behind get 0.
template <int N, class G, class T> DEVICE void add_sequences(G *target, const T *dy, i64 i, i64 inside, int batch, float beta) {
    Pack<N> sum = {};
    if (i < inside) {
        in_groups(batch, [&](int b, auto group) INLINE_LAMBDA {
            constexpr int U = group.value;
            Bits<T, N> bits[U];
#pragma unroll
            for (int u = 0; u < U; u++) bits[u] = load_bits<N>(dy + (b + u) * inside + i);
#pragma unroll
            for (int u = 0; u < U; u++) add(sum, unpack(dy, bits[u]));
        });
    } else if (beta == 1) {
        return;
    }
    add_to_gradient(target + i, sum, beta);
}

template <class G, class T> DEVICE void position_backward(G *dPositions, const T *dy, i64 inside, i64 total, int batch, float beta) {
    constexpr int N = COMMON_PACK<G, T>;
    i64 block = (i64)block_x() * 256 * N;
    if (inside % N == 0 && total % N == 0 && is_aligned(dPositions) && is_aligned(dy)) {
        i64 i = block + thread() * N;
        if (i < total) add_sequences<N>(dPositions, dy, i, inside, batch, beta);
    } else {
        for (i64 i = block + thread(); i < block + 256 * N && i < total; i += 256) add_sequences<1>(dPositions, dy, i, inside, batch, beta);
    }
}

#define POSITION_BACKWARD(NAME, G, T) \
    KERNEL __launch_bounds__(256) void position_backward_##NAME(G *dPositions, const T *dy, i64 inside, i64 total, int batch, float beta) { \
        position_backward(dPositions, dy, inside, total, batch, beta); \
    }

EMBEDDING_BACKWARD(f32, float, float)
POSITION_BACKWARD(f32, float, float)
#if __CUDA_ARCH__ >= 800
EMBEDDING_BACKWARD(bf16, bf16, bf16)
EMBEDDING_BACKWARD(bf16_f32, float, bf16)
POSITION_BACKWARD(bf16, bf16, bf16)
POSITION_BACKWARD(bf16_f32, float, bf16)
#endif
