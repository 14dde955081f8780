// What the normalisations share. LayerNorm: xhat = (x - mean) r with r = 1/sqrt(variance + epsilon), y = xhat w + b. RMSNorm: the same
// without mean and b (CENTRED false), r from the mean square. The mean square deviation is taken in a second pass over the registers.
//
// Rows of up to 1024 channels in whole packs belong to a warp each, as V packs per lane (here and in norm_backward.cuh); those of up to
// 8192 to a block (norm_wide.cuh). Longer rows and those that are not whole packs go one channel at a time (norm_any.cuh): right, but each
// byte is asked for more than once. Weights are staged in shared memory once per block, so that a block of many rows asks for them once.
#pragma once
#include "vector.cuh"

extern __shared__ uint4 norm_shared[];

// One vector of C channels as `slots` packs, zeros behind its end and for an absent one.
template <class T> DEVICE void stage(uint4 *target, const T *vector, int packs, int slots) {
    for (int i = thread(); i < slots; i += block_threads()) target[i] = vector && i < packs ? load_bits(vector + i * PACK<T>) : zero_bits();
}

// Forward; block: rows_per_block rows, which its warps take in turn.
template <bool CENTRED, int WIDTH, class T>
DEVICE void norm_rows(T *y, float *mean, float *rstd, const T *x, const T *weight, const T *bias, int rows, int C, int rows_per_block,
                      float inverse_c, float epsilon) {
    constexpr int N = PACK<T>, V = WIDTH / (32 * N);
    int packs = C / N, first = block_x() * rows_per_block, end = first + rows_per_block < rows ? first + rows_per_block : rows;
    stage(norm_shared, weight, packs, V * 32);
    if constexpr (CENTRED) stage(norm_shared + V * 32, bias, packs, V * 32);
    block_barrier();
#pragma unroll 1
    for (int row = first + warp(); row < end; row += block_threads() >> 5) {
        const T *source = x + (i64)row * C;
        T *target = y + (i64)row * C;
        uint4 bits[V];
#pragma unroll
        for (int i = 0; i < V; i++) bits[i] = i * 32 + lane() < packs ? load_bits(source + (i * 32 + lane()) * N) : zero_bits();
        float average = 0;
        if constexpr (CENTRED) {
#pragma unroll
            for (int i = 0; i < V; i++) {
                Pack<N> v = unpack(x, bits[i]);
#pragma unroll
                for (int k = 0; k < N; k++) average += v.v[k];
            }
            average = warp_sum(average) * inverse_c;
        }
        float square = 0;
#pragma unroll
        for (int i = 0; i < V; i++) {
            Pack<N> v = unpack(x, bits[i]);
            float center = i * 32 + lane() < packs ? average : 0;  // beyond the row 0 - 0
#pragma unroll
            for (int k = 0; k < N; k++) square = fused(v.v[k] - center, v.v[k] - center, square);
        }
        float r = rsqrt_fast(fused(warp_sum(square), inverse_c, epsilon));
        if (lane() == 0) {
            if constexpr (CENTRED) mean[row] = average;
            rstd[row] = r;
        }
#pragma unroll
        for (int i = 0; i < V; i++) {
            int p = i * 32 + lane();
            if (p >= packs) continue;
            Pack<N> v = unpack(x, bits[i]), w = unpack(x, norm_shared[p]);
            if constexpr (CENTRED) {
                Pack<N> b = unpack(x, norm_shared[V * 32 + p]);
#pragma unroll
                for (int k = 0; k < N; k++) v.v[k] = fused((v.v[k] - average) * r, w.v[k], b.v[k]);
            } else {
#pragma unroll
                for (int k = 0; k < N; k++) v.v[k] = v.v[k] * r * w.v[k];
            }
            store_pack(target + p * N, v);
        }
    }
}

// A row's statistics, asked for by one lane: a load by all lanes would count 32 times.
template <bool CENTRED> DEVICE void load_statistics(float &average, float &r, const float *mean, const float *rstd, i64 row) {
    average = r = 0;
    if (lane() == 0) {
        if constexpr (CENTRED) average = mean[row];
        r = rstd[row];
    }
    if constexpr (CENTRED) average = shuffle(average, 0);
    r = shuffle(r, 0);
}
