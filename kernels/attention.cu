// Attention without tensor cores, for any head size up to 256, any alignment, every form, binary32 and BF16 storage; also over a cache.
// y_i = sum_j Z[i, j] v_j (attention.cuh), L_i = log sum_j exp S[i, j].
//
// A block takes ROWS x 16 queries of one head, from the last to the first, and walks over their keys, KEYS at a time: scores of the
// products, their maximum and sum so far (Milakov and Gimelshein 2018, arXiv:1805.02867), weights times values. Nothing of size T x T
// leaves the block. Thread (x, y) of 8 x 16 has queries y + 16 r: of their scores keys column + 8 n, of their outputs columns 4 x + 32 c.
// Shared memory holds the tiles as floats; rows of 4 (2 n + 1) floats let eight threads read 16 bytes of eight rows without conflicts.
//
// Key blocks begin at multiples of KEYS of the position and a row's arithmetic depends on nothing else of the launch: the bits are the
// same whether a sequence is read at once or in chunks over a cache, and with ROWS = 1, for a few new positions.
//
// Loads per multiply-add, both of 4 floats: 1/8 for scores, 3/32 for outputs with D = 64. Bytes: q and y once, k and v once per block.
// Max-live registers: 175 (D to 64), 197 (128), 175 (256), and for few queries 119 and 107.
#include "attention.cuh"
#include "vector.cuh"

extern __shared__ uint4 shared_memory[];

constexpr int THREADS = 128;

// `rows` x D from global memory as floats, a row per warp at a time; zeros in rows from `valid` on and up to the next multiple of 4.
template <class S>
DEVICE void load_tile(float *tile, int pitch, const S *source, i64 stride, int rows, int valid, int D) {
    for (int r = warp(); r < rows; r += THREADS / 32)
        for (int d = lane(); d < (D + 3) / 4 * 4; d += 32) tile[r * pitch + d] = r < valid && d < D ? load(source + r * stride + d) : 0;
}

DEVICE float dot4(float4 a, float4 b, float sum) {
    return fused(LANE(a, 3), LANE(b, 3), fused(LANE(a, 2), LANE(b, 2), fused(LANE(a, 1), LANE(b, 1), fused(LANE(a, 0), LANE(b, 0), sum))));
}

// Each thread's own weights, after their sum has been taken.
template <int ROWS, int KEYS, int PITCH>
DEVICE void drop_weights(float *weights, const AttentionForm &form, const DropoutKey &dropout, int h, int first_row, int key) {
#pragma unroll 1
    for (int e = 0; e < ROWS * KEYS / 8; e++) {
        int row = (thread() >> 3) + 16 * (e / (KEYS / 8)), column = (thread() & 7) + 8 * (e % (KEYS / 8));
        weights[row * PITCH + column] *= dropout_factor(form, dropout, h, first_row + row, key + column);
    }
}

// D is at most MOST_D. The queries of sample b are at positions starts[b] (0 without starts) and on; it has `capacity` rows of keys.
template <class S, int MOST_D, int ROWS, int KEYS>
DEVICE void attend(S *y, float *log_sum_exp, const S *q, const S *k, const S *v, const int *starts, int query_stride, int key_stride,
                   int capacity, const AttentionForm &form) {
    constexpr int QUERIES = ROWS * 16, COLUMNS = MOST_D / 32, WEIGHTS_PITCH = KEYS / 8 % 2 ? KEYS : KEYS + 8;
    const int D = form.D, T = form.T, column = thread() & 7, row = thread() >> 3;
    const int h = block_x() % form.H, b = block_x() / form.H, group = h / (form.H / form.G);
    const int first_row = ((T + QUERIES - 1) / QUERIES - 1 - block_y()) * QUERIES;
    const int start = starts ? smaller(larger(starts[b], 0), capacity - T) : 0;
    const int pitch = ((D + 3) / 4 | 1) * 4;
    float *queries = (float *)shared_memory, *keys = queries + QUERIES * pitch, *values = keys + KEYS * pitch;
    float *weights = values + KEYS * pitch;

    q += ((i64)b * T + first_row) * query_stride + h * D;
    k += (i64)b * capacity * key_stride + group * D;
    v += (i64)b * capacity * key_stride + group * D;
    load_tile(queries, pitch, q, query_stride, QUERIES, T - first_row, D);

    const KeyRange range = key_range(form, b, first_row, QUERIES, start);
    const int last = start + smaller(first_row + QUERIES, T);  // the first key that no query sees
    const float slope = alibi_slope(form, h);
    const DropoutKey dropout = dropout_key(form, b);
    int first[ROWS];
    float maximum[ROWS], sum[ROWS] = {}, output[ROWS][COLUMNS][4] = {};
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        int i = smaller(first_row + row + 16 * r, T - 1);
        first[r] = first_key(form, start + i, document_start(form, b, i, start + i));
        maximum[r] = FIRST_MAXIMUM;
    }

