// The gradient of queries on tensor cores, BF16, D = 64 and 128:
//   dq_i = s sum_j dS[i, j] k_j,  dS = cap' (Z/P (dy_i · v_j) - delta_i) P   (attention.cuh).
//
// A block owns BQ queries of one head and goes over the key blocks of BK that they see. A warp has 16 MW queries; its fragments of Q and dy
// stay in registers (HELD) or are read again from shared memory for every key block, where registers are short. K and V come through two
// stages: while one is computed with, the other is copied to. One barrier per key block orders both: behind it, everybody's copies of this
// stage are there, and nobody reads the other stage any more. dS leaves the tensor cores as the left operand of dS K.
//
// Rows behind T read as the last row: as keys they are masked, as queries not stored. Only the blocks on the diagonal are masked; with a
// window or documents also those before the first key that all queries of the tile see.
//
// Per query block and key block 6 BQ BK D FLOPs (three products). Bytes: Q and dy once, K and V once per query block that sees them.
//
// Instructions beside each mma in the loop off the diagonal, and max-live registers: D = 64 128x32 1.97, 230; 64x64 2.80, 140; D = 128 64x32
// 2.39, 140. With a window or documents 145; with soft cap, ALiBi and dropout 143 (D = 64) and 175 (D = 128).
#include "attention_backward.cuh"

#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)

extern __shared__ __attribute__((aligned(256))) u8 shared_memory[];  // rows do not straddle, so chunks are reached by exclusive or

// Which queries a block owns: the last first, because they see most keys.
struct QueryTile {
    int b, head, first;  // sample, query head, first query
};

template <int BQ> DEVICE QueryTile query_tile(int T, int H, int block) {
    const int tiles = (T + BQ - 1) / BQ, column = block / tiles, b = column / H;
    return {b, column - b * H, (tiles - 1 - (block - column * tiles)) * BQ};
}

