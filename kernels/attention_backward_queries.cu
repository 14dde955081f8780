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
#include "attention_backward.cuh"

#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)

extern __shared__ __attribute__((aligned(256))) u8 shared_memory[];  // rows do not straddle, so chunks are reached by exclusive or

template <int D, int BQ, int BK, int MW, int FEATURES, bool HELD>
DEVICE void query_gradients(bf16 *dqkv, const bf16 *qkv, const bf16 *dy, const float *statistics, const int *first_keys, float beta,
                            const AttentionForm &form) {
    constexpr int THREADS = BQ / MW * 2;
    using Layout = TileLayout<D>;
    using Copy = TileCopy<D, THREADS>;
    constexpr int ROW = Layout::ROW, OWNED = BQ * ROW, TILE = BK * ROW;
    static_assert(Copy::STEP % 8 == 0);

    const int T = form.T, H = form.H, G = form.G, padded = (T + 63) & ~63;
    const int tiles = (T + BQ - 1) / BQ, column = block_x() / tiles, q0 = (tiles - 1 - (block_x() - column * tiles)) * BQ;
    const int b = column / H, h = column - b * H, key_head = h / (H / G);
    const int width = (H + 2 * G) * D, packed_stride = 2 * width, dy_stride = 2 * H * D;
    const bf16 *sample = qkv + (i64)b * T * width;
    const int group_row = lane() >> 2, pair = lane() & 3, first_row = q0 + warp() * 16 * MW;

    // The keys from `first` on are seen by some query of the tile, those from `all` on by every one that is not before them.
    KeyRange range = {0, 0};
    if constexpr (FEATURES != PLAIN) range = key_range(form, b, q0, BQ);
    const int key_end = smaller(q0 + BQ, T);
    int k0 = range.first / BK * BK;

    const u32 queries = shared_address(shared_memory), stages = queries + 2 * OWNED;
    const Copy copy;
    const bf16 *k_column = sample + (H + key_head) * D + copy.channel, *v_column = k_column + G * D;
    auto fetch = [&](u32 target, int first) INLINE_LAMBDA {
        const int bytes = first < key_end ? 16 : 0;
        copy.template rows<BK>(target, k_column, packed_stride, first, T - 1, bytes);
        copy.template rows<BK>(target + TILE, v_column, packed_stride, first, T - 1, bytes);
    };
    copy.template rows<BQ>(queries, sample + h * D + copy.channel, packed_stride, q0, T - 1, 16);
    copy.template rows<BQ>(queries + OWNED, dy + ((i64)b * T * H + h) * D + copy.channel, dy_stride, q0, T - 1, 16);
    fetch(stages, k0);
    copies_commit();

    // Of this lane's rows group_row and group_row + 8 of each 16.
    float L[MW][2], minus_delta[MW][2];
    int first_seen[MW][2] = {};
#pragma unroll
    for (int m = 0; m < MW; m++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int i = first_row + m * 16 + half * 8 + group_row;  // there are statistics up to a multiple of 64
            const float2 query = *(const float2 *)(statistics + ((i64)(b * H + h) * padded + smaller(i, padded - 1)) * 2);
            L[m][half] = query.x, minus_delta[m][half] = query.y;
            if constexpr (FEATURES != PLAIN) first_seen[m][half] = first_keys[b * padded + smaller(i, padded - 1)];
        }
    const ScoreRule rule = {form, dropout_key(form, b), FEATURES == FULL ? alibi_slope(form, h) : 0, h};

    // Where this lane's fragments lie: rows of Q (and dy), rows of K (and V) as right operand of Q K^T, the same transposed for dS K.
    const u32 left = queries + Layout::place(warp() * 16 * MW + (lane() & 15), lane() >> 4);
    const u32 right = Layout::place((lane() & 7) + ((lane() >> 4) << 3), (lane() >> 3) & 1);
    const u32 transposed = Layout::place(lane() & 15, lane() >> 4);
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
    u32 stage = stages;
    auto block = [&]<bool MASKED>() INLINE_LAMBDA {
        copies_wait<0>();
        block_barrier();
        const u32 next = stages + stages + 2 * TILE - stage;
        fetch(next, k0 + BK);
        copies_commit();

        const u32 a = HELD ? left : opaque(left), r = stage + right, t = stage + transposed;
        float s[MW][BK / 8][4], dp[MW][BK / 8][4];
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
                        multiply(s[m][2 * n], q[m], k[0], k[1], 0, 0);
                        multiply(s[m][2 * n + 1], q[m], k[2], k[3], 0, 0);
                    } else {
                        multiply_add(s[m][2 * n], q[m], k[0], k[1]);
                        multiply_add(s[m][2 * n + 1], q[m], k[2], k[3]);
                    }
                }
                load_matrices(v, (r ^ (d << 5)) + TILE + n * 16 * ROW);
#pragma unroll
                for (int m = 0; m < MW; m++) {
                    if (d == 0) {
                        multiply(dp[m][2 * n], g[m], v[0], v[1], 0, 0);
                        multiply(dp[m][2 * n + 1], g[m], v[2], v[3], 0, 0);
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
                    const int i = first_row + m * 16 + group_row + (c >> 1) * 8, j = k0 + n * 8 + pair * 2 + (c & 1);
                    bool visible = true;
                    if (MASKED) visible = j <= i;
                    if (MASKED && FEATURES != PLAIN) visible = visible && j >= first_seen[m][c >> 1];
                    if constexpr (FEATURES == FULL) {
                        rule.apply(s[m][n][c], dp[m][n][c], L[m][c >> 1], minus_delta[m][c >> 1], i, j, visible);
                    } else {
                        float x = s[m][n][c];
                        if (MASKED) x = visible ? x : HIDDEN_SCORE;
                        dp[m][n][c] = exp2_fast(fused(x, scale2, -L[m][c >> 1])) * (dp[m][n][c] + minus_delta[m][c >> 1]);
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
                load_matrices_transposed(k, (t ^ (d << 5)) + n * 16 * ROW);
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
        while (k0 < range.all && k0 < key_end) block.template operator()<true>();
    }
    if constexpr (FEATURES != FULL) {
#pragma unroll 1
        while (k0 + BK <= q0) block.template operator()<false>();
    }
#pragma unroll 1
    while (k0 < key_end) block.template operator()<true>();

    // Q is no longer needed: each warp's own rows of it carry its gradient.
    copies_wait<0>();
    block_barrier();
    bf16 *rows = dqkv + ((i64)b * T + first_row) * width + h * D;
#pragma unroll
    for (int m = 0; m < MW; m++)
        store_rows<D>(dq[m], queries + (warp() * MW + m) * 16 * ROW, rows + (i64)m * 16 * width, width, T - first_row - m * 16, form.scale, beta);
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
