// The normalisations for rows of any length at any address: a channel per lane and access, each row read again in every pass (the caches
// hold it). Rows of up to 8192 channels that are whole packs have faster kernels in norm.cuh and norm_wide.cuh.
#pragma once
#include "norm.cuh"

// A warp per row, 8 per block.
template <bool CENTRED, class T>
DEVICE void norm_any(T *y, float *mean, float *rstd, const T *x, const T *weight, const T *bias, int rows, int C, float inverse_c, float epsilon) {
    int row = block_x() * 8 + warp();
    if (row >= rows) return;
    x += (i64)row * C;
    y += (i64)row * C;
    float average = 0, square = 0;
    if constexpr (CENTRED) {
        for (int c = lane(); c < C; c += 32) average += load(x + c);
        average = warp_sum(average) * inverse_c;
    }
    for (int c = lane(); c < C; c += 32) {
        float deviation = load(x + c) - average;
        square = fused(deviation, deviation, square);
    }
    float r = rsqrt_fast(fused(warp_sum(square), inverse_c, epsilon));
    if (lane() == 0) {
        if constexpr (CENTRED) mean[row] = average;
        rstd[row] = r;
    }
    for (int c = lane(); c < C; c += 32) store(y + c, fused((load(x + c) - average) * r, load(weight + c), CENTRED && bias ? load(bias + c) : 0.f));
}

// Backward; block: 8 warps, rows_per_block rows. First the rows, a warp each, then the columns, a thread each.
template <bool CENTRED, class T>
DEVICE void norm_any_backward(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *mean, const float *rstd, int rows,
                              int C, int rows_per_block, float inverse_c, float beta) {
    int first = block_x() * rows_per_block, end = first + rows_per_block < rows ? first + rows_per_block : rows;
    for (int row = first + warp(); dx && row < end; row += 8) {
        i64 start = (i64)row * C;
        float average, r, sum_g = 0, sum_product = 0;
        load_statistics<CENTRED>(average, r, mean, rstd, row);
        for (int c = lane(); c < C; c += 32) {
            float normal = (load(x + start + c) - average) * r, g = load(dy + start + c) * load(weight + c);
            sum_g += g;
            sum_product = fused(g, normal, sum_product);
        }
        sum_g = CENTRED ? warp_sum(sum_g) * inverse_c : 0;
        sum_product = warp_sum(sum_product) * inverse_c;
        for (int c = lane(); c < C; c += 32) {
            float normal = (load(x + start + c) - average) * r, inner = fused(load(dy + start + c), load(weight + c), -sum_g);
            float before = beta == 0 ? 0 : beta * load(dx + start + c);
            store(dx + start + c, fused(r, fused(-normal, sum_product, inner), before));
        }
    }
    if (!partial) return;
    partial += (i64)block_x() * (CENTRED ? 2 : 1) * C;
    for (int c = thread(); c < C; c += block_threads()) {
        float dw = 0, db = 0;
        for (int row = first; row < end; row++) {
            float upstream = load(dy + (i64)row * C + c);
            dw = fused(upstream, (load(x + (i64)row * C + c) - (CENTRED ? mean[row] : 0)) * rstd[row], dw);
            db += upstream;
        }
        partial[c] = dw;
        if constexpr (CENTRED) partial[C + c] = db;
    }
}
