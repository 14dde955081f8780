// Attention forward on tensor cores for BF16, D = 64 or 128: y_i = sum_j Z[i, j] v_j and L_i = log sum_j exp S[i, j] (attention.cuh), without
// a matrix of size T x T (Dao 2023, arXiv:2307.08691).
//
// A block takes QUERIES rows of one head, the rows with most keys first, and walks over their keys, KEYS at a time; a warp has 16 TILES of
// the rows and all of the keys, so that rows never leave their warp. Per key block: S = Q K^T, running maximum and sum in base 2, O = O f + P V.
// The accumulators of S are, rounded and packed, the left operand of P V: nothing is exchanged.
//
// * K and V are double-buffered with cp.async. One barrier per block of keys: behind it the block has landed for everybody and the buffer
//   that the next one goes to is free. The copy is issued without a branch; past the end it asks for 0 bytes.
// * Rows in shared memory have 16-byte chunk c at c ^ (r & 7), so ldmatrix, cp.async and the stores of O meet no bank conflict. Addresses are
//   written base ^ (d << 5): one register per operand.
// * Only blocks on an edge (the diagonal; where a window or document begins) have mask arithmetic: they are a separate copy of the code.
// * Rows beyond T are copies of the last one: causality hides them as keys, and as queries they are not stored.
// * O leaves through shared memory in 16-byte stores, once no copy can still land there.
//
// Bytes: q, y and L once; k and v once per block of queries.
#pragma once
#include "attention.cuh"

alignas(256) extern __shared__ uint4 shared_memory[];  // so that base ^ (d << 5) stays within a row

// What an instantiation is ready for besides causality and grouped queries. ALL tests at run time what is there.
enum Features { PLAIN = 0, DROPOUT = 1, LOCAL = 2, SHAPED = 4, ALL = 7 };  // LOCAL: window, documents; SHAPED: soft cap, ALiBi

// Sets to 0 the weights that dropout drops, of rows r and r + 8 and a pair of columns; `quad` is the number of four neighbouring elements
// in row r (even lanes) or r + 8 (odd lanes): each lane draws for one row, and the two exchange what the other needs. T is a multiple of 4.
DEVICE void drop(float (&weights)[4], const AttentionForm &form, const DropoutKey &key, u32 quad) {
    uint4 words = random_words(key.seed, key.step, key.sample, form.site, quad);
    bool odd = thread() & 1;
    u32 other0 = shuffle_xor(odd ? words.x : words.z, 1), other1 = shuffle_xor(odd ? words.y : words.w, 1);
    u32 own0 = odd ? words.z : words.x, own1 = odd ? words.w : words.y;
    weights[0] = (odd ? other0 : own0) >= form.dropout_threshold ? weights[0] : 0;
    weights[1] = (odd ? other1 : own1) >= form.dropout_threshold ? weights[1] : 0;
    weights[2] = (odd ? own0 : other0) >= form.dropout_threshold ? weights[2] : 0;
    weights[3] = (odd ? own1 : other1) >= form.dropout_threshold ? weights[3] : 0;
}

