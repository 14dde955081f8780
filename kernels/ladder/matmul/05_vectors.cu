// Every access of global memory moves 16 bytes per lane, eight values of k at once.
// counter: global requests
// launch: grid (N/64, M/64), block 256, shared 0
// needs: K % 8 = 0, N % 4 = 0
// A request costs the load unit the same whatever it asks for. Lanes side by side along M keep the transposing stores free of bank
// conflicts; each uses one half of a sector, and the lane that uses the other half finds it in the cache.
#include "vector.cuh"

#if __CUDA_ARCH__ >= 800

enum { EXTENT = 64, BK = 32, PITCH = EXTENT + 4 };

// 64 rows by 32 of k, transposed: one pack of eight per thread.
DEVICE void load_tile(float *stage, const bf16 *operand, int first, int count, int k, int K) {
    int row = thread() % EXTENT, column = thread() / EXTENT * 8;
    Pack<8> pack = {};
    if (first + row < count && k + column < K) load_pack(pack, operand + (i64)(first + row) * K + k + column);
#pragma unroll
    for (int i = 0; i < 8; i++) stage[(column + i) * PITCH + row] = pack.v[i];
}

KERNEL __launch_bounds__(256) void matmul_vectors(bf16 *c, const bf16 *a, const bf16 *b, int M, int N, int K) {
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
    for (int i = 0; i < 4; i++) {
        Pack<4> four = {{sums[i][0], sums[i][1], sums[i][2], sums[i][3]}};
        if (row + y + i < M && column + x < N) store_pack(c + (i64)(row + y + i) * N + column + x, four);
    }
}

#endif