template <int D, int BQ, int BK, int MW, int FEATURES, bool HELD>
DEVICE void query_gradients(bf16 *dqkv, const bf16 *qkv, const bf16 *dy, const float *statistics, const int *first_keys, float beta,
                            const AttentionForm &form) {
    constexpr int THREADS = BQ / MW * 2;
    using Layout = TileLayout<D>;
    using Copy = TileCopy<D, THREADS>;
    constexpr int ROW = Layout::ROW, OWNED = BQ * ROW, TILE = BK * ROW, STAGE = 2 * TILE;  // bytes
    static_assert(Copy::STEP % 8 == 0);

    // What the loop needs is computed from copies of the thread's and the block's number of which the compiler knows nothing, and what comes
    // after the loop from the numbers themselves: so the loop does not carry along what only the end needs.
    const int t = opaque(thread()), l = t & 31, w = t >> 5, group_row = l >> 2, pair = l & 3;
    const int T = opaque(form.T), H = opaque(form.H), G = opaque(form.G), padded = (T + 63) & ~63;
    const QueryTile tile = query_tile<BQ>(T, H, opaque(block_x()));
    const int b = tile.b, h = tile.head, q0 = tile.first, key_head = h / (H / G), last = opaque(smaller(q0 + BQ, T) - 1);
    const int width = (H + 2 * G) * D, packed_stride = opaque(2 * width), dy_stride = 2 * H * D;

    // The keys from `first` on are seen by some query of the tile, those from `all` on by every one that is not before them.
    KeyRange range = {0, 0};
    if constexpr (FEATURES != PLAIN) range = key_range(form, b, q0, BQ);
    int k0 = range.first / BK * BK;

    const u32 shared = opaque(shared_address(shared_memory));
    const Copy copy(shared, t);
    const u64 column = global_bits(qkv + (i64)b * T * width + copy.channel);
    const u64 k_column = column + (H + key_head) * (2 * D), v_column = k_column + G * (2 * D);
    auto fetch = [&](u32 offset, int first) INLINE_LAMBDA {
        const int bytes = first <= last ? 16 : 0;
        const u32 target = opaque(copy.target + offset);
        copy.template rows<BK>(target, 2 * OWNED, k_column, packed_stride, first, last, bytes);
        copy.template rows<BK>(target, 2 * OWNED + TILE, v_column, packed_stride, first, last, bytes);
    };
    copy.template rows<BQ>(copy.target, 0, column + h * (2 * D), packed_stride, q0, last, 16);
    copy.template rows<BQ>(copy.target, OWNED, global_bits(dy + ((i64)b * T * H + h) * D + copy.channel), dy_stride, q0, last, 16);
    fetch(0, k0);
    copies_commit();

    // Of this lane's rows group_row and group_row + 8 of each 16.
    const int first_row = q0 + w * 16 * MW + group_row;
    float minus_L[MW][2], minus_delta[MW][2];
    int first_seen[MW][2] = {};
#pragma unroll
    for (int m = 0; m < MW; m++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int i = smaller(first_row + m * 16 + half * 8, last);
            const float2 query = *(const float2 *)(statistics + ((i64)(b * H + h) * padded + i) * 2);
            minus_L[m][half] = query.x, minus_delta[m][half] = query.y;
            if constexpr (FEATURES != PLAIN) first_seen[m][half] = first_keys[(i64)b * padded + i];
        }
    const ScoreRule rule = {form, dropout_key(form, b), FEATURES == FULL ? alibi_slope(form, h) : 0, h};

    // Where this lane's fragments lie: rows of Q (and dy), rows of K (and V) as right operand of Q K^T, the same transposed for dS K.
    const u32 left = shared + Layout::place(w * 16 * MW + (l & 15), l >> 4);
    const u32 right = shared + 2 * OWNED + Layout::place((l & 7) + ((l >> 4) << 3), (l >> 3) & 1);
    const u32 transposed = shared + 2 * OWNED + Layout::place(l & 15, l >> 4);
    const int before = opaque(first_row - 2 * pair);  // query minus key of the lane's first score, for k0 = 0
    const float scale2 = form.scale * LOG2_E;

    u32 q_held[MW][D / 16][4], dy_held[MW][D / 16][4];
    if constexpr (HELD) {
        copies_wait<0>();
        block_barrier();
#pragma unroll
        for (int m = 0; m < MW; m++)
#pragma unroll
            for (int d = 0; d < D / 16; d++) {
                load_matrices(q_held[m][d], (left ^ (d << 5)) + m * 16 * ROW);
                load_matrices(dy_held[m][d], (left ^ (d << 5)) + OWNED + m * 16 * ROW);
            }
    }

    float dq[MW][D / 8][4] = {};
    u32 stage = 0;  // or STAGE
    auto block = [&]<bool MASKED>() INLINE_LAMBDA {
        copies_wait<0>();
        block_barrier();
        const u32 next = stage ^ STAGE;
        fetch(next, k0 + BK);
        copies_commit();

        const u32 a = HELD ? left : opaque(left), r = opaque(right + stage), x = opaque(transposed + stage);
        const int distance = before - k0;  // query minus key of the lane's first score
        float s[MW][BK / 8][4], dp[MW][BK / 8][4];  // the sums of dP start at -delta
#pragma unroll
        for (int d = 0; d < D / 16; d++) {
            u32 q[MW][4], g[MW][4];
#pragma unroll
            for (int m = 0; m < MW; m++) {
                if constexpr (HELD) {
#pragma unroll
                    for (int e = 0; e < 4; e++) q[m][e] = q_held[m][d][e], g[m][e] = dy_held[m][d][e];
                } else {
                    load_matrices(q[m], (a ^ (d << 5)) + m * 16 * ROW);
                    load_matrices(g[m], (a ^ (d << 5)) + OWNED + m * 16 * ROW);
                }
            }
#pragma unroll
            for (int n = 0; n < BK / 16; n++) {
                u32 k[4], v[4];
                load_matrices(k, (r ^ (d << 5)) + n * 16 * ROW);
#pragma unroll
                for (int m = 0; m < MW; m++) {
                    if (d == 0) {
                        multiply(s[m][2 * n], q[m], k[0], k[1]);
                        multiply(s[m][2 * n + 1], q[m], k[2], k[3]);
                    } else {
                        multiply_add(s[m][2 * n], q[m], k[0], k[1]);
                        multiply_add(s[m][2 * n + 1], q[m], k[2], k[3]);
                    }
                }
                load_matrices(v, (r ^ (d << 5)) + TILE + n * 16 * ROW);
#pragma unroll
                for (int m = 0; m < MW; m++) {
                    if (d == 0) {
                        const float low = FEATURES == FULL ? 0 : minus_delta[m][0], high = FEATURES == FULL ? 0 : minus_delta[m][1];
                        multiply(dp[m][2 * n], g[m], v[0], v[1], low, low, high, high);
                        multiply(dp[m][2 * n + 1], g[m], v[2], v[3], low, low, high, high);
                    } else {
                        multiply_add(dp[m][2 * n], g[m], v[0], v[1]);
                        multiply_add(dp[m][2 * n + 1], g[m], v[2], v[3]);
                    }
                }
            }
        }

        u32 gradients[MW][BK / 8][2];  // dS, packed
#pragma unroll
        for (int m = 0; m < MW; m++)
#pragma unroll
            for (int n = 0; n < BK / 8; n++) {
#pragma unroll
                for (int c = 0; c < 4; c++) {
                    const int i = first_row + m * 16 + (c >> 1) * 8, j = k0 + 2 * pair + n * 8 + (c & 1);
                    bool visible = true;
                    if (MASKED) visible = distance >= n * 8 + (c & 1) - m * 16 - (c >> 1) * 8;  // j <= i
                    if (MASKED && FEATURES != PLAIN) visible = visible && j >= first_seen[m][c >> 1];
                    if constexpr (FEATURES == FULL) {
                        rule.apply(s[m][n][c], dp[m][n][c], minus_L[m][c >> 1], minus_delta[m][c >> 1], i, j, visible);
                    } else {
                        float product = s[m][n][c];
                        if (MASKED) product = visible ? product : HIDDEN_SCORE;
                        dp[m][n][c] = exp2_fast(fused(product, scale2, minus_L[m][c >> 1])) * dp[m][n][c];
                    }
                }
#pragma unroll
                for (int half = 0; half < 2; half++) gradients[m][n][half] = pack_bf16(dp[m][n][2 * half], dp[m][n][2 * half + 1]);
            }

#pragma unroll
        for (int n = 0; n < BK / 16; n++)
#pragma unroll
            for (int d = 0; d < D / 16; d++) {
                u32 k[4];
                load_matrices_transposed(k, (x ^ (d << 5)) + n * 16 * ROW);
#pragma unroll
                for (int m = 0; m < MW; m++) {
                    const u32 g[4] = {gradients[m][2 * n][0], gradients[m][2 * n][1], gradients[m][2 * n + 1][0], gradients[m][2 * n + 1][1]};
                    multiply_add(dq[m][2 * d], g, k[0], k[1]);
                    multiply_add(dq[m][2 * d + 1], g, k[2], k[3]);
                }
            }
        stage = next;
        k0 += BK;
    };

    if constexpr (FEATURES == LOCAL) {
#pragma unroll 1
        while (k0 < range.all && k0 <= last) block.template operator()<true>();
    }
    if constexpr (FEATURES != FULL) {
#pragma unroll 1
        while (k0 + BK <= q0) block.template operator()<false>();
    }
#pragma unroll 1
    while (k0 <= last) block.template operator()<true>();

    // Q is no longer needed: each warp's own rows of it carry its gradient.
    copies_wait<0>();
    block_barrier();
    const QueryTile owned = query_tile<BQ>(form.T, form.H, block_x());
    const u32 staging = shared_address(shared_memory);
    const int end_width = packed_stride / 2;
#pragma unroll
    for (int m = 0; m < MW; m++) {
        const int row = (warp() * MW + m) * 16;
        bf16 *gradient = dqkv + ((i64)owned.b * form.T + owned.first + row) * end_width + owned.head * D;
        store_rows<D>(dq[m], staging + row * ROW, gradient, end_width, form.T - owned.first - row, scale2 * LN_2, beta);
    }
}