// KEEP_Q: fragments of Q stay in registers; otherwise they are read again for each block of keys.
template <int D, int QUERIES, int KEYS, int TILES, bool KEEP_Q, int FEATURES>
DEVICE void flash_attention(bf16 *y, float *log_sum_exp, const bf16 *qkv, const AttentionForm &form) {
    constexpr int THREADS = QUERIES / 16 / TILES * 32, CHUNKS = D / 8, ROW = 2 * D;  // 16-byte chunks and bytes of a row
    constexpr int COPY_ROWS = THREADS / CHUNKS, Q_BYTES = QUERIES * ROW, K_BYTES = KEYS * ROW;
    const int T = form.T, H = form.H, h = block_x() % H, b = block_x() / H;
    const int first_row = ((T + QUERIES - 1) / QUERIES - 1 - block_y()) * QUERIES;
    const int last_key = opaque(smaller(first_row + QUERIES, T) - 1);

    // ---- copies: thread t takes chunk t % CHUNKS of every COPY_ROWS-th row ----
    const int stride = (H + 2 * form.G) * ROW, copy_row = thread() / CHUNKS, copy_chunk = thread() % CHUNKS;
    const char *sample = (const char *)qkv + (i64)b * T * stride + copy_chunk * 16;
    const char *q = sample + h * ROW, *k = sample + (H + h / (H / form.G)) * ROW;
    const i64 v = (i64)form.G * ROW;  // from k
    const u32 memory = shared_address(shared_memory), to = copy_row * ROW + ((copy_chunk ^ (copy_row & 7)) << 4);
    auto copy_keys = [&](u32 stage, int key) INLINE_LAMBDA {
        const int bytes = key <= last_key ? 16 : 0, pitch = opaque(stride);
        const u32 target = opaque(stage + to);
#pragma unroll
        for (int r = 0; r < KEYS; r += COPY_ROWS) {
            const char *source = k + (i64)smaller(key + copy_row + r, last_key) * pitch;
            copy16(target + r * ROW, source, bytes);
            copy16(target + r * ROW + K_BYTES, source + v, bytes);
        }
        copies_commit();
    };

    KeyRange range = {0, 0};
    if (FEATURES & LOCAL) range = key_range(form, b, first_row, QUERIES);
    int key = range.first / KEYS * KEYS;
    u32 stage = memory + Q_BYTES;
    const u32 both_stages = opaque(2 * stage + 2 * K_BYTES);
#pragma unroll
    for (int r = 0; r < QUERIES; r += COPY_ROWS)
        copy16(memory + to + r * ROW, q + (i64)smaller(first_row + copy_row + r, T - 1) * stride, 16);
    copy_keys(stage, key);

    // ---- where the lanes of a warp find their parts of the operands, and which rows and columns of the accumulators are theirs ----
    auto place = [](int row, int chunk) { return (u32)(row * ROW + ((chunk ^ (row & 7)) << 4)); };
    const int l = lane(), row = warp() * 16 * TILES, accumulator_row = l >> 2, accumulator_column = (l & 3) * 2;
    const u32 q_place = memory + place(row + (l & 15), l >> 4);
    const u32 k_place = place((l & 7) + ((l >> 4) << 3), (l >> 3) & 1), v_place = K_BYTES + place(l & 15, l >> 4);

    const float slope = FEATURES & SHAPED ? alibi_slope(form, h) : 0;
    const float unit = FEATURES & SHAPED ? 1 : form.scale * LOG2_E;  // of the scores, so that they are in base 2
    DropoutKey dropout;
    if (FEATURES & DROPOUT) dropout = dropout_key(form, b);
    float output[TILES][D / 8][4] = {}, maximum[TILES][2], sum[TILES][2] = {};
    int first[TILES][2];
    u32 quad[TILES];
#pragma unroll
    for (int i = 0; i < TILES; i++) {
        maximum[i][0] = maximum[i][1] = FIRST_MAXIMUM;
#pragma unroll
        for (int e = 0; e < 2; e++) {
            int r = smaller(first_row + row + 16 * i + 8 * e + accumulator_row, T - 1);
            first[i][e] = FEATURES & LOCAL ? first_key(form, r, document_start(form, b, r, r)) : 0;
        }
        int drawn = first_row + row + 16 * i + 8 * (l & 1) + accumulator_row;
        quad[i] = FEATURES & DROPOUT ? ((u32)h * T + drawn) * (u32)(T >> 2) + ((l & 2) >> 1) : 0;
    }

    u32 queries[TILES][D / 16][4];
    if (KEEP_Q) {
        copies_wait<0>();
        block_barrier();
#pragma unroll
        for (int i = 0; i < TILES; i++)
#pragma unroll
            for (int d = 0; d < D / 16; d++) load_matrices(queries[i][d], (q_place ^ (d << 5)) + i * 16 * ROW);
    }

    auto block = [&]<bool EDGE>() INLINE_LAMBDA {
        copies_wait<0>();
        block_barrier();
        const u32 keys = stage + k_place, values = stage + v_place;
        stage = both_stages - stage;
        copy_keys(stage, key + KEYS);

        float s[TILES][KEYS / 8][4];
#pragma unroll
        for (int d = 0; d < D / 16; d++) {
            if (!KEEP_Q)
#pragma unroll
                for (int i = 0; i < TILES; i++) load_matrices(queries[i][d], (q_place ^ (d << 5)) + i * 16 * ROW);
#pragma unroll
            for (int n = 0; n < KEYS / 16; n++) {
                u32 k16[4];
                load_matrices(k16, (keys ^ (d << 5)) + n * 16 * ROW);
#pragma unroll
                for (int i = 0; i < TILES; i++) {
                    if (d == 0) {
                        multiply(s[i][2 * n], queries[i][d], k16[0], k16[1]);
                        multiply(s[i][2 * n + 1], queries[i][d], k16[2], k16[3]);
                    } else {
                        multiply_add(s[i][2 * n], queries[i][d], k16[0], k16[1]);
                        multiply_add(s[i][2 * n + 1], queries[i][d], k16[2], k16[3]);
                    }
                }
            }
        }

        u32 weights[TILES][KEYS / 8][2];
#pragma unroll
        for (int i = 0; i < TILES; i++) {
            const int query = first_row + row + 16 * i + accumulator_row;
            const int distance = query - key - accumulator_column;  // of the first row from the first column
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++)
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    const int column = 8 * n + (e & 1), down = 8 * (e >> 1), before = first[i][e >> 1] - key - accumulator_column;
                    if (FEATURES & SHAPED) s[i][n][e] = score(form, s[i][n][e], slope, distance + down - column);
                    bool hidden = FEATURES & LOCAL ? (u32)(column - before) > (u32)(distance + down - before) : column > distance + down;
                    if (EDGE && hidden) s[i][n][e] = HIDDEN_SCORE;
                }
            float shrink[2], base[2];
#pragma unroll
            for (int e = 0; e < 2; e++) {
                float largest = maximum[i][e];
#pragma unroll
                for (int n = 0; n < KEYS / 8; n++) largest = max_of(largest, max_of(s[i][n][2 * e], s[i][n][2 * e + 1]));
                largest = max_of(largest, shuffle_xor(largest, 1));
                largest = max_of(largest, shuffle_xor(largest, 2));
                shrink[e] = exp2_fast((maximum[i][e] - largest) * unit);
                maximum[i][e] = largest;
                sum[i][e] *= shrink[e];
                base[e] = largest * unit;
            }
#pragma unroll
            for (int d = 0; d < D / 8; d++)
#pragma unroll
                for (int e = 0; e < 4; e++) output[i][d][e] *= shrink[e >> 1];
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++) {
                float weight[4];
#pragma unroll
                for (int e = 0; e < 4; e++) weight[e] = exp2_fast(fused(s[i][n][e], unit, -base[e >> 1]));
                sum[i][0] += weight[0] + weight[1];
                sum[i][1] += weight[2] + weight[3];
                if (FEATURES & DROPOUT && (FEATURES == DROPOUT || form.dropout_threshold))
                    drop(weight, form, dropout, quad[i] + (u32)(key >> 2) + 2 * n);
                weights[i][n][0] = pack_bf16(weight[0], weight[1]);
                weights[i][n][1] = pack_bf16(weight[2], weight[3]);
            }
        }

