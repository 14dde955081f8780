// A block shares a row: neighbouring threads read neighbouring channels, and add up in shared memory.
// counter: sectors per request
// launch: grid (N), block 256, shared 0
// A request of a warp is now 128 bytes in a row: four sectors, all of each used. The price are barriers: one before every halving of the
// number of threads that still add, twice per row, for the mean and for the variance.
#include "prelude.cuh"

DEVICE float block_sum_of(float v, float *scratch) {
    scratch[thread()] = v;
    block_barrier();
    for (int half = 128; half; half >>= 1) {
        if (thread() < half) scratch[thread()] += scratch[thread() + half];
        block_barrier();
    }
    float sum = scratch[0];
    block_barrier();  // the next sum overwrites it
    return sum;
}

KERNEL __launch_bounds__(256) void layer_norm_block_per_row(
    float *y, float *mean, float *rstd, const float *x, const float *weight, const float *bias, int N, int C, float epsilon) {
    __shared__ float scratch[256];
    int row = block_x();
    x += (i64)row * C;
    y += (i64)row * C;
    float sum = 0, square = 0;
    for (int c = thread(); c < C; c += 256) sum += x[c];
    float average = divide(block_sum_of(sum, scratch), (float)C);
    for (int c = thread(); c < C; c += 256) square = fused(x[c] - average, x[c] - average, square);
    float r = rsqrt_fast(divide(block_sum_of(square, scratch), (float)C) + epsilon);
    for (int c = thread(); c < C; c += 256) y[c] = fused((x[c] - average) * r, weight[c], bias[c]);
    if (thread() == 0) {
        mean[row] = average;
        rstd[row] = r;
    }
}
