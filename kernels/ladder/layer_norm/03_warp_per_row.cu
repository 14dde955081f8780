// A warp takes a row by itself, and its lanes add up by shuffles: nobody waits for anybody.
// counter: barriers
// launch: grid (N/8), block 256, shared 0
// Lanes of a warp exchange registers in one instruction, five times for a sum that all of them then know. Eight rows of a block are eight
// warps that never meet, so one that waits for memory leaves the others alone.
#include "prelude.cuh"

KERNEL __launch_bounds__(256) void layer_norm_warp_per_row(
    float *y, float *mean, float *rstd, const float *x, const float *weight, const float *bias, int N, int C, float epsilon) {
    int row = block_x() * 8 + warp();
    if (row >= N) return;
    x += (i64)row * C;
    y += (i64)row * C;
    float sum = 0, square = 0;
    for (int c = lane(); c < C; c += 32) sum += x[c];
    float average = divide(warp_sum(sum), (float)C);
    for (int c = lane(); c < C; c += 32) square = fused(x[c] - average, x[c] - average, square);
    float r = rsqrt_fast(divide(warp_sum(square), (float)C) + epsilon);
    for (int c = lane(); c < C; c += 32) y[c] = fused((x[c] - average) * r, weight[c], bias[c]);
    if (lane() == 0) {
        mean[row] = average;
        rstd[row] = r;
    }
}
