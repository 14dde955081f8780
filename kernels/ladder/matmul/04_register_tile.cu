// A thread computes 4 x 4 of C in registers: 8 floats from shared memory feed 16 multiply-adds instead of 2 one.
// counter: shared wavefronts
// launch: grid (N/64, M/64), block 256, shared 0
// The tiles lie along M and N in shared memory, so that a thread's four neighbours are one access of 16 bytes. The larger tile also
// quarters the traffic of global memory.
#include "vector.cuh"

#if __CUDA_ARCH__ >= 800

enum { EXTENT = 64, BK = 16, PITCH = EXTENT + 4 };

// 64 rows by 16 of k, transposed; neighbouring threads read neighbours.
DEVICE void load_tile(float *stage, const bf16 *operand, int first, int count, int k, int K) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
        int at = thread() + i * 256, row = at / BK, column = at % BK;
        stage[column * PITCH + row] = first + row < count && k + column < K ? load(operand + (i64)(first + row) * K + k + column) : 0;
    }
}

KERNEL __launch_bounds__(256) void matmul_register_tile(bf16 *c, const bf16 *a, const bf16 *b, int M, int N, int K) {
    __shared__ __attribute__((aligned(16))) float stage_a[BK * PITCH], stage_b[BK * PITCH];
    int row = block_y() * EXTENT, column = block_x() * EXTENT, y = thread() / 16 * 4, x = thread() % 16 * 4;
    float sums[4][4] = {};
#pragma unroll 1
    for (int first = 0; first < K; first += BK) {
        load_tile(stage_a, a, row, M, first, K);
        load_tile(stage_b, b, column, N, first, K);
        block_barrier();
#pragma unroll
        for (int k = 0; k < BK; k++) {
            float4 left = load4(stage_a + k * PITCH + y), right = load4(stage_b + k * PITCH + x);
#pragma unroll
            for (int i = 0; i < 4; i++)
#pragma unroll
                for (int j = 0; j < 4; j++) sums[i][j] = fused(LANE(left, i), LANE(right, j), sums[i][j]);
        }
        block_barrier();
    }
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++)
            if (row + y + i < M && column + x + j < N) store(c + (i64)(row + y + i) * N + column + x + j, sums[i][j]);
}

#endif
