// QK-norm: RMSNorm of every query and key head of D channels, y = x r w with r = 1/sqrt(mean of x² + epsilon), the query heads with one
// weight and the key heads with another; values are copied. And the gradients of x and of both weights.
//
// A head of up to 256 channels in whole packs is a group of 2^lanes_log2 neighbouring lanes; a warp has 32 >> lanes_log2 heads at a time and
// keeps both weights, and their gradients, in registers over all its rows. Other heads go to the kernels for any size, a warp per head.
// registers: head_norm_backward_* 115: a lane holds both weights and the sums of both weights' gradients over all its rows.
// Bytes: qkv, y and r once, weights once per group; backward: dy, qkv and dqkv once (dqkv twice with beta), 8 D per block of partial sums.
#include "vector.cuh"

struct Heads {
    int D, H, normed, all, lanes_log2;  // channels; query heads; query and key heads; all heads
};

DEVICE uint4 select_bits(bool first, uint4 a, uint4 b) {
    uint4 v;
    v.x = first ? a.x : b.x, v.y = first ? a.y : b.y, v.z = first ? a.z : b.z, v.w = first ? a.w : b.w;
    return v;
}

// A pack of a weight, 0 beyond its end: the first group asks for it and hands it to the others.
template <class T> DEVICE uint4 load_for_groups(const T *weight, int channel, int D, int lanes) {
    uint4 bits = lane() < lanes && channel < D ? load_bits(weight + channel) : zero_bits();
    int source = lane() & (lanes - 1);
    bits.x = (u32)shuffle((int)bits.x, source), bits.y = (u32)shuffle((int)bits.y, source);
    bits.z = (u32)shuffle((int)bits.z, source), bits.w = (u32)shuffle((int)bits.w, source);
    return bits;
}

// Sum over the lanes of a group.
DEVICE float group_sum(float v, int lanes) {
#pragma unroll 1
    for (int offset = lanes >> 1; offset; offset >>= 1) v += shuffle_xor(v, offset);
    return v;
}

template <int V, class T>
DEVICE void head_norm(T *y, float *rrms, const T *qkv, const T *query_weight, const T *key_weight, int rows, int rows_per_block, Heads heads,
                      float inverse_d, float epsilon) {
    constexpr int N = PACK<T>;
    int lanes = 1 << heads.lanes_log2, own = (lane() & (lanes - 1)) * N, group = lane() >> heads.lanes_log2, groups = 32 >> heads.lanes_log2;
    int first = block_x() * rows_per_block, end = first + rows_per_block < rows ? first + rows_per_block : rows;
    uint4 weights[2][V];
#pragma unroll
    for (int i = 0; i < V; i++) {
        weights[0][i] = load_for_groups(query_weight, own + i * lanes * N, heads.D, lanes);
        weights[1][i] = load_for_groups(key_weight, own + i * lanes * N, heads.D, lanes);
    }
#pragma unroll 1
    for (int row = first + warp(); row < end; row += 8)
#pragma unroll 1
        for (int base = 0; base < heads.all; base += groups) {
            int head = base + group;
            i64 start = ((i64)row * heads.all + head) * heads.D + own;
            uint4 bits[V];
            float square = 0;
#pragma unroll
            for (int i = 0; i < V; i++) {
                bits[i] = head < heads.all && own + i * lanes * N < heads.D ? load_bits(qkv + start + i * lanes * N) : zero_bits();
                Pack<N> v = unpack(qkv, bits[i]);
#pragma unroll
                for (int k = 0; k < N; k++) square = fused(v.v[k], v.v[k], square);
            }
            float r = rsqrt_fast(fused(group_sum(square, lanes), inverse_d, epsilon));
            if (head >= heads.all) continue;
            bool normed = head < heads.normed;
            if (own == 0 && normed) rrms[(i64)row * heads.normed + head] = r;
#pragma unroll
            for (int i = 0; i < V; i++) {
                if (own + i * lanes * N >= heads.D) continue;
                if (normed) {
                    Pack<N> v = unpack(qkv, bits[i]), w = unpack(qkv, select_bits(head < heads.H, weights[0][i], weights[1][i]));
#pragma unroll
                    for (int k = 0; k < N; k++) v.v[k] *= r * w.v[k];
                    store_pack(y + start + i * lanes * N, v);
                } else {
                    store_bits(y + start + i * lanes * N, bits[i]);
                }
            }
        }
}

