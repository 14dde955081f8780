// cp.async copies from global to shared memory past the registers, three k-blocks ahead of the tensor cores.
// counter: loads through registers
// launch: grid (N/64, M/64), block 128, shared 49152
// needs: K % 8 = 0, N % 8 = 0
// Before, all warps waited for memory, then memory for all warps. Now three stages lie in a ring: while one is multiplied, two are on their
// way, and one barrier per k-block is enough. Behind the end of K, and of M and N, a copy of 0 bytes fills in zeros.
#include "vector.cuh"

#if __CUDA_ARCH__ >= 800

enum { EXTENT = 64, BK = 64, ROW_BYTES = BK * 2, THREADS = 128, STAGES = 3, TILE_BYTES = EXTENT * ROW_BYTES };

extern __shared__ __attribute__((aligned(128))) u8 ring[];

DEVICE void copy_tile(u32 stage, const bf16 *operand, int first, int count, int k, int K) {
#pragma unroll
    for (int i = 0; i < EXTENT * 8 / THREADS; i++) {
        int at = thread() + i * THREADS, row = at / 8, chunk = at % 8;
        bool inside = first + row < count && k + chunk * 8 < K;
        const bf16 *from = inside ? operand + (i64)(first + row) * K + k + chunk * 8 : operand;
        copy16(stage + row * ROW_BYTES + (chunk ^ (row & 7)) * 16, from, inside ? 16 : 0);
    }
}

KERNEL __launch_bounds__(THREADS) void matmul_async(bf16 *c, const bf16 *a, const bf16 *b, int M, int N, int K) {
    int row = block_y() * EXTENT, column = block_x() * EXTENT, y = warp() / 2 * 32, x = warp() % 2 * 32, l = lane();
    u32 base = shared_address(ring);
    u32 from_a = base + (y + (l & 15)) * ROW_BYTES + ((l >> 4) ^ (l & 7)) * 16;
    u32 from_b = base + TILE_BYTES + (x + (l & 7) + (l >> 4) * 8) * ROW_BYTES + (((l >> 3) & 1) ^ (l & 7)) * 16;
    float sums[2][4][4] = {};
    auto copy_block = [&](int block) INLINE_LAMBDA {
        u32 stage = base + block % STAGES * 2 * TILE_BYTES;
        copy_tile(stage, a, row, M, block * BK, K);
        copy_tile(stage + TILE_BYTES, b, column, N, block * BK, K);
        copies_commit();
    };
    copy_block(0);
    copy_block(1);
    int blocks = (K + BK - 1) / BK;
#pragma unroll 1
    for (int block = 0; block < blocks; block++) {
        copies_wait<STAGES - 2>();
        block_barrier();  // this block is there, and nobody reads the one before, whose stage the next copy fills
        copy_block(block + STAGES - 1);
        u32 stage = block % STAGES * 2 * TILE_BYTES;
#pragma unroll
        for (int step = 0; step < BK / 16; step++) {
            u32 left[2][4], right[2][4];
#pragma unroll
            for (int i = 0; i < 2; i++) {
                load_matrices(left[i], ((from_a + stage) ^ (step * 32)) + i * 16 * ROW_BYTES);
                load_matrices(right[i], ((from_b + stage) ^ (step * 32)) + i * 16 * ROW_BYTES);
            }
#pragma unroll
            for (int i = 0; i < 2; i++)
#pragma unroll
                for (int j = 0; j < 4; j++) multiply_add(sums[i][j], left[i], right[j / 2][j % 2 * 2], right[j / 2][j % 2 * 2 + 1]);
        }
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
