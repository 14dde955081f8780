// One thread computes one element of C; neighbouring threads stand in neighbouring rows.
// counter: sectors per request
// launch: grid (M/256, N), block 256, shared 0
// The lanes of a warp read 32 rows of A at the same k: every request of 2 bytes per lane touches 32 sectors of 32 bytes, a sixteenth of
// which is used. And each element of A is read N times, each of B M times.
#include "vector.cuh"

#if __CUDA_ARCH__ >= 800

KERNEL __launch_bounds__(256) void matmul_naive(bf16 *c, const bf16 *a, const bf16 *b, int M, int N, int K) {
    int row = block_x() * 256 + thread(), column = block_y();
    if (row >= M) return;
    float sum = 0;
#pragma unroll 1
    for (int k = 0; k < K; k++) sum = fused(load(a + (i64)row * K + k), load(b + (i64)column * K + k), sum);
    store(c + (i64)row * N + column, sum);
}

#endif
