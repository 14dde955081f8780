// Backward of attention for every form, any D up to 256, any alignment, binary32 or BF16 in memory: what the tensor-core kernels of
// attention_backward_keys.cu and attention_backward_queries.cu do not take. With S, P, Z as in attention.cuh and, of a query i and a key j,
//   dP = dy_i · v_j,  dS = cap' (Z/P dP - delta_i) P;   dv_j = sum_i Z dy_i,  dk_j = s sum_i dS q_i,  dq_i = s sum_j dS k_j.
//
// Two passes, so that no sum needs an atomic operation: one block owns a tile of keys and goes over the queries (of all heads that share
// them), another owns a tile of queries and goes over the keys. Both are the same code: a block owns two matrices (K and V, or Q and dy),
// streams the two others through shared memory in tiles, makes from both a tile of dS (and Z) and adds its product with the streamed
// matrices to what each thread keeps in registers: 4 owned rows x 4 channels of a gradient.
//
// C is D rounded up to 64, 128 or 256. Rows in shared memory are padded by 4 floats: 8 lanes on 8 neighbouring rows use all banks.
// FLOPs: 7 products of 2 D per visible pair, 4 with keys owned and 3 with queries owned. Bytes: each owned row once, the streamed rows once
// per owned tile that they meet. Max-live registers: 173 with keys owned, 114 with queries.
#include "attention_backward.cuh"
#include "vector.cuh"

extern __shared__ __attribute__((aligned(16))) u8 shared_memory[];

template <int C> struct BackwardTile {
    static constexpr int OWNED = 4096 / C, STREAMED = C == 256 ? 8 : 16;  // rows
    static constexpr int ROW = C + 4;                                     // floats of a row of channels
    static constexpr int PAIRS = OWNED % 32 ? OWNED : OWNED + 16;         // floats of a streamed row of dS or Z
};

// Matrices in global memory: rows of D elements, one of them `stride` elements behind the other.
template <class T> struct Rows {
    T *first;
    i64 stride;
};

// Four neighbouring channels; `count` of them exist, `vector` says that all do and are aligned.
template <class T> DEVICE float4 load_channels(const T *p, int count, bool vector) {
    Pack<4> pack = {};
    if (vector) {
        load_pack(pack, p);
    } else {
#pragma unroll
        for (int i = 0; i < 4; i++)
            if (i < count) pack.v[i] = load(p + i);
    }
    float4 v;
    v.x = pack.v[0], v.y = pack.v[1], v.z = pack.v[2], v.w = pack.v[3];
    return v;
}

template <class T> DEVICE void store_channels(T *p, float4 v, int count, bool vector) {
    Pack<4> pack = {{v.x, v.y, v.z, v.w}};
    if (vector) {
        store_pack(p, pack);
    } else {
#pragma unroll
        for (int i = 0; i < 4; i++)
            if (i < count) store(p + i, pack.v[i]);
    }
}

// ROWS rows from `row` on of a matrix of `limit` rows; what lies outside it becomes zero.
template <int C, int ROWS, class T>
DEVICE void load_tile(float *tile, const Rows<T> &matrix, int row, int limit, int D, bool vector) {
    constexpr int FOURS = C / 4, STEP = 256 / FOURS;
    const int d = thread() % FOURS * 4;
    if (d >= D) return;
#pragma unroll
    for (int r = thread() / FOURS; r < ROWS; r += STEP) {
        float4 v = {0, 0, 0, 0};
        if (row + r < limit) v = load_channels(matrix.first + (row + r) * matrix.stride + d, D - d, vector);
        store4(tile + r * BackwardTile<C>::ROW + d, v);
    }
}

template <int C, class T>
DEVICE void store_gradient(const float4 (&sum)[4], const Rows<T> &matrix, int row, const AttentionForm &form, float factor, float beta,
                           bool vector) {
    const int d = thread() % (C / 4) * 4;
    if (d >= form.D) return;
#pragma unroll
    for (int r = 0; r < 4; r++) {
        if (row + r >= form.T) return;
        T *p = matrix.first + (row + r) * matrix.stride + d;
        float4 v = sum[r] * factor;
        if (beta != 0) v = v + load_channels(p, form.D - d, vector) * beta;
        store_channels(p, v, form.D - d, vector);
    }
}

DEVICE float dot4(float4 a, float4 b, float sum) {
    return fused(a.w, b.w, fused(a.z, b.z, fused(a.y, b.y, fused(a.x, b.x, sum))));
}

