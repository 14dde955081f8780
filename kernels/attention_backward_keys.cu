// The gradients of keys and values on tensor cores, BF16, D = 64 and 128:
//   dv_j = sum_i Z[i, j] dy_i,  dk_j = s sum_i dS[i, j] q_i,  dS = cap' (Z/P (dy_i · v_j) - delta_i) P   (attention.cuh).
//
// A block owns BK keys of one key head, K and V in shared memory, and goes over the query blocks of BQ that see them, of all query heads
// that share the key head, so that no sum needs an atomic operation. A warp has 16 MW keys. The products are S^T = K Q^T and dP^T = V dy^T:
// that way round P^T and dS^T come out of the tensor cores in the very registers in which dv += P^T dy and dk += dS^T q want their left
// operand. Q, dy and the pairs (-L, -delta) come through two stages: while one is computed with, the other is copied to. One barrier per
// query block orders both: behind it, everybody's copies of this stage are there, and nobody reads the other stage any more.
//
// Rows behind T read as the last row and weigh nothing: their L is so large that P is 0. Only the blocks on the diagonal are masked; with
// a window or documents also those from the first query on that does not see all keys of the tile.
//
// Per query block and key block 8 BQ BK D FLOPs (four products). Bytes: K and V once, Q and dy once per key block that they see.
//
// Instructions beside each mma in the loop off the diagonal: D = 64 128x32 2.13, 64x64 2.91; D = 128 64x32 2.26. Max-live registers: 249 with
// 32 keys per warp, 177 with 16. More than 180 have, with 16:
// registers: attention_backward_keys_d64_local_64x64 186: the first keys that the queries see, their copies, and the bounds of a third loop.
// registers: attention_backward_keys_d64_full_64x32 196: cap, slope and random word of a score need what a larger tile would.
// registers: attention_backward_keys_d128_64x32 221: dk and dv of 128 channels are 128 sums per thread, twice those of 64.
// registers: attention_backward_keys_d128_local_64x32 230: the same, and what the window and documents need.
// registers: attention_backward_keys_d128_full_64x16 244: the same, and cap, slope and random word of a score.
#include "attention_backward.cuh"

#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)

extern __shared__ __attribute__((aligned(256))) u8 shared_memory[];  // rows do not straddle, so chunks are reached by exclusive or

// Whose queries see the tile of keys first ... last: from `first` up to `all` they see all of it (if they are not before it), from `end` on none.
struct QueryRange {
    int all, end;
};

template <int THREADS>
DEVICE QueryRange query_range(const int *first_keys, int first, int last, int T) {
    __shared__ int found[2 * THREADS / 32];
    int all = T, end = first;
    for (int q = first + thread(); q < T; q += THREADS) {
        const int seen = first_keys[q];
        if (seen > first) all = smaller(all, q);
        if (seen <= last) end = larger(end, q + 1);
    }
#pragma unroll
    for (int offset = 16; offset; offset >>= 1) {
        all = smaller(all, (int)shuffle_xor((u32)all, offset));
        end = larger(end, (int)shuffle_xor((u32)end, offset));
    }
    if (lane() == 0) found[2 * warp()] = all, found[2 * warp() + 1] = end;
    block_barrier();
#pragma unroll
    for (int w = 0; w < THREADS / 32; w++) all = smaller(all, found[2 * w]), end = larger(end, found[2 * w + 1]);
    return {all, end};
}

// Which keys a block owns.
struct KeyTile {
    int b, head, first;  // sample, key head, first key
};

template <int BK> DEVICE KeyTile key_tile(int T, int G, int block) {
    const int tiles = (T + BK - 1) / BK, column = block / tiles, b = column / G;
    return {b, column - b * G, (block - column * tiles) * BK};
}

