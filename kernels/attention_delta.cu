// What the backward passes of attention need of every query (b, h, i): the pair (L_i log2 e, delta_i) with delta_i = dy_i · y_i, the row
// sum of dP o P that the softmax's derivative subtracts. L comes in base 2, as the scores do.
//
// Layout: statistics (B H, T', 2) with T' = T rounded up to 64, the rows behind T zero, so that whole blocks can be copied without a
// bound. A block serves 64 positions of one head. dy and y are (B, T, H D), L is (B, H, T).
// Bytes: dy and y once, 12 per query. 2 D FLOPs per query; the time is that of the memory.
#include "attention.cuh"

constexpr int DELTA_ROWS = 64;  // of a block

// LANES lanes share a row; each adds up its part of the product, and the first stores the pair.
template <int LANES, class Part>
DEVICE void delta_rows(float *statistics, const float *log_sum_exp, int T, int H, const Part &part) {
    const int blocks_per_head = (T + DELTA_ROWS - 1) / DELTA_ROWS;
    const int bh = block_x() / blocks_per_head, first = (block_x() - bh * blocks_per_head) * DELTA_ROWS;
    const int b = bh / H, h = bh - b * H, share = thread() % LANES;
#pragma unroll 1
    for (int row = thread() / LANES; row < DELTA_ROWS; row += 256 / LANES) {
        const int t = first + row;
        float sum = t < T ? part(((i64)b * T + t) * H + h, share) : 0.f;
#pragma unroll
        for (int offset = LANES / 2; offset; offset >>= 1) sum += shuffle_xor(sum, offset);
        if (share == 0) {
            float2 pair;
            pair.x = t < T ? log_sum_exp[(i64)bh * T + t] * LOG2_E : 0.f;
            pair.y = sum;
            *(float2 *)(statistics + ((i64)bh * blocks_per_head * DELTA_ROWS + t) * 2) = pair;
        }
    }
}

DEVICE float widened(float v) { return v; }
#if __CUDA_ARCH__ >= 800
DEVICE float widened(bf16 v) { return to_float(v); }
#endif

// Any D and any alignment: a warp per row.
template <class T>
DEVICE float product_of_rows(const T *a, const T *b, int D, i64 row, int share) {
    float sum = 0;
    for (int d = share; d < D; d += 32) sum = fused(widened(a[row * D + d]), widened(b[row * D + d]), sum);
    return sum;
}

KERNEL __launch_bounds__(256) void attention_delta_f32(float *statistics, const float *__restrict__ dy, const float *__restrict__ y,
                                                       const float *__restrict__ log_sum_exp, int T, int H, int D) {
    delta_rows<32>(statistics, log_sum_exp, T, H,
                   [&](i64 row, int share) INLINE_LAMBDA { return product_of_rows(dy, y, D, row, share); });
}

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(256) void attention_delta_bf16(float *statistics, const bf16 *__restrict__ dy, const bf16 *__restrict__ y,
                                                        const float *__restrict__ log_sum_exp, int T, int H, int D) {
    delta_rows<32>(statistics, log_sum_exp, T, H,
                   [&](i64 row, int share) INLINE_LAMBDA { return product_of_rows(dy, y, D, row, share); });
}

DEVICE float product_of_pairs(u32 a, u32 b, float sum) {
    return fused(high_float(a), high_float(b), fused(low_float(a), low_float(b), sum));
}

// D = 64 or 128 and 16-byte alignment: every lane reads 8 channels at once.
template <int D>
DEVICE float product_of_eights(const bf16 *a, const bf16 *b, i64 row, int share) {
    uint4 x = load4((const u32 *)(a + row * D) + share * 4), y = load4((const u32 *)(b + row * D) + share * 4);
    return product_of_pairs(x.x, y.x, product_of_pairs(x.y, y.y, product_of_pairs(x.z, y.z, product_of_pairs(x.w, y.w, 0.f))));
}

KERNEL __launch_bounds__(256) void attention_delta_d64_bf16(float *statistics, const bf16 *__restrict__ dy, const bf16 *__restrict__ y,
                                                            const float *__restrict__ log_sum_exp, int T, int H) {
    delta_rows<8>(statistics, log_sum_exp, T, H, [&](i64 row, int share) INLINE_LAMBDA { return product_of_eights<64>(dy, y, row, share); });
}

KERNEL __launch_bounds__(256) void attention_delta_d128_bf16(float *statistics, const bf16 *__restrict__ dy, const bf16 *__restrict__ y,
                                                             const float *__restrict__ log_sum_exp, int T, int H) {
    delta_rows<16>(statistics, log_sum_exp, T, H, [&](i64 row, int share) INLINE_LAMBDA { return product_of_eights<128>(dy, y, row, share); });
}
#endif