DEVICE float4 fused4(float4 a, float b, float4 c) {
    c.x = fused(a.x, b, c.x), c.y = fused(a.y, b, c.y), c.z = fused(a.z, b, c.z), c.w = fused(a.w, b, c.w);
    return c;
}

// A query's statistics and the first key that it sees; it sees none if it does not exist.
struct QueryRow {
    float minus_log_sum_exp, minus_delta;
    int first_key;
};

DEVICE QueryRow query_row(const AttentionForm &form, const float *statistics, int b, int h, int i) {
    if (i >= form.T) return {0, 0, 0x7fffffff};
    const float *pair = statistics + (((i64)b * form.H + h) * ((form.T + 63) & ~63) + i) * 2;
    return {pair[0], pair[1], first_key(form, i, document_start(form, b, i, i))};
}

// KEYS: the block owns keys. Grid: tiles x heads (key heads or query heads) x samples, tiles first.
template <int C, bool KEYS, class T>
DEVICE void backward(T *dqkv, const T *qkv, const T *dy, const float *statistics, float beta, const AttentionForm &form) {
    using Tile = BackwardTile<C>;
    constexpr int OWNED = Tile::OWNED, STREAMED = Tile::STREAMED, ROW = Tile::ROW, PAIRS = Tile::PAIRS;
    float *owned1 = (float *)shared_memory, *owned2 = owned1 + OWNED * ROW;         // K and V, or Q and dy
    float *streamed1 = owned2 + OWNED * ROW, *streamed2 = streamed1 + STREAMED * ROW;  // Q and dy, or K and V
    float *score_gradients = streamed2 + STREAMED * ROW, *weights = score_gradients + STREAMED * PAIRS;  // dS and Z, [streamed][owned]
    QueryRow *queries = (QueryRow *)(weights + STREAMED * PAIRS);                   // of the tile that holds the queries

    const int heads = KEYS ? form.G : form.H, group = form.H / form.G, D = form.D, D4 = (D + 3) / 4;
    const int tiles = (form.T + OWNED - 1) / OWNED, column = block_x() / tiles;
    const int b = column / heads, head = column - b * heads;
    // The longest first: the first keys are seen by most queries, the last queries see most keys.
    const int own = (KEYS ? block_x() - column * tiles : tiles - 1 - (block_x() - column * tiles)) * OWNED;
    const i64 width = (i64)(form.H + 2 * form.G) * D, sample = (i64)b * form.T;
    const bool vector = D % 4 == 0 && (((u64)dqkv | (u64)qkv | (u64)dy) & (4 * sizeof(T) - 1)) == 0;
    const DropoutKey key = dropout_key(form, b);
    auto packed = [&](auto *base, int h) INLINE_LAMBDA { return Rows{base + sample * width + (i64)h * D, width}; };
    auto gradient_rows = [&](int h) INLINE_LAMBDA { return Rows<const T>{dy + (sample * form.H + h) * D, (i64)form.H * D}; };

    const int key_head = KEYS ? head : head / group;
    const Rows<const T> keys = packed(qkv, form.H + key_head), values = packed(qkv, form.H + form.G + key_head);
    load_tile<C, OWNED>(owned1, KEYS ? keys : packed(qkv, head), own, form.T, D, vector);
    load_tile<C, OWNED>(owned2, KEYS ? values : gradient_rows(head), own, form.T, D, vector);
    if (!KEYS && thread() < OWNED) queries[thread()] = query_row(form, statistics, b, head, own + thread());

    float4 sum1[4] = {}, sum2[4] = {};  // dk and dv, or dq
    const int x = thread() % 16, y = thread() / 16, channel = thread() % (C / 4) * 4, row4 = thread() / (C / 4) * 4;

    for (int h = KEYS ? head * group : head; h < (KEYS ? (head + 1) * group : head + 1); h++) {
        const ScoreRule rule = {form, key, alibi_slope(form, h), h};
        int first = KEYS ? own : 0, end = KEYS ? form.T : smaller(own + OWNED, form.T);
        if (KEYS && form.window) end = smaller(end, own + OWNED - 1 + form.window);
        if (!KEYS) first = key_range(form, b, own, OWNED).first / STREAMED * STREAMED;
        const Rows<const T> stream1 = KEYS ? packed(qkv, h) : keys, stream2 = KEYS ? gradient_rows(h) : values;

#pragma unroll 1
        for (int stream = first; stream < end; stream += STREAMED) {
            if (KEYS && form.document_starts && key_range(form, b, stream, STREAMED).first >= own + OWNED) continue;  // another document
            block_barrier();  // everybody has used the tiles before these
            load_tile<C, STREAMED>(streamed1, stream1, stream, form.T, D, vector);
            load_tile<C, STREAMED>(streamed2, stream2, stream, form.T, D, vector);
            if (KEYS && thread() < STREAMED) queries[thread()] = query_row(form, statistics, b, h, stream + thread());
            block_barrier();

            if (y < STREAMED) {  // owned rows x, x + 16, ... against the streamed row y
                float s[OWNED / 16] = {}, dp[OWNED / 16] = {};
                for (int d = 0; d < D4; d++) {
                    float4 a = load4(streamed1 + y * ROW + d * 4), c = load4(streamed2 + y * ROW + d * 4);
#pragma unroll
                    for (int m = 0; m < OWNED / 16; m++) {
                        s[m] = dot4(load4(owned1 + (x + m * 16) * ROW + d * 4), a, s[m]);
                        dp[m] = dot4(load4(owned2 + (x + m * 16) * ROW + d * 4), c, dp[m]);
                    }
                }
#pragma unroll
                for (int m = 0; m < OWNED / 16; m++) {
                    const int i = KEYS ? stream + y : own + x + m * 16, j = KEYS ? own + x + m * 16 : stream + y;
                    const QueryRow query = queries[KEYS ? y : x + m * 16];
                    float weight = 0, gradient = 0;
                    if (j >= query.first_key && j <= i) {
                        weight = s[m], gradient = dp[m];
                        rule.apply(weight, gradient, query.minus_log_sum_exp, query.minus_delta, i, j, true);
                    }
                    score_gradients[y * PAIRS + x + m * 16] = gradient;
                    if (KEYS) weights[y * PAIRS + x + m * 16] = weight;
                }
            }
            block_barrier();

            if (channel < D)
#pragma unroll 4
                for (int r = 0; r < STREAMED; r++) {
                    float4 a = load4(streamed1 + r * ROW + channel), g = load4(score_gradients + r * PAIRS + row4);
#pragma unroll
                    for (int m = 0; m < 4; m++) sum1[m] = fused4(a, LANE(g, m), sum1[m]);
                    if (KEYS) {
                        float4 c = load4(streamed2 + r * ROW + channel), z = load4(weights + r * PAIRS + row4);
#pragma unroll
                        for (int m = 0; m < 4; m++) sum2[m] = fused4(c, LANE(z, m), sum2[m]);
                    }
                }
        }
    }

    store_gradient<C>(sum1, packed(dqkv, KEYS ? form.H + head : head), own + row4, form, form.scale, beta, vector);
    if (KEYS) store_gradient<C>(sum2, packed(dqkv, form.H + form.G + head), own + row4, form, 1, beta, vector);
}