#pragma unroll
        for (int n = 0; n < KEYS / 16; n++)
#pragma unroll
            for (int d = 0; d < D / 16; d++) {
                u32 v16[4];
                load_matrices_transposed(v16, (values ^ (d << 5)) + n * 16 * ROW);
#pragma unroll
                for (int i = 0; i < TILES; i++) {
                    const u32 w16[4] = {weights[i][2 * n][0], weights[i][2 * n][1], weights[i][2 * n + 1][0], weights[i][2 * n + 1][1]};
                    multiply_add(output[i][2 * d], w16, v16[0], v16[1]);
                    multiply_add(output[i][2 * d + 1], w16, v16[2], v16[3]);
                }
            }
        key += KEYS;
    };

    if (FEATURES & LOCAL) {
#pragma unroll 1
        while (key <= last_key)
            if (key < range.all || key + KEYS > first_row)
                block.template operator()<true>();
            else
                block.template operator()<false>();
    } else {
#pragma unroll 1
        while (key + KEYS <= first_row) block.template operator()<false>();
#pragma unroll 1
        while (key <= last_key) block.template operator()<true>();
    }

    // ---- O leaves through the memory of K and V. What only this part needs is computed here, from values hidden from the compiler: it would
    // keep them in registers all along ----
    static_assert(Q_BYTES <= 4 * K_BYTES);
    copies_wait<0>();
    block_barrier();
    const int heads = opaque(H), last_h = block_x() % heads, last_b = block_x() / heads;
    const int last_row = first_row + row;
    stage = smaller(stage, both_stages - stage);
    const u32 pair_place = stage + place(row + accumulator_row, 0) + (l & 3) * 4;
    float *logarithms = log_sum_exp + ((i64)last_b * heads + last_h) * T + last_row + accumulator_row;
#pragma unroll
    for (int i = 0; i < TILES; i++)
#pragma unroll
        for (int e = 0; e < 2; e++) {
            float total = sum[i][e] + shuffle_xor(sum[i][e], 1);
            total += shuffle_xor(total, 2);
            const float inverse = reciprocal_fast(total) * (FEATURES & DROPOUT ? form.keep_scale : 1);
#pragma unroll
            for (int d = 0; d < D / 8; d++)
                store_shared_bits((pair_place ^ (d << 4)) + (16 * i + 8 * e) * ROW,
                             pack_bf16(output[i][d][2 * e] * inverse, output[i][d][2 * e + 1] * inverse));
            if ((l & 3) == 0 && last_row + accumulator_row + 16 * i + 8 * e < T)
                logarithms[16 * i + 8 * e] = fused(maximum[i][e], unit, log2_fast(total)) * LN_2;
        }
    warp_barrier();
    constexpr int STORE_ROWS = 32 / CHUNKS;  // that a warp stores at a time
    const u32 chunk_place = stage + place(row + l / CHUNKS, l % CHUNKS);
    bf16 *destination = y + (((i64)last_b * T + last_row + l / CHUNKS) * heads + last_h) * D + l % CHUNKS * 8;
#pragma unroll
    for (int r = 0; r < 16 * TILES; r += STORE_ROWS) {
        if (last_row + l / CHUNKS + r < T) store4((u32 *)destination, load_shared_bits4((chunk_place ^ ((r & 7) << 4)) + r * ROW));
        destination += STORE_ROWS * heads * D;
    }
}

#define FLASH_ATTENTION(name, D, QUERIES, KEYS, TILES, KEEP_Q, FEATURES)                                                            \
    KERNEL __launch_bounds__(QUERIES * 2 / TILES) void name(bf16 *y, float *log_sum_exp, const bf16 *qkv, ATTENTION_FORM_PARAMETERS) { \
        flash_attention<D, QUERIES, KEYS, TILES, KEEP_Q, FEATURES>(y, log_sum_exp, qkv, ATTENTION_FORM);                            \
    }