#pragma unroll 1
    for (int key = range.first / KEYS * KEYS; key < last; key += KEYS) {
        block_barrier();  // the block before is done with the tiles
        load_tile(keys, pitch, k + (i64)key * key_stride, key_stride, KEYS, last - key, D);
        load_tile(values, pitch, v + (i64)key * key_stride, key_stride, KEYS, last - key, D);
        block_barrier();

        float s[ROWS][KEYS / 8] = {};
#pragma unroll 1
        for (int d = 0; d < D; d += 4) {
            float4 keys4[KEYS / 8];
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++) keys4[n] = load4(keys + (column + 8 * n) * pitch + d);
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                float4 query4 = load4(queries + (row + 16 * r) * pitch + d);
#pragma unroll
                for (int n = 0; n < KEYS / 8; n++) s[r][n] = dot4(query4, keys4[n], s[r][n]);
            }
        }

#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            const int i = start + first_row + row + 16 * r;
            float largest = maximum[r];
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++) {
                int j = key + column + 8 * n;
                s[r][n] = j >= first[r] && j <= i ? score(form, s[r][n], slope, i - j) : HIDDEN_SCORE;
                largest = max_of(largest, s[r][n]);
            }
#pragma unroll
            for (int offset = 4; offset; offset >>= 1) largest = max_of(largest, shuffle_xor(largest, offset));
            float shrink = exp2_fast(maximum[r] - largest);
            maximum[r] = largest;
            sum[r] *= shrink;
#pragma unroll
            for (int c = 0; c < COLUMNS; c++)
#pragma unroll
                for (int e = 0; e < 4; e++) output[r][c][e] *= shrink;
#pragma unroll
            for (int n = 0; n < KEYS / 8; n++) {
                float weight = exp2_fast(s[r][n] - largest);
                sum[r] += weight;
                weights[(row + 16 * r) * WEIGHTS_PITCH + column + 8 * n] = weight;
            }
        }
        if (form.dropout_threshold) drop_weights<ROWS, KEYS, WEIGHTS_PITCH>(weights, form, dropout, h, first_row, key);
        warp_barrier();  // the lanes that share a row exchange its weights

#pragma unroll 1
        for (int j = 0; j < KEYS; j += 4) {
            float4 weights4[ROWS];
#pragma unroll
            for (int r = 0; r < ROWS; r++) weights4[r] = load4(weights + (row + 16 * r) * WEIGHTS_PITCH + j);
#pragma unroll
            for (int c = 0; c < COLUMNS; c++) {
                if (4 * column + 32 * c >= D) break;
#pragma unroll
                for (int n = 0; n < 4; n++) {
                    float4 values4 = load4(values + (j + n) * pitch + 4 * column + 32 * c);
#pragma unroll
                    for (int r = 0; r < ROWS; r++)
#pragma unroll
                        for (int e = 0; e < 4; e++) output[r][c][e] = fused(LANE(weights4[r], n), LANE(values4, e), output[r][c][e]);
                }
            }
        }
        warp_barrier();  // before the weights are overwritten
    }

#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        const int i = first_row + row + 16 * r;
        float total = sum[r];
#pragma unroll
        for (int offset = 4; offset; offset >>= 1) total += shuffle_xor(total, offset);
        if (i >= T) continue;
        float inverse = reciprocal_fast(total);
        S *destination = y + (((i64)b * T + i) * form.H + h) * D;
#pragma unroll
        for (int c = 0; c < COLUMNS; c++)
#pragma unroll
            for (int e = 0; e < 4; e++) {
                int d = 4 * column + 32 * c + e;
                if (d < D) store(destination + d, output[r][c][e] * inverse);
            }
        if (log_sum_exp && column == 0) log_sum_exp[((i64)b * form.H + h) * T + i] = (maximum[r] + log2_fast(total)) * LN_2;
    }
}

// A kernel per bound of D, and one each for few queries (over a cache). Grid: (B H, query tiles).
#define ATTENTION_KERNEL(S, name, MOST_D, ROWS, KEYS)                                                                               \
    KERNEL __launch_bounds__(THREADS) void name(S *y, float *log_sum_exp, const S *q, const S *k, const S *v, const int *starts,     \
                                                int query_stride, int key_stride, int capacity, ATTENTION_FORM_PARAMETERS) {        \
        attend<S, MOST_D, ROWS, KEYS>(y, log_sum_exp, q, k, v, starts, query_stride, key_stride, capacity, ATTENTION_FORM);          \
    }
#define ATTENTION_KERNELS(S, suffix)                                  \
    ATTENTION_KERNEL(S, attention_64_##suffix, 64, 4, 32)             \
    ATTENTION_KERNEL(S, attention_128_##suffix, 128, 4, 16)           \
    ATTENTION_KERNEL(S, attention_256_##suffix, 256, 2, 8)            \
    ATTENTION_KERNEL(S, attention_64_few_##suffix, 64, 1, 32)         \
    ATTENTION_KERNEL(S, attention_128_few_##suffix, 128, 1, 16)

ATTENTION_KERNELS(float, f32)
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
ATTENTION_KERNELS(bf16, bf16)
#endif