#define BACKWARD(NAME, C, KEYS, TYPE)                                                                                                   \
    KERNEL __launch_bounds__(256) void NAME(TYPE *dqkv, const TYPE *__restrict__ qkv, const TYPE *__restrict__ dy,                      \
                                            const float *__restrict__ statistics, const int *, float beta,                                  \
                                            ATTENTION_FORM_PARAMETERS) {                                                                \
        backward<C, KEYS>(dqkv, qkv, dy, statistics, beta, ATTENTION_FORM);                                                             \
    }

BACKWARD(attention_backward_keys_c64_f32, 64, true, float)
BACKWARD(attention_backward_keys_c128_f32, 128, true, float)
BACKWARD(attention_backward_keys_c256_f32, 256, true, float)
BACKWARD(attention_backward_queries_c64_f32, 64, false, float)
BACKWARD(attention_backward_queries_c128_f32, 128, false, float)
BACKWARD(attention_backward_queries_c256_f32, 256, false, float)

#if __CUDA_ARCH__ >= 800
BACKWARD(attention_backward_keys_c64_bf16, 64, true, bf16)
BACKWARD(attention_backward_keys_c128_bf16, 128, true, bf16)
BACKWARD(attention_backward_keys_c256_bf16, 256, true, bf16)
BACKWARD(attention_backward_queries_c64_bf16, 64, false, bf16)
BACKWARD(attention_backward_queries_c128_bf16, 128, false, bf16)
BACKWARD(attention_backward_queries_c256_bf16, 256, false, bf16)
#endif