// EARLY_DELTA: the sums of dP start at -delta, which saves a subtraction per score and, where registers are short, a live value.
template <int D, int BK, int BQ, int MW, int FEATURES, bool EARLY_DELTA>
DEVICE void key_gradients(bf16 *dqkv, const bf16 *qkv, const bf16 *dy, const float *statistics, const int *first_keys, float beta,
                          const AttentionForm &form) {
    constexpr int THREADS = BK / MW * 2;
    using Layout = TileLayout<D>;
    using Copy = TileCopy<D, THREADS>;
    constexpr int ROW = Layout::ROW, OWNED = BK * ROW, TILE = BQ * ROW;  // bytes
    constexpr int STAGE = 2 * TILE + STATISTICS_BYTES + (FEATURES == PLAIN ? 0 : STATISTICS_BYTES);
    static_assert(4 * THREADS <= STATISTICS_BYTES && 2 * BQ <= THREADS && Copy::STEP % 8 == 0);

    // What the loop needs is computed from copies of the thread's and the block's number of which the compiler knows nothing, and what comes
    // after the loop from the numbers themselves: so the loop does not carry along what only the end needs.
    const int t = opaque(thread()), l = t & 31, w = t >> 5, group_row = l >> 2, pair = l & 3;
    const int last = opaque(form.T - 1), T = last + 1, H = opaque(form.H), G = opaque(form.G), padded = (T + 63) & ~63;
    const KeyTile tile = key_tile<BK>(T, G, opaque(block_x()));
    const int k0 = tile.first;
    const int width = (H + 2 * G) * D, packed_stride = opaque(2 * width), dy_stride = opaque(2 * H * D);
    const int group = H / G, first_head = tile.head * group;
    const u32 shared = opaque(shared_address(shared_memory));
    const Copy copy(shared, t);
    const u64 column = global_bits(qkv + (i64)tile.b * T * width + copy.channel);
    copy.template rows<BK>(copy.target, 0, column + (H + tile.head) * (2 * D), packed_stride, k0, last, 16);
    copy.template rows<BK>(copy.target, OWNED, column + (H + G + tile.head) * (2 * D), packed_stride, k0, last, 16);

    first_keys += (i64)tile.b * padded;
    QueryRange range = {last + 1, last + 1};
    if constexpr (FEATURES != PLAIN) range = query_range<THREADS>(first_keys, k0, smaller(k0 + BK - 1, last), last + 1);

    // Where this lane's fragments lie: rows of K (and V), rows of Q (and dy) as right operand of S^T, the same transposed as right operand of dk.
    const u32 left = shared + Layout::place(w * 16 * MW + (l & 15), l >> 4);
    const u32 right = shared + 2 * OWNED + Layout::place((l & 7) + ((l >> 4) << 3), (l >> 3) & 1);
    const u32 transposed = shared + 2 * OWNED + Layout::place(l & 15, l >> 4);
    const u32 query_pairs = shared + 2 * OWNED + 2 * TILE + pair * 16;
    const int first_row = opaque(k0 + w * 16 * MW + group_row - 2 * pair);  // key minus query of the lane's first score, for q0 = 0
    const float scale2 = form.scale * LOG2_E;
    // What this thread copies of a query block's statistics: one word each. Who has none reads nothing from where the first thread reads.
    const u32 word_target = shared + 2 * OWNED + 2 * TILE + t * 4;
    const int pair_bytes = t < 2 * BQ ? 4 : 0, first_bytes = t < BQ ? 4 : 0;
    const u64 first_seen = FEATURES == PLAIN ? 0 : global_bits(first_keys + (t < BQ ? t : 0));

    u64 q_column = column + first_head * (2 * D), dy_column = global_bits(dy + ((i64)tile.b * T * H + first_head) * D + copy.channel);
    u64 pairs = global_bits(statistics + (i64)(tile.b * H + first_head) * padded * 2 + (t < 2 * BQ ? t : 0));
    ScoreRule rule = {form, dropout_key(form, tile.b), 0, first_head};

    float dk[MW][D / 8][4] = {}, dv[MW][D / 8][4] = {};
    u32 stage = 0;  // 0 or STAGE

#pragma unroll 1
    for (int heads = group; heads > 0; heads--) {
        int q0 = opaque(k0 / BQ * BQ);  // nothing of one head's blocks is kept in registers for the next head's
        if constexpr (FEATURES == FULL) rule.slope = alibi_slope(form, rule.h);

        auto fetch = [&](u32 offset, int first, int bytes) INLINE_LAMBDA {  // bytes: 16, or 0 for nothing
            const u32 target = opaque(copy.target + offset), words = opaque(word_target + offset);
            copy.template rows<BQ>(target, 2 * OWNED, q_column, packed_stride, first, last, bytes);
            copy.template rows<BQ>(target, 2 * OWNED + TILE, dy_column, dy_stride, first, last, bytes);
            copy4(words, pairs + smaller(first, last) * 8, 2 * BQ == THREADS ? bytes / 4 : smaller(bytes, pair_bytes));
            if constexpr (FEATURES != PLAIN) copy4(words + STATISTICS_BYTES, first_seen + smaller(first, last) * 4, smaller(bytes, first_bytes));
        };
        copies_wait<0>();  // of the copies of nothing that the last block of the head before has begun
        fetch(stage, q0, opaque(16));
        copies_commit();

        auto block = [&]<bool MASKED>() INLINE_LAMBDA {
            copies_wait<0>();
            block_barrier();
            const u32 next = stage ^ STAGE;
            fetch(next, q0 + BQ, (FEATURES == PLAIN ? q0 + BQ <= last : q0 + BQ < range.end) ? 16 : 0);
            copies_commit();

            const u32 a = opaque(left), r = opaque(right + stage), x = opaque(transposed + stage), queries = query_pairs + stage;
            const int distance = first_row - q0;  // key minus query of the lane's first score
            float s[MW][BQ / 8][4], dp[MW][BQ / 8][4];
#pragma unroll
            for (int d = 0; d < D / 16; d++) {
                u32 k[MW][4];
#pragma unroll
                for (int m = 0; m < MW; m++) load_matrices(k[m], (a ^ (d << 5)) + m * 16 * ROW);
#pragma unroll
                for (int n = 0; n < BQ / 16; n++) {
                    u32 q[4];
                    load_matrices(q, (r ^ (d << 5)) + n * 16 * ROW);
#pragma unroll
                    for (int m = 0; m < MW; m++) {
                        if (d == 0) {
                            multiply(s[m][2 * n], k[m], q[0], q[1]);
                            multiply(s[m][2 * n + 1], k[m], q[2], q[3]);
                        } else {
                            multiply_add(s[m][2 * n], k[m], q[0], q[1]);
                            multiply_add(s[m][2 * n + 1], k[m], q[2], q[3]);
                        }
                    }
                }
            }
#pragma unroll
            for (int d = 0; d < D / 16; d++) {
                u32 v[MW][4];
#pragma unroll
                for (int m = 0; m < MW; m++) load_matrices(v[m], (a ^ (d << 5)) + OWNED + m * 16 * ROW);
#pragma unroll
                for (int n = 0; n < BQ / 16; n++) {
                    u32 g[4];
                    load_matrices(g, (r ^ (d << 5)) + TILE + n * 16 * ROW);
                    float4 first = {0, 0, 0, 0}, second = {0, 0, 0, 0};
                    if (EARLY_DELTA && d == 0) first = load_shared4(queries + n * 128), second = load_shared4(queries + n * 128 + 64);
#pragma unroll
                    for (int m = 0; m < MW; m++) {
                        if (d == 0) {
                            multiply(dp[m][2 * n], v[m], g[0], g[1], first.y, first.w, first.y, first.w);
                            multiply(dp[m][2 * n + 1], v[m], g[2], g[3], second.y, second.w, second.y, second.w);
                        } else {
                            multiply_add(dp[m][2 * n], v[m], g[0], g[1]);
                            multiply_add(dp[m][2 * n + 1], v[m], g[2], g[3]);
                        }
                    }
                }
            }

            u32 weights[MW][BQ / 8][2], gradients[MW][BQ / 8][2];  // P^T (or Z^T) and dS^T, packed
#pragma unroll
            for (int n = 0; n < BQ / 8; n++) {
                const float4 query = load_shared4(queries + n * 64);  // -L and -delta of two queries
                float2 first = {0, 0};
                if (MASKED && FEATURES != PLAIN) first = load_shared2(queries - pair * 8 + STATISTICS_BYTES + n * 32);
#pragma unroll
                for (int m = 0; m < MW; m++) {
#pragma unroll
                    for (int c = 0; c < 4; c++) {
                        const float minus_L = c & 1 ? query.z : query.x, minus_delta = c & 1 ? query.w : query.y;
                        const int i = q0 + 2 * pair + n * 8 + (c & 1), j = first_row + 2 * pair + m * 16 + (c >> 1) * 8;
                        bool visible = true;
                        if (MASKED) visible = distance <= n * 8 + (c & 1) - m * 16 - (c >> 1) * 8;  // j <= i
                        if (MASKED && FEATURES != PLAIN) visible = visible && j >= (int)float_to_bits(c & 1 ? first.y : first.x);
                        if constexpr (FEATURES == FULL) {
                            rule.apply(s[m][n][c], dp[m][n][c], minus_L, minus_delta, i, j, visible);
                        } else {
                            float product = s[m][n][c];
                            if (MASKED) product = visible ? product : HIDDEN_SCORE;
                            s[m][n][c] = exp2_fast(fused(product, scale2, minus_L));
                            dp[m][n][c] = s[m][n][c] * (EARLY_DELTA ? dp[m][n][c] : dp[m][n][c] + minus_delta);
                        }
                    }
#pragma unroll
                    for (int half = 0; half < 2; half++) {
                        weights[m][n][half] = pack_bf16(s[m][n][2 * half], s[m][n][2 * half + 1]);
                        gradients[m][n][half] = pack_bf16(dp[m][n][2 * half], dp[m][n][2 * half + 1]);
                    }
                }
            }

#pragma unroll
            for (int n = 0; n < BQ / 16; n++)
#pragma unroll
                for (int d = 0; d < D / 16; d++) {
                    u32 b[4];
                    load_matrices_transposed(b, (x ^ (d << 5)) + TILE + n * 16 * ROW);
#pragma unroll
                    for (int m = 0; m < MW; m++) {
                        const u32 p[4] = {weights[m][2 * n][0], weights[m][2 * n][1], weights[m][2 * n + 1][0], weights[m][2 * n + 1][1]};
                        multiply_add(dv[m][2 * d], p, b[0], b[1]);
                        multiply_add(dv[m][2 * d + 1], p, b[2], b[3]);
                    }
                    load_matrices_transposed(b, (x ^ (d << 5)) + n * 16 * ROW);
#pragma unroll
                    for (int m = 0; m < MW; m++) {
                        const u32 g[4] = {gradients[m][2 * n][0], gradients[m][2 * n][1], gradients[m][2 * n + 1][0], gradients[m][2 * n + 1][1]};
                        multiply_add(dk[m][2 * d], g, b[0], b[1]);
                        multiply_add(dk[m][2 * d + 1], g, b[2], b[3]);
                    }
                }
            stage = next;
            q0 += BQ;
        };

        if constexpr (FEATURES == FULL) {
#pragma unroll 1
            while (q0 < range.end) block.template operator()<true>();
        } else {
            if constexpr (BQ >= BK) {
                block.template operator()<true>();
            } else {
#pragma unroll 1
                while (q0 < k0 + BK && (FEATURES == PLAIN ? q0 <= last : q0 < range.end)) block.template operator()<true>();
            }
            if constexpr (FEATURES == PLAIN) {
#pragma unroll 1
                while (q0 <= last) block.template operator()<false>();
            } else {
#pragma unroll 1
                while (q0 + BQ <= range.all) block.template operator()<false>();
#pragma unroll 1
                while (q0 < range.end) block.template operator()<true>();
            }
        }

        q_column += 2 * D;
        dy_column += 2 * D;
        pairs += (u32)((last + 64) & ~63) * 8;
        rule.h++;
    }

    // K and V are no longer needed: each warp's own rows of them carry its gradients.
    copies_wait<0>();
    block_barrier();
    const u32 staging = shared_address(shared_memory);
    const int end_width = packed_stride / 2, end_heads = dy_stride / (2 * D), end_key_heads = (end_width / D - end_heads) / 2;
    const KeyTile owned = key_tile<BK>(form.T, end_key_heads, block_x());
#pragma unroll
    for (int m = 0; m < MW; m++) {
        const int row = (warp() * MW + m) * 16, rows = form.T - owned.first - row;
        bf16 *gradient = dqkv + ((i64)owned.b * form.T + owned.first + row) * end_width + (end_heads + owned.head) * D;
        store_rows<D>(dk[m], staging + row * ROW, gradient, end_width, rows, scale2 * LN_2, beta);
        store_rows<D>(dv[m], staging + OWNED + row * ROW, gradient + end_key_heads * D, end_width, rows, 1, beta);
    }
}

