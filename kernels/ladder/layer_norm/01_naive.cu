// One thread normalises one row, channel after channel, in three passes over memory.
// counter: sectors per request
// launch: grid (N/128), block 128, shared 0
// The lanes of a warp stand in 32 different rows: every request of 4 bytes per lane touches 32 sectors of 32 bytes, of which an eighth is
// used before the cache needs the place for others. And N rows keep N threads busy, where a GPU wants a hundred thousand.
#include "prelude.cuh"

KERNEL __launch_bounds__(128) void layer_norm_naive(
    float *y, float *mean, float *rstd, const float *x, const float *weight, const float *bias, int N, int C, float epsilon) {
    int row = block_x() * 128 + thread();
    if (row >= N) return;
    x += (i64)row * C;
    y += (i64)row * C;
    float sum = 0, square = 0;
    for (int c = 0; c < C; c++) sum += x[c];
    float average = divide(sum, (float)C);
    for (int c = 0; c < C; c++) square = fused(x[c] - average, x[c] - average, square);
    float r = rsqrt_fast(divide(square, (float)C) + epsilon);
    for (int c = 0; c < C; c++) y[c] = fused((x[c] - average) * r, weight[c], bias[c]);
    mean[row] = average;
    rstd[row] = r;
}
