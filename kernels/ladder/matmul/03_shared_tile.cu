// A block computes 16 x 16 of C from tiles in shared memory: what one thread has read, fifteen others use.
// counter: bytes over minimum
// launch: grid (N/16, M/16), block 256, shared 0
// Each element of A leaves global memory N/16 times instead of N. In shared memory the tiles lie along M and N, one
// float longer than they are: the lanes of a warp write 32 of k at once, which would otherwise lie in two banks.
#include "vector.cuh"

#if __CUDA_ARCH__ >= 800

enum { EXTENT = 16, BK = 32 };

KERNEL __launch_bounds__(256) void matmul_shared_tile(bf16 *c, const bf16 *a, const bf16 *b, int M, int N, int K) {
    __shared__ float stage_a[BK][EXTENT + 1], stage_b[BK][EXTENT + 1];
    int row = block_y() * EXTENT, column = block_x() * EXTENT, y = thread() / EXTENT, x = thread() % EXTENT;
    float sum = 0;
#pragma unroll 1
    for (int first = 0; first < K; first += BK) {
        int k = first + lane();
#pragma unroll
        for (int r = warp(); r < EXTENT; r += 8) {
            stage_a[lane()][r] = row + r < M && k < K ? load(a + (i64)(row + r) * K + k) : 0;
            stage_b[lane()][r] = column + r < N && k < K ? load(b + (i64)(column + r) * K + k) : 0;
        }
        block_barrier();
#pragma unroll
        for (int k = 0; k < BK; k++) sum = fused(stage_a[k][y], stage_b[k][x], sum);
        block_barrier();
    }
    if (row + y < M && column + x < N) store(c + (i64)(row + y) * N + column + x, sum);
}

#endif