// Distance of a lane's N sums in shared memory: 32, and as much more as keeps neighbouring channels in different banks when they are read.
template <int N> constexpr int SUM_STRIDE = 32 + 32 / N;

// The gradients of both weights: over the groups of a warp, then over the warps, in fixed order, to one row (2, D) of partial sums.
template <int V, int N> DEVICE void reduce_weights(float *partial, Pack<N> (&sums)[2][V], const Heads &heads, float *shared) {
    int lanes = 1 << heads.lanes_log2;
#pragma unroll
    for (int which = 0; which < 2; which++)
#pragma unroll
        for (int i = 0; i < V; i++)
#pragma unroll
            for (int k = 0; k < N; k++) {
                float sum = sums[which][i].v[k];
#pragma unroll 1
                for (int offset = lanes; offset < 32; offset <<= 1) sum += shuffle_xor(sum, offset);
                shared[((which * V + i) * N + k) * SUM_STRIDE<N> + lane()] = 0;  // warp 0 adds first, see below
                sums[which][i].v[k] = sum;
            }
#pragma unroll 1
    for (int w = 0; w < 8; w++) {
        block_barrier();
        if (warp() != w) continue;
#pragma unroll
        for (int which = 0; which < 2; which++)
#pragma unroll
            for (int i = 0; i < V; i++)
#pragma unroll
                for (int k = 0; k < N; k++) shared[((which * V + i) * N + k) * SUM_STRIDE<N> + lane()] += sums[which][i].v[k];
    }
    block_barrier();
    for (int d = thread(); d < 2 * heads.D; d += block_threads()) {
        int which = d >= heads.D, channel = d - which * heads.D, pack = channel / N;
        partial[(i64)block_x() * 2 * heads.D + d] =
            shared[((which * V + (pack >> heads.lanes_log2)) * N + channel % N) * SUM_STRIDE<N> + (pack & (lanes - 1))];
    }
}

