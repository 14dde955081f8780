// Tensor cores: one mma of a warp is 2048 multiply-adds, which took 64 instructions before.
// counter: warp instructions
// launch: grid (N/64, M/64), block 128, shared 0
// needs: K % 8 = 0, N % 8 = 0
// Four warps of 32 x 32. BF16 stays BF16 in shared memory, 64 of k to a row of 128 bytes, and ldmatrix hands it out as mma wants it. But
// the eight rows that ldmatrix reads together lie 128 bytes apart, in the same banks: it takes eight times as long as it should.
#include "vector.cuh"

#if __CUDA_ARCH__ >= 800

enum { EXTENT = 64, BK = 64, ROW_BYTES = BK * 2, THREADS = 128 };

DEVICE void load_tile(u8 *stage, const bf16 *operand, int first, int count, int k, int K) {
#pragma unroll
    for (int i = 0; i < EXTENT * 8 / THREADS; i++) {
        int at = thread() + i * THREADS, row = at / 8, chunk = at % 8;
        uint4 bits = {};
        if (first + row < count && k + chunk * 8 < K) bits = load_bits(operand + (i64)(first + row) * K + k + chunk * 8);
        store4((u32 *)(stage + row * ROW_BYTES + chunk * 16), bits);
    }
}

KERNEL __launch_bounds__(THREADS) void matmul_tensor_cores(bf16 *c, const bf16 *a, const bf16 *b, int M, int N, int K) {
    __shared__ __attribute__((aligned(128))) u8 stage_a[EXTENT * ROW_BYTES], stage_b[EXTENT * ROW_BYTES];
    int row = block_y() * EXTENT, column = block_x() * EXTENT, y = warp() / 2 * 32, x = warp() % 2 * 32, l = lane();
    u32 from_a = shared_address(stage_a) + (y + (l & 15)) * ROW_BYTES + (l >> 4) * 16;
    u32 from_b = shared_address(stage_b) + (x + (l & 7) + (l >> 4) * 8) * ROW_BYTES + ((l >> 3) & 1) * 16;
    float sums[2][4][4] = {};
#pragma unroll 1
    for (int first = 0; first < K; first += BK) {
        load_tile(stage_a, a, row, M, first, K);
        load_tile(stage_b, b, column, N, first, K);
        block_barrier();
#pragma unroll
        for (int step = 0; step < BK / 16; step++) {
            u32 left[2][4], right[2][4];
#pragma unroll
            for (int i = 0; i < 2; i++) {
                load_matrices(left[i], from_a + i * 16 * ROW_BYTES + step * 32);
                load_matrices(right[i], from_b + i * 16 * ROW_BYTES + step * 32);
            }
#pragma unroll
            for (int i = 0; i < 2; i++)
#pragma unroll
                for (int j = 0; j < 4; j++) multiply_add(sums[i][j], left[i], right[j / 2][j % 2 * 2], right[j / 2][j % 2 * 2 + 1]);
        }
        block_barrier();
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        int r = row + y + i * 8 + l / 4;
#pragma unroll
        for (int j = 0; j < 4; j++) {
            int at = column + x + j * 8 + l % 4 * 2;
            if (r < M && at < N) *(u32 *)(c + (i64)r * N + at) = pack_bf16(sums[i / 2][j][i % 2 * 2], sums[i / 2][j][i % 2 * 2 + 1]);
        }
    }
}

#endif
