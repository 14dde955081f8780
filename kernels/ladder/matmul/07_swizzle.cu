// Shared memory is swizzled: the 16-byte chunk c of row r stands at c ^ (r & 7), so that no two of eight rows share banks.
// counter: bank conflicts
// launch: grid (N/64, M/64), block 128, shared 0
// needs: K % 8 = 0, N % 8 = 0
// Rows of eight chunks hold every bank once. Eight threads that store a row still meet all banks, in another order; and now so do the eight
// lanes that read one chunk of eight rows. A k-step of 16 is two chunks, which changes the address by an exclusive or as well.
#include "vector.cuh"

#if __CUDA_ARCH__ >= 800

enum { EXTENT = 64, BK = 64, ROW_BYTES = BK * 2, THREADS = 128 };

DEVICE void load_tile(u8 *stage, const bf16 *operand, int first, int count, int k, int K) {
#pragma unroll
    for (int i = 0; i < EXTENT * 8 / THREADS; i++) {
        int at = thread() + i * THREADS, row = at / 8, chunk = at % 8;
        uint4 bits = {};
        if (first + row < count && k + chunk * 8 < K) bits = load_bits(operand + (i64)(first + row) * K + k + chunk * 8);
        store4((u32 *)(stage + row * ROW_BYTES + (chunk ^ (row & 7)) * 16), bits);
    }
}

KERNEL __launch_bounds__(THREADS) void matmul_swizzle(bf16 *c, const bf16 *a, const bf16 *b, int M, int N, int K) {
    __shared__ __attribute__((aligned(128))) u8 stage_a[EXTENT * ROW_BYTES], stage_b[EXTENT * ROW_BYTES];
    int row = block_y() * EXTENT, column = block_x() * EXTENT, y = warp() / 2 * 32, x = warp() % 2 * 32, l = lane();
    u32 from_a = shared_address(stage_a) + (y + (l & 15)) * ROW_BYTES + ((l >> 4) ^ (l & 7)) * 16;
    u32 from_b = shared_address(stage_b) + (x + (l & 7) + (l >> 4) * 8) * ROW_BYTES + (((l >> 3) & 1) ^ (l & 7)) * 16;
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
                load_matrices(left[i], (from_a ^ (step * 32)) + i * 16 * ROW_BYTES);
                load_matrices(right[i], (from_b ^ (step * 32)) + i * 16 * ROW_BYTES);
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