template <int V, class T>
DEVICE void head_norm_backward(T *dqkv, float *partial, const T *dy, const T *qkv, const T *query_weight, const T *key_weight, const float *rrms,
                               int rows, int rows_per_block, const Heads &heads, float inverse_d, float beta, float *shared) {
    constexpr int N = PACK<T>;
    int lanes = 1 << heads.lanes_log2, own = (lane() & (lanes - 1)) * N, group = lane() >> heads.lanes_log2, groups = 32 >> heads.lanes_log2;
    int first = block_x() * rows_per_block, end = first + rows_per_block < rows ? first + rows_per_block : rows;
    uint4 weights[2][V];
    Pack<N> sums[2][V] = {};
#pragma unroll
    for (int i = 0; i < V; i++) {
        weights[0][i] = load_for_groups(query_weight, own + i * lanes * N, heads.D, lanes);
        weights[1][i] = load_for_groups(key_weight, own + i * lanes * N, heads.D, lanes);
    }
#pragma unroll 1
    for (int row = first + warp(); row < end; row += 8)
#pragma unroll 1
        for (int base = 0; base < heads.all; base += groups) {
            int head = base + group;
            bool normed = head < heads.normed, query = head < heads.H;
            i64 start = ((i64)row * heads.all + head) * heads.D + own;
            float r = 0, product = 0;
            if (own == 0 && normed) r = rrms[(i64)row * heads.normed + head];
            r = shuffle(r, lane() & ~(lanes - 1));
            uint4 x_bits[V], dy_bits[V];
#pragma unroll
            for (int i = 0; i < V; i++) {
                bool inside = head < heads.all && own + i * lanes * N < heads.D;
                dy_bits[i] = inside ? load_bits(dy + start + i * lanes * N) : zero_bits();
                x_bits[i] = inside && normed ? load_bits(qkv + start + i * lanes * N) : zero_bits();
            }
#pragma unroll
            for (int i = 0; i < V; i++) {
                Pack<N> x = unpack(qkv, x_bits[i]), upstream = unpack(qkv, dy_bits[i]), w = unpack(qkv, select_bits(query, weights[0][i], weights[1][i]));
#pragma unroll
                for (int k = 0; k < N; k++) {
                    float normal = x.v[k] * r, part = upstream.v[k] * normal;
                    product = fused(w.v[k], part, product);
                    sums[0][i].v[k] += query ? part : 0;
                    sums[1][i].v[k] += query ? 0 : part;  // 0 for a value: its r is
                    settle(sums[0][i].v[k]);
                    settle(sums[1][i].v[k]);
                }
            }
            product = group_sum(product, lanes) * inverse_d;
            if (!dqkv || head >= heads.all) continue;
#pragma unroll
            for (int i = 0; i < V; i++) {
                if (own + i * lanes * N >= heads.D) continue;
                Pack<N> x = unpack(qkv, x_bits[i]), g = unpack(qkv, dy_bits[i]), w = unpack(qkv, select_bits(query, weights[0][i], weights[1][i])), old = {};
                if (beta != 0) load_pack(old, dqkv + start + i * lanes * N);
#pragma unroll
                for (int k = 0; k < N; k++) {
                    float gradient = normed ? r * fused(-(x.v[k] * r), product, g.v[k] * w.v[k]) : g.v[k];
                    g.v[k] = fused(beta, old.v[k], gradient);
                }
                store_pack(dqkv + start + i * lanes * N, g);
            }
        }
    if (partial) reduce_weights<V, N>(partial, sums, heads, shared);
}

// ---- any size and alignment: a warp per head ----

template <class T>
DEVICE void head_norm_any(T *y, float *rrms, const T *qkv, const T *query_weight, const T *key_weight, int rows, int rows_per_block, const Heads &heads,
                          float inverse_d, float epsilon) {
    int first = block_x() * rows_per_block, end = first + rows_per_block < rows ? first + rows_per_block : rows;
    for (int row = first; row < end; row++)
        for (int head = warp(); head < heads.all; head += 8) {
            i64 start = ((i64)row * heads.all + head) * heads.D;
            bool normed = head < heads.normed;
            float square = 0;
            for (int d = lane(); normed && d < heads.D; d += 32) square = fused(load(qkv + start + d), load(qkv + start + d), square);
            float r = rsqrt_fast(fused(warp_sum(square), inverse_d, epsilon));
            if (lane() == 0 && normed) rrms[(i64)row * heads.normed + head] = r;
            const T *weight = head < heads.H ? query_weight : key_weight;
            for (int d = lane(); d < heads.D; d += 32) store(y + start + d, load(qkv + start + d) * (normed ? r * load(weight + d) : 1.f));
        }
}

