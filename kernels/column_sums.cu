// The sums of partial rows: first[c] = sum over p of partial[p, c] + beta1 first[c], second[c] the same for the columns from C on; either
// may be absent. The order of addition depends on the number of partial rows only.
// A block takes 32 columns, one per lane; its 8 warps take every eighth row, four loads in flight, and add up through shared memory.
// Bytes: the partial rows once, the sums once (twice with beta).
#include "vector.cuh"

template <class G>
DEVICE void column_sums(G *first, G *second, const float *partial, int rows, int C, int columns, float beta_first, float beta_second, float *shared) {
    int column = block_x() * 32 + lane();
    bool inside = column < columns;
    float sums[4] = {};
    const float *source = partial + (inside ? column : 0);
    int row = warp();
#pragma unroll 1
    for (; row + 24 < rows; row += 32)
#pragma unroll
        for (int u = 0; u < 4; u++)
            if (inside) sums[u] += source[(i64)(row + u * 8) * columns];
#pragma unroll 1
    for (; row < rows; row += 8)
        if (inside) sums[0] += source[(i64)row * columns];
    shared[thread()] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    block_barrier();
    if (warp() != 0 || !inside) return;
    float sum = 0;
#pragma unroll
    for (int w = 0; w < 8; w++) sum += shared[w * 32 + lane()];
    G *target = column < C ? first : second;
    if (!target) return;
    target += column < C ? column : column - C;
    float beta = column < C ? beta_first : beta_second;
    store(target, beta == 0 ? sum : fused(beta, load(target), sum));
}

#define COLUMN_SUMS(NAME, G) \
    KERNEL __launch_bounds__(256) void NAME(G *first, G *second, const float *partial, int rows, int C, int columns, float beta_first, float beta_second) { \
        __shared__ float shared[256]; \
        column_sums(first, second, partial, rows, C, columns, beta_first, beta_second, shared); \
    }

COLUMN_SUMS(column_sums_f32, float)
#if __CUDA_ARCH__ >= 800
COLUMN_SUMS(column_sums_bf16, bf16)
#endif
