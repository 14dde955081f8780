// The gradients of keys and values on tensor cores, BF16, D = 64 and 128:
//   dv_j = sum_i Z[i, j] dy_i,  dk_j = s sum_i dS[i, j] q_i,  dS = cap' (Z/P (dy_i · v_j) - delta_i) P   (attention.cuh).
//
// A block owns BK keys of one key head, K and V in shared memory, and goes over the query blocks of BQ that see them, of all query heads
// that share the key head, so that no sum needs an atomic operation. A warp has 16 MW keys. The products are S^T = K Q^T and dP^T = V dy^T:
// that way round P^T and dS^T come out of the tensor cores in the very registers in which dv += P^T dy and dk += dS^T q want their left
// operand. Q, dy and the pairs (L, -delta) come through two stages: while one is computed with, the other is copied to. One barrier per
// query block orders both: behind it, everybody's copies of this stage are there, and nobody reads the other stage any more.
//
// Rows behind T read as the last row and weigh nothing: their L is so large that P is 0. Only the blocks on the diagonal are masked; with
// a window or documents also those from the first query on that does not see all keys of the tile.
//
// Per query block and key block 8 BQ BK D FLOPs (four products). Bytes: K and V once, Q and dy once per key block that they see.
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

// EARLY_DELTA: the sums of dP start at -delta, which saves a subtraction per score and, where registers are short, a live value.
template <int D, int BK, int BQ, int MW, int FEATURES, bool EARLY_DELTA>
DEVICE void key_gradients(bf16 *dqkv, const bf16 *qkv, const bf16 *dy, const float *statistics, const int *first_keys, float beta,
                          const AttentionForm &form) {
    constexpr int THREADS = BK / MW * 2;
    using Layout = TileLayout<D>;
    using Copy = TileCopy<D, THREADS>;
    constexpr int ROW = Layout::ROW, TILE = BQ * ROW, STAGE = 2 * TILE + STATISTICS_BYTES + (FEATURES == PLAIN ? 0 : STATISTICS_BYTES);
    static_assert(4 * THREADS <= STATISTICS_BYTES && 2 * BQ <= THREADS && Copy::STEP % 8 == 0);

    const int T = form.T, H = form.H, G = form.G, padded = (T + 63) & ~63;
    const int tiles = (T + BK - 1) / BK, column = block_x() / tiles, k0 = (block_x() - column * tiles) * BK;
    const int b = column / G, head = column - b * G, group = H / G;
    const int width = (H + 2 * G) * D, packed_stride = 2 * width, dy_stride = 2 * H * D;
    const bf16 *sample = qkv + (i64)b * T * width;
    const int group_row = lane() >> 2, pair = lane() & 3;

    const u32 keys = shared_address(shared_memory), values = keys + BK * ROW, stages = values + BK * ROW;
    const Copy copy;
    copy.template rows<BK>(keys, sample + (H + head) * D + copy.channel, packed_stride, k0, T - 1, 16);
    copy.template rows<BK>(values, sample + (H + G + head) * D + copy.channel, packed_stride, k0, T - 1, 16);

    const int statistics_bytes = thread() < 2 * BQ ? 4 : 0, first_key_bytes = thread() < BQ ? 4 : 0;
    first_keys += b * padded;
    QueryRange range = {T, T};
    if constexpr (FEATURES != PLAIN) range = query_range<THREADS>(first_keys, k0, smaller(k0 + BK, T) - 1, T);

    // Where this lane's fragments lie: rows of K (and V), rows of Q (and dy) as right operand of S^T, the same transposed as right operand of dk.
    const u32 left = keys + Layout::place(warp() * 16 * MW + (lane() & 15), lane() >> 4);
    const u32 right = Layout::place((lane() & 7) + ((lane() >> 4) << 3), (lane() >> 3) & 1);
    const u32 transposed = Layout::place(lane() & 15, lane() >> 4);
    const float scale2 = form.scale * LOG2_E;

    float dk[MW][D / 8][4] = {}, dv[MW][D / 8][4] = {};
    u32 stage = stages;

#pragma unroll 1
    for (int h = head * group; h < (head + 1) * group; h++) {
        const bf16 *q_column = sample + h * D + copy.channel, *dy_column = dy + ((i64)b * T * H + h) * D + copy.channel;
        const float *pairs = statistics + ((i64)(b * H + h) * padded) * 2 + thread();
        const ScoreRule rule = {form, dropout_key(form, b), FEATURES == FULL ? alibi_slope(form, h) : 0, h};
        int q0 = k0 / BQ * BQ;

        auto fetch = [&](u32 target, int first, bool exists) INLINE_LAMBDA {
            const int bytes = exists ? 16 : 0;
            copy.template rows<BQ>(target, q_column, packed_stride, first, T - 1, bytes);
            copy.template rows<BQ>(target + TILE, dy_column, dy_stride, first, T - 1, bytes);
            const int row = exists ? first : 0;
            copy4(target + 2 * TILE + thread() * 4, pairs + (statistics_bytes ? row * 2 : 0), exists ? statistics_bytes : 0);
            if constexpr (FEATURES != PLAIN)
                copy4(target + 2 * TILE + STATISTICS_BYTES + thread() * 4, first_keys + (first_key_bytes ? row + thread() : 0),
                      exists ? first_key_bytes : 0);
        };
        copies_wait<0>();  // of the copies of nothing that the last block of the head before has begun
        fetch(stage, q0, true);
        copies_commit();

        auto block = [&]<bool MASKED>() INLINE_LAMBDA {
            copies_wait<0>();
            block_barrier();
            const u32 next = stages + stages + STAGE - stage;
            fetch(next, q0 + BQ, q0 + BQ < range.end);
            copies_commit();

            const u32 a = opaque(left), r = opaque(stage + right), t = opaque(stage + transposed);
            const u32 query_pairs = stage + 2 * TILE + pair * 16, query_first = stage + 2 * TILE + STATISTICS_BYTES + pair * 8;
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
                            multiply(s[m][2 * n], k[m], q[0], q[1], 0, 0);
                            multiply(s[m][2 * n + 1], k[m], q[2], q[3], 0, 0);
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
                for (int m = 0; m < MW; m++) load_matrices(v[m], (a ^ (d << 5)) + BK * ROW + m * 16 * ROW);
#pragma unroll
                for (int n = 0; n < BQ / 16; n++) {
                    u32 g[4];
                    load_matrices(g, (r ^ (d << 5)) + TILE + n * 16 * ROW);
                    float4 first = {0, 0, 0, 0}, second = {0, 0, 0, 0};
                    if (EARLY_DELTA && d == 0) first = load_shared4(query_pairs + n * 128), second = load_shared4(query_pairs + n * 128 + 64);
#pragma unroll
                    for (int m = 0; m < MW; m++) {
                        if (d == 0) {
                            multiply(dp[m][2 * n], v[m], g[0], g[1], first.y, first.w);
                            multiply(dp[m][2 * n + 1], v[m], g[2], g[3], second.y, second.w);
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
                const float4 query = load_shared4(query_pairs + n * 64);  // L and -delta of two queries
                float2 first = {0, 0};
                if (MASKED && FEATURES != PLAIN) first = load_shared2(query_first + n * 32);
#pragma unroll
                for (int m = 0; m < MW; m++) {
#pragma unroll
                    for (int c = 0; c < 4; c++) {
                        const float L = c & 1 ? query.z : query.x, minus_delta = c & 1 ? query.w : query.y;
                        const int i = q0 + n * 8 + pair * 2 + (c & 1), j = k0 + (warp() * MW + m) * 16 + group_row + (c >> 1) * 8;
                        bool visible = true;
                        if (MASKED) visible = j <= i;
                        if (MASKED && FEATURES != PLAIN) visible = visible && j >= (int)float_to_bits(c & 1 ? first.y : first.x);
                        if constexpr (FEATURES == FULL) {
                            rule.apply(s[m][n][c], dp[m][n][c], L, minus_delta, i, j, visible);
                        } else {
                            float x = s[m][n][c];
                            if (MASKED) x = visible ? x : HIDDEN_SCORE;
                            s[m][n][c] = exp2_fast(fused(x, scale2, -L));
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
                    u32 x[4];
                    load_matrices_transposed(x, (t ^ (d << 5)) + TILE + n * 16 * ROW);
#pragma unroll
                    for (int m = 0; m < MW; m++) {
                        const u32 p[4] = {weights[m][2 * n][0], weights[m][2 * n][1], weights[m][2 * n + 1][0], weights[m][2 * n + 1][1]};
                        multiply_add(dv[m][2 * d], p, x[0], x[1]);
                        multiply_add(dv[m][2 * d + 1], p, x[2], x[3]);
                    }
                    load_matrices_transposed(x, (t ^ (d << 5)) + n * 16 * ROW);
#pragma unroll
                    for (int m = 0; m < MW; m++) {
                        const u32 g[4] = {gradients[m][2 * n][0], gradients[m][2 * n][1], gradients[m][2 * n + 1][0], gradients[m][2 * n + 1][1]};
                        multiply_add(dk[m][2 * d], g, x[0], x[1]);
                        multiply_add(dk[m][2 * d + 1], g, x[2], x[3]);
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
                const int diagonal_end = smaller(k0 + BK, range.end);
#pragma unroll 1
                while (q0 < diagonal_end) block.template operator()<true>();
            }
            if constexpr (FEATURES == PLAIN) {
#pragma unroll 1
                while (q0 < T) block.template operator()<false>();
            } else {
#pragma unroll 1
                while (q0 + BQ <= range.all) block.template operator()<false>();
#pragma unroll 1
                while (q0 < range.end) block.template operator()<true>();
            }
        }
    }

    // K and V are no longer needed: each warp's own rows of them carry its gradients.
    copies_wait<0>();
    block_barrier();
    bf16 *gradient = dqkv + (i64)b * T * width;
#pragma unroll
    for (int m = 0; m < MW; m++) {
        const int row = (warp() * MW + m) * 16;
        bf16 *rows = gradient + (i64)(k0 + row) * width;
        store_rows<D>(dk[m], keys + row * ROW, rows + (H + head) * D, width, T - k0 - row, form.scale, beta);
        store_rows<D>(dv[m], values + row * ROW, rows + (H + G + head) * D, width, T - k0 - row, 1, beta);
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
