// The row stays in registers: x is read once instead of three times.
// counter: bytes over minimum
// launch: grid (N/8), block 256, shared 0
// Each lane holds 32 of the first 1024 channels; the loops over them are unrolled, since registers cannot be indexed, and all loads of a
// row are under way at once. What a longer row has more is read in every pass as before.
#include "prelude.cuh"

enum { HELD = 32 };

KERNEL __launch_bounds__(256) void layer_norm_row_in_registers(
    float *y, float *mean, float *rstd, const float *x, const float *weight, const float *bias, int N, int C, float epsilon) {
    int row = block_x() * 8 + warp();
    if (row >= N) return;
    x += (i64)row * C;
    y += (i64)row * C;
    float held[HELD], sum = 0, square = 0;
#pragma unroll
    for (int i = 0; i < HELD; i++) held[i] = i * 32 + lane() < C ? x[i * 32 + lane()] : 0;
#pragma unroll
    for (int i = 0; i < HELD; i++) sum += held[i];
    for (int c = HELD * 32 + lane(); c < C; c += 32) sum += x[c];
    float average = divide(warp_sum(sum), (float)C);
#pragma unroll
    for (int i = 0; i < HELD; i++) {
        float deviation = i * 32 + lane() < C ? held[i] - average : 0;
        square = fused(deviation, deviation, square);
    }
    for (int c = HELD * 32 + lane(); c < C; c += 32) square = fused(x[c] - average, x[c] - average, square);
    float r = rsqrt_fast(divide(warp_sum(square), (float)C) + epsilon);
#pragma unroll
    for (int i = 0; i < HELD; i++) {
        int c = i * 32 + lane();
        if (c < C) y[c] = fused((held[i] - average) * r, weight[c], bias[c]);
    }
    for (int c = HELD * 32 + lane(); c < C; c += 32) y[c] = fused((x[c] - average) * r, weight[c], bias[c]);
    if (lane() == 0) {
        mean[row] = average;
        rstd[row] = r;
    }
}