#define QUERY_GRADIENTS(NAME, D_, BQ, BK, MW, BLOCKS, FEATURES, HELD)                                                                   \
    KERNEL __launch_bounds__(BQ / MW * 2, BLOCKS) void NAME(                                                                            \
        bf16 *dqkv, const bf16 *__restrict__ qkv, const bf16 *__restrict__ dy, const float *__restrict__ statistics,                    \
        const int *__restrict__ first_keys, float beta, ATTENTION_FORM_PARAMETERS) {                                                    \
        query_gradients<D_, BQ, BK, MW, FEATURES, HELD>(dqkv, qkv, dy, statistics, first_keys, beta, ATTENTION_FORM);                   \
    }

QUERY_GRADIENTS(attention_backward_queries_d64_128x32, 64, 128, 32, 2, 1, PLAIN, true)
QUERY_GRADIENTS(attention_backward_queries_d64_64x64, 64, 64, 64, 1, 3, PLAIN, false)
QUERY_GRADIENTS(attention_backward_queries_d64_local_64x64, 64, 64, 64, 1, 3, LOCAL, false)
QUERY_GRADIENTS(attention_backward_queries_d64_full_64x32, 64, 64, 32, 1, 2, FULL, false)
QUERY_GRADIENTS(attention_backward_queries_d128_64x32, 128, 64, 32, 1, 1, PLAIN, false)
QUERY_GRADIENTS(attention_backward_queries_d128_local_64x32, 128, 64, 32, 1, 1, LOCAL, false)
QUERY_GRADIENTS(attention_backward_queries_d128_full_64x32, 128, 64, 32, 1, 1, FULL, false)
#endif