template <class T>
DEVICE void head_norm_any_backward(T *dqkv, float *partial, const T *dy, const T *qkv, const T *query_weight, const T *key_weight, const float *rrms,
                                   int rows, int rows_per_block, const Heads &heads, float inverse_d, float beta) {
    int first = block_x() * rows_per_block, end = first + rows_per_block < rows ? first + rows_per_block : rows;
    for (int row = first; dqkv && row < end; row++)
        for (int head = warp(); head < heads.all; head += 8) {
            i64 start = ((i64)row * heads.all + head) * heads.D;
            bool normed = head < heads.normed;
            const T *weight = head < heads.H ? query_weight : key_weight;
            float r = normed ? rrms[(i64)row * heads.normed + head] : 0, product = 0;
            for (int d = lane(); normed && d < heads.D; d += 32) product = fused(load(dy + start + d) * load(weight + d), load(qkv + start + d) * r, product);
            product = warp_sum(product) * inverse_d;
            for (int d = lane(); d < heads.D; d += 32) {
                float g = load(dy + start + d);
                if (normed) g = r * fused(-(load(qkv + start + d) * r), product, g * load(weight + d));
                store(dqkv + start + d, beta == 0 ? g : fused(beta, load(dqkv + start + d), g));
            }
        }
    if (!partial) return;
    for (int d = thread(); d < 2 * heads.D; d += block_threads()) {
        bool keys = d >= heads.D;
        int channel = keys ? d - heads.D : d;
        float sum = 0;
        for (int row = first; row < end; row++)
            for (int head = keys ? heads.H : 0; head < (keys ? heads.normed : heads.H); head++) {
                i64 place = ((i64)row * heads.all + head) * heads.D + channel;
                sum = fused(load(dy + place), load(qkv + place) * rrms[(i64)row * heads.normed + head], sum);
            }
        partial[(i64)block_x() * 2 * heads.D + d] = sum;
    }
}

#define HEAD_NORM(NAME, T, V) \
    KERNEL __launch_bounds__(256) void head_norm_##NAME(T *y, float *rrms, const T *qkv, const T *query_weight, const T *key_weight, int rows, \
                                                        int rows_per_block, int D, int H, int normed, int all, int lanes_log2, float inverse_d, \
                                                        float epsilon) { \
        head_norm<V>(y, rrms, qkv, query_weight, key_weight, rows, rows_per_block, {D, H, normed, all, lanes_log2}, inverse_d, epsilon); \
    } \
    KERNEL __launch_bounds__(256) void head_norm_backward_##NAME(T *dqkv, float *partial, const T *dy, const T *qkv, const T *query_weight, \
                                                                 const T *key_weight, const float *rrms, int rows, int rows_per_block, int D, int H, \
                                                                 int normed, int all, int lanes_log2, float inverse_d, float beta) { \
        __shared__ float shared[2 * V * PACK<T> * SUM_STRIDE<PACK<T>>]; \
        head_norm_backward<V>(dqkv, partial, dy, qkv, query_weight, key_weight, rrms, rows, rows_per_block, {D, H, normed, all, lanes_log2}, \
                              inverse_d, beta, shared); \
    }

#define HEAD_NORM_ANY(NAME, T) \
    KERNEL __launch_bounds__(256) void head_norm_##NAME(T *y, float *rrms, const T *qkv, const T *query_weight, const T *key_weight, int rows, \
                                                        int rows_per_block, int D, int H, int normed, int all, int lanes_log2, float inverse_d, \
                                                        float epsilon) { \
        head_norm_any(y, rrms, qkv, query_weight, key_weight, rows, rows_per_block, {D, H, normed, all, lanes_log2}, inverse_d, epsilon); \
    } \
    KERNEL __launch_bounds__(256) void head_norm_backward_##NAME(T *dqkv, float *partial, const T *dy, const T *qkv, const T *query_weight, \
                                                                 const T *key_weight, const float *rrms, int rows, int rows_per_block, int D, int H, \
                                                                 int normed, int all, int lanes_log2, float inverse_d, float beta) { \
        head_norm_any_backward(dqkv, partial, dy, qkv, query_weight, key_weight, rrms, rows, rows_per_block, {D, H, normed, all, lanes_log2}, \
                               inverse_d, beta); \
    }

HEAD_NORM(f32, float, 2)
HEAD_NORM_ANY(any_f32, float)
#if __CUDA_ARCH__ >= 800
HEAD_NORM(bf16, bf16, 1)
HEAD_NORM_ANY(any_bf16, bf16)
#endif
