// What the backward passes of attention need of every query (b, h, i): the pair (-L_i log2 e, -delta_i) with delta_i = dy_i · y_i, the row
// sum of dP o P that the softmax's derivative subtracts; L in base 2, as the scores are. And of every position (b, i), where `first_keys` is
// not null, the first key that its query sees.
//
// Layout: statistics (B H, T', 2) and first_keys (B, T') with T' = T rounded up to 64, so that whole blocks can be copied without a bound.
// The rows behind T see no key, and their L is so large that every weight is 0. A block serves 64 positions of one head.
// Bytes: dy and y (B, T, H D) once, 12 per query. 2 D FLOPs per query; the time is that of the memory. Max-live registers: 46.
#include "attention.cuh"
#include "vector.cuh"

constexpr int DELTA_ROWS = 64;                          // of a block
constexpr float NO_WEIGHT = -1e30f;                     // 2^(score + this) is 0 for every score
constexpr int NO_KEY = 0x7fffffff;

struct DeltaOutputs {
    float *statistics;
    int *first_keys;
};

// LANES lanes share a row; each adds up its part of the product, and the first stores the pair.
template <int LANES, class Part>
DEVICE void delta_rows(const DeltaOutputs &outputs, const float *log_sum_exp, const AttentionForm &form, const Part &part) {
    const int T = form.T, H = form.H, blocks_per_head = (T + DELTA_ROWS - 1) / DELTA_ROWS, padded = blocks_per_head * DELTA_ROWS;
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
            pair.x = t < T ? log_sum_exp[(i64)bh * T + t] * -LOG2_E : NO_WEIGHT;
            pair.y = -sum;
            *(float2 *)(outputs.statistics + ((i64)bh * padded + t) * 2) = pair;
        }
    }
    if (outputs.first_keys && h == 0 && thread() < DELTA_ROWS) {
        const int t = first + thread();
        outputs.first_keys[(i64)b * padded + t] = t < T ? first_key(form, t, document_start(form, b, t, t)) : NO_KEY;
    }
}

// Any D and any alignment: a warp per row.
template <class S>
DEVICE float product_of_rows(const S *a, const S *b, int D, i64 row, int share) {
    float sum = 0;
    for (int d = share; d < D; d += 32) sum = fused(load(a + row * D + d), load(b + row * D + d), sum);
    return sum;
}

#define DELTA_PARAMETERS(S)                                                                                                             \
    float *statistics, int *first_keys, const S *__restrict__ dy, const S *__restrict__ y, const float *__restrict__ log_sum_exp,       \
        ATTENTION_FORM_PARAMETERS

KERNEL __launch_bounds__(256) void attention_delta_f32(DELTA_PARAMETERS(float)) {
    delta_rows<32>(DeltaOutputs{statistics, first_keys}, log_sum_exp, ATTENTION_FORM,
                   [&](i64 row, int share) INLINE_LAMBDA { return product_of_rows(dy, y, D, row, share); });
}

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(256) void attention_delta_bf16(DELTA_PARAMETERS(bf16)) {
    delta_rows<32>(DeltaOutputs{statistics, first_keys}, log_sum_exp, ATTENTION_FORM,
                   [&](i64 row, int share) INLINE_LAMBDA { return product_of_rows(dy, y, D, row, share); });
}

DEVICE float product_of_pairs(u32 a, u32 b, float sum) {
    return fused(high_float(a), high_float(b), fused(low_float(a), low_float(b), sum));
}

// D = 8 LANES and 16-byte alignment: every lane reads 8 channels at once.
template <int LANES>
DEVICE float product_of_eights(const bf16 *a, const bf16 *b, i64 row, int share) {
    uint4 x = load_bits(a + (row * LANES + share) * 8), y = load_bits(b + (row * LANES + share) * 8);
    return product_of_pairs(x.x, y.x, product_of_pairs(x.y, y.y, product_of_pairs(x.z, y.z, product_of_pairs(x.w, y.w, 0.f))));
}

KERNEL __launch_bounds__(256) void attention_delta_d64_bf16(DELTA_PARAMETERS(bf16)) {
    delta_rows<8>(DeltaOutputs{statistics, first_keys}, log_sum_exp, ATTENTION_FORM,
                  [&](i64 row, int share) INLINE_LAMBDA { return product_of_eights<8>(dy, y, row, share); });
}

KERNEL __launch_bounds__(256) void attention_delta_d128_bf16(DELTA_PARAMETERS(bf16)) {
    delta_rows<16>(DeltaOutputs{statistics, first_keys}, log_sum_exp, ATTENTION_FORM,
                   [&](i64 row, int share) INLINE_LAMBDA { return product_of_eights<16>(dy, y, row, share); });
}
#endif
