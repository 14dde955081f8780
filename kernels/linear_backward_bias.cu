// dBias (N) = column sums of dy (M, N) + beta dBias. The gradient is stored in its own type, binary32 or that of dy.
//
// Two stages, both in a fixed order: a block of the first sums `slice` rows (a number that depends on M only) of 32 packs of columns, each
// of its 8 warps every eighth row, then the warps' sums; the second adds the slices.
// Bytes: dy once, and 4 N per slice twice. One addition per element; the time is that of the memory.
#include "epilogue.cuh"

constexpr int WARPS = 8;

// A lane's pack of columns: 16 bytes of neighbours where rows are aligned, else every 32nd column.
template <bool WIDE, class T> DEVICE void sum_rows(float *partial, const T *dy, int M, int N, int slice, float (*shared)[WARPS][32]) {
    constexpr int E = PACK<T>;
    int column = block_x() * 32 * E + (WIDE ? lane() * E : lane()), step = WIDE ? 1 : 32;
    i64 first = (i64)block_y() * slice, end = first + slice < M ? first + slice : M;
    float sums[E] = {};
#pragma unroll 4
    for (i64 row = first + warp(); row < end; row += WARPS) {
        if constexpr (WIDE) {
            Pack<E> pack = {};
            if (column < N) pack = read_pack<E>(dy + row * N + column);
#pragma unroll
            for (int k = 0; k < E; k++) sums[k] += pack.v[k];
        } else {
#pragma unroll
            for (int k = 0; k < E; k++)
                if (column + k * 32 < N) sums[k] += load(dy + row * N + column + k * 32);
        }
    }

#pragma unroll
    for (int k = 0; k < E; k++) shared[k][warp()][lane()] = sums[k];
    block_barrier();
    for (int k = warp(); k < E; k += WARPS) {
        float sum = 0;
#pragma unroll
        for (int w = 0; w < WARPS; w++) sum += shared[k][w][lane()];
        if (column + k * step < N) partial[(i64)block_y() * N + column + k * step] = sum;
    }
}

template <class T> DEVICE void sum_columns(float *partial, const T *dy, int M, int N, int slice) {
    __shared__ float shared[PACK<T>][WARPS][32];
    if (is_aligned(dy) && N % PACK<T> == 0) sum_rows<true>(partial, dy, M, N, slice, shared); else sum_rows<false>(partial, dy, M, N, slice, shared);
}

// A block adds the slices of 32 columns, each warp every eighth.
template <class T> DEVICE void add_slices(T *dbias, const float *partial, float beta, int N, int slice_count) {
    __shared__ float shared[WARPS][32];
    int column = block_x() * 32 + lane();
    float sum = 0;
#pragma unroll 4
    for (int s = warp(); s < slice_count; s += WARPS) sum += column < N ? partial[(i64)s * N + column] : 0;
    shared[warp()][lane()] = sum;
    block_barrier();
    if (warp() > 0 || column >= N) return;
#pragma unroll
    for (int w = 1; w < WARPS; w++) sum += shared[w][lane()];
    store(dbias + column, beta != 0 ? fused(beta, load(dbias + column), sum) : sum);
}

KERNEL __launch_bounds__(256) void linear_backward_bias_f32(float *partial, const float *dy, int M, int N, int slice) {
    sum_columns(partial, dy, M, N, slice);
}
KERNEL __launch_bounds__(256) void linear_backward_bias_sum_f32(float *dbias, const float *partial, float beta, int N, int slice_count) {
    add_slices(dbias, partial, beta, N, slice_count);
}

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(256) void linear_backward_bias_bf16(float *partial, const bf16 *dy, int M, int N, int slice) {
    sum_columns(partial, dy, M, N, slice);
}
KERNEL __launch_bounds__(256) void linear_backward_bias_sum_bf16(bf16 *dbias, const float *partial, float beta, int N, int slice_count) {
    add_slices(dbias, partial, beta, N, slice_count);
}
#endif
