// What the kernels of attention's backward pass share: what becomes of a score, and for the tensor cores the tiles in shared memory and the
// way in which gradients leave. Rows of such a tile are D BF16 values, in chunks of 16 bytes; chunk c of row r lies at place c ^ (r & 7), so
// that the eight rows of an ldmatrix phase use all banks.
#pragma once
#include "attention.cuh"

// A score of query i and key j, and what follows from it: `product` becomes the weight Z that multiplies v, `gradient`, the product dy_i · v_j,
// becomes dS without the scale.
struct ScoreRule {
    const AttentionForm &form;
    DropoutKey key;
    float slope;
    int h;

    DEVICE void apply(float &product, float &gradient, float minus_log_sum_exp, float minus_delta, int i, int j, bool visible) const {
        float p = visible ? exp2_fast(score(form, product, slope, i - j) + minus_log_sum_exp) : 0;
        float kept = 1;
        if (form.dropout_threshold) {  // the same for the whole grid; the ten rounds' keys are not kept in registers
            const u64 seed = (u64)opaque((u32)(key.seed >> 32)) << 32 | opaque((u32)key.seed);
            kept = dropout_factor(form, DropoutKey{seed, opaque(key.step), opaque(key.sample)}, h, i, j);
        }
        gradient = score_slope(form, product) * p * fused(kept, gradient, minus_delta);
        product = kept * p;
    }
};

#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)

// Instantiations: plain causal attention pays for nothing else.
constexpr int PLAIN = 0;   // causal, grouped queries
constexpr int LOCAL = 1;   // window and documents as well
constexpr int FULL = 2;    // soft cap, ALiBi and dropout as well

constexpr int STATISTICS_BYTES = 512;  // of a stage: a pair (-L log2 e, -delta) per query, or as many bytes as the threads' copies reach

template <int D> struct TileLayout {
    static constexpr int ROW = 2 * D, CHUNKS = D / 8;  // bytes, 16-byte chunks
    static DEVICE u32 place(int row, int chunk) { return row * ROW + ((chunk ^ (row & 7)) << 4); }
};

// What thread t copies of every tile: chunk `channel / 8` of rows row, row + STEP, ... STEP is a multiple of 8, so the place of each is that of
// the first, some rows further.
template <int D, int THREADS> struct TileCopy {
    using Layout = TileLayout<D>;
    static constexpr int STEP = THREADS / Layout::CHUNKS;
    int row, channel;
    u32 target;

    DEVICE TileCopy(u32 shared, int t)
        : row(t / Layout::CHUNKS), channel(t % Layout::CHUNKS * 8), target(shared + Layout::place(row, channel / 8)) {}

    // ROWS rows of the matrix whose rows are `stride` bytes apart, from `first` on, to the tile `offset` bytes behind `target`; rows behind
    // `last` are read as the last. `column` is the address of the matrix's channel `channel`. bytes: 16, or 0 for nothing.
    template <int ROWS> DEVICE void rows(u32 target, u32 offset, u64 column, int stride, int first, int last, int bytes) const {
#pragma unroll
        for (int i = 0; i < ROWS / STEP; i++)
            copy16(target + offset + i * STEP * Layout::ROW, row_address(column, smaller(first + row + i * STEP, last), stride), bytes);
    }
};

// 16 rows x D of sums, as mma leaves them in a warp, to 16 rows of a matrix in global memory: through 16 rows of shared memory that only
// this warp uses, so that every lane stores 16 bytes. Rows from `count` on do not exist. With beta the old values come in before the only rounding.
template <int D>
DEVICE void store_rows(float (&sum)[D / 8][4], u32 staging, bf16 *matrix, i64 stride, int count, float factor, float beta) {
    using Layout = TileLayout<D>;
    const int group = lane() >> 2, pair = lane() & 3;
#pragma unroll
    for (int d = 0; d < D / 8; d++)
#pragma unroll
        for (int e = 0; e < 4; e++) sum[d][e] *= factor;
    if (beta != 0) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            if (group + half * 8 >= count) continue;
            const u32 *old = (const u32 *)(matrix + (group + half * 8) * stride) + pair;
#pragma unroll
            for (int d = 0; d < D / 8; d++) {
                sum[d][2 * half] = fused(beta, low_float(old[d * 4]), sum[d][2 * half]);
                sum[d][2 * half + 1] = fused(beta, high_float(old[d * 4]), sum[d][2 * half + 1]);
            }
        }
    }
#pragma unroll
    for (int half = 0; half < 2; half++)
#pragma unroll
        for (int d = 0; d < D / 8; d++)
            store_shared_bits(staging + Layout::place(group + half * 8, d) + pair * 4, pack_bf16(sum[d][2 * half], sum[d][2 * half + 1]));
    warp_barrier();
    constexpr int ROWS = 32 / Layout::CHUNKS;  // that a warp stores at a time
    const int row = lane() / Layout::CHUNKS, chunk = lane() % Layout::CHUNKS;
#pragma unroll
    for (int r = 0; r < 16; r += ROWS)
        if (row + r < count)
            store4((u32 *)(matrix + (row + r) * stride) + chunk * 4, load_shared_bits4(staging + Layout::place(row + r, chunk)));
}

#endif