#define KEY_GRADIENTS(NAME, D_, BK, BQ, MW, BLOCKS, FEATURES, EARLY_DELTA)                                                              \
    KERNEL __launch_bounds__(BK / MW * 2, BLOCKS) void NAME(                                                                            \
        bf16 *dqkv, const bf16 *__restrict__ qkv, const bf16 *__restrict__ dy, const float *__restrict__ statistics,                    \
        const int *__restrict__ first_keys, float beta, ATTENTION_FORM_PARAMETERS) {                                                    \
        key_gradients<D_, BK, BQ, MW, FEATURES, EARLY_DELTA>(dqkv, qkv, dy, statistics, first_keys, beta, ATTENTION_FORM);              \
    }

KEY_GRADIENTS(attention_backward_keys_d64_128x32, 64, 128, 32, 2, 1, PLAIN, true)
KEY_GRADIENTS(attention_backward_keys_d64_64x64, 64, 64, 64, 1, 3, PLAIN, false)
KEY_GRADIENTS(attention_backward_keys_d64_local_64x64, 64, 64, 64, 1, 3, LOCAL, false)
KEY_GRADIENTS(attention_backward_keys_d64_full_64x32, 64, 64, 32, 1, 2, FULL, false)
KEY_GRADIENTS(attention_backward_keys_d128_64x32, 128, 64, 32, 1, 1, PLAIN, true)
KEY_GRADIENTS(attention_backward_keys_d128_local_64x32, 128, 64, 32, 1, 1, LOCAL, true)
KEY_GRADIENTS(attention_backward_keys_d128_full_64x16, 128, 64, 16, 1, 1, FULL, false)
#endif
