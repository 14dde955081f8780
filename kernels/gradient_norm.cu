// norm = sqrt(sum of g²), in two stages. First each block sums the squares of 65,536 elements: a thread keeps four loads of 16 bytes in
// flight and adds up 128 squares in binary32 along four or eight chains, everything above that in double precision and in a fixed order.
// Then one block sums up the blocks. The shares depend on the number of elements only, so the bits depend neither on the device nor on
// the order of blocks. Bytes: g once, and 8 per block.
#include "block_sum.cuh"

enum { NORM_THREADS = 512, NORM_ELEMENTS = 65536, IN_FLIGHT = 4 };

// 16 bytes of gradients: four floats, or eight BF16 numbers.
struct Squares {
    float4 low, high;

    DEVICE void add(const float4 &q) { low = low + q * q; }

#if __CUDA_ARCH__ >= 800
    DEVICE void add(const uint4 &q) {
#pragma unroll
        for (int k = 0; k < 4; k++) {
            float a = low_float(LANE(q, k)), b = high_float(LANE(q, k));
            LANE(low, k) = fused(a, a, LANE(low, k));
            LANE(high, k) = fused(b, b, LANE(high, k));
        }
    }
#endif

    DEVICE void add(float v) { low.x = fused(v, v, low.x); }

    DEVICE double sum() const {
        float4 s = low + high;
        return ((double)s.x + s.y) + ((double)s.z + s.w);
    }
};

DEVICE float as_float(float v) { return v; }
DEVICE float4 load16(const float *p) { return load4(p); }
#if __CUDA_ARCH__ >= 800
DEVICE float as_float(bf16 v) { return to_float(v); }
DEVICE uint4 load16(const bf16 *p) { return load4((const u32 *)p); }
#endif

template <class G> DEVICE void sum_of_squares(double *sums, const G *gradients, i64 count, double (&scratch)[NORM_THREADS]) {
    enum { WIDTH = 16 / sizeof(G) };
    const G *g = gradients + (i64)block_x() * NORM_ELEMENTS;
    i64 left = count - (i64)block_x() * NORM_ELEMENTS;
    int length = left < NORM_ELEMENTS ? (int)left : NORM_ELEMENTS;
    int vectors = ((u64)g & 15) == 0 ? length / WIDTH : 0;
    Squares squares = {};
    int v = thread();
#pragma unroll 1
    for (; v + (IN_FLIGHT - 1) * NORM_THREADS < vectors; v += IN_FLIGHT * NORM_THREADS) {
        auto first = load16(g + v * WIDTH), second = load16(g + (v + NORM_THREADS) * WIDTH);
        auto third = load16(g + (v + 2 * NORM_THREADS) * WIDTH), fourth = load16(g + (v + 3 * NORM_THREADS) * WIDTH);
        squares.add(first);
        squares.add(second);
        squares.add(third);
        squares.add(fourth);
    }
#pragma unroll 1
    for (; v < vectors; v += NORM_THREADS) squares.add(load16(g + v * WIDTH));
#pragma unroll 1
    for (int i = vectors * WIDTH + thread(); i < length; i += NORM_THREADS) squares.add(as_float(g[i]));
    double sum = block_sum(squares.sum(), scratch);
    if (thread() == 0) sums[block_x()] = sum;
}

KERNEL __launch_bounds__(NORM_THREADS) void gradient_norm_f32(double *sums, const float *gradients, i64 count) {
    __shared__ double scratch[NORM_THREADS];
    sum_of_squares(sums, gradients, count, scratch);
}

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(NORM_THREADS) void gradient_norm_bf16(double *sums, const bf16 *gradients, i64 count) {
    __shared__ double scratch[NORM_THREADS];
    sum_of_squares(sums, gradients, count, scratch);
}
#endif

// One block: the square root of the sum of the blocks' sums.
KERNEL __launch_bounds__(NORM_THREADS) void gradient_norm_root(float *norm, const double *sums, int count) {
    __shared__ double scratch[NORM_THREADS];
    double sum = 0;
#pragma unroll 1
    for (int i = thread(); i < count; i += NORM_THREADS) sum += sums[i];
    sum = block_sum(sum, scratch);
    if (thread() == 0) *norm = (float)square_root(sum);
}
