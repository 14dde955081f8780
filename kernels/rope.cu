// Rotary position embedding: y = qkv with the pairs of the first R channels of every query and key head turned by the angles of the head's
// position, (a cos - b sin, b cos + a sin), + beta y; everything else is copied. With sign -1 it turns back, which is the gradient.
// Pairs are (i, i + R/2), or (2i, 2i + 1) interleaved; row p of the table has the R/2 cosines of position p, then the sines.
//
// A block has one position of one sequence: it stages that row of the table once and uses it for all heads. A thread keeps its place in
// the head (two packs, which hold whole pairs) and goes from head to head; 2^lanes_log2 threads make up a head, so that nobody divides.
// Bytes: qkv and y once (y twice with beta), R numbers of the table per position.
// flags: -mllvm -disable-lsr
#include "vector.cuh"

struct RopeShape {
    int D, R, rotated, heads, lanes_log2, interleaved;
};

template <int N, class T> DEVICE void copy_pack(T *y, const T *x, float beta) {
    Pack<N> v = unpack(x, load_bits<N>(x));
    if (beta != 0) {
        Pack<N> old;
        load_pack(old, y);
#pragma unroll
        for (int k = 0; k < N; k++) v.v[k] = fused(beta, old.v[k], v.v[k]);
    }
    store_pack(y, v);
}

// One pair of packs, with the angles of its N pairs of channels.
template <int N, bool INTERLEAVED, class T>
DEVICE void turn(T *y, const T *x, int second, const Pack<N> &cosine, const Pack<N> &sine, float beta) {
    Bits<T, N> a_bits = load_bits<N>(x), b_bits = load_bits<N>(x + second), old_a = {}, old_b = {};
    if (beta != 0) {
        old_a = load_bits<N>((const T *)y);
        old_b = load_bits<N>((const T *)y + second);
    }
    Pack<N> a = unpack(x, a_bits), b = unpack(x, b_bits);
    float v[2 * N];
#pragma unroll
    for (int k = 0; k < N; k++) v[k] = a.v[k], v[N + k] = b.v[k];
#pragma unroll
    for (int k = 0; k < N; k++) {
        int left = INTERLEAVED ? 2 * k : k, right = INTERLEAVED ? 2 * k + 1 : N + k;
        float c = cosine.v[k], s = sine.v[k], l = v[left], r = v[right];
        v[left] = fused(l, c, -(r * s));
        v[right] = fused(r, c, l * s);
    }
    Pack<N> before_a = unpack(x, old_a), before_b = unpack(x, old_b);
#pragma unroll
    for (int k = 0; k < N; k++) a.v[k] = fused(beta, before_a.v[k], v[k]), b.v[k] = fused(beta, before_b.v[k], v[N + k]);
    store_pack(y, a);
    store_pack(y + second, b);
}

// The first half of a pack from one place, the second from another.
template <int N> DEVICE void load_halves(Pack<N> &pack, const float *first, const float *second) {
    if constexpr (N == 8) {
        Pack<4> a, b;
        load_pack(a, first);
        load_pack(b, second);
#pragma unroll
        for (int k = 0; k < 4; k++) pack.v[k] = a.v[k], pack.v[4 + k] = b.v[k];
    } else {
#pragma unroll
        for (int k = 0; k < N / 2; k++) pack.v[k] = first[k], pack.v[N / 2 + k] = second[k];
    }
}

template <int N, bool INTERLEAVED, class T>
DEVICE void rope_heads(T *y, const T *x, const float *angles, const RopeShape &shape, float sign, float beta) {
    int lanes = 1 << shape.lanes_log2, own = thread() & (lanes - 1), half = shape.R / 2, step = block_threads() >> shape.lanes_log2;
#pragma unroll 1
    for (int angle = own * N; angle < half; angle += lanes * N) {
        // Packs `half` apart, whole pairs in each of them if interleaved; of single channels the two of a pair.
        int first = angle, second = half;
        Pack<N> cosine, sine;
        if constexpr (INTERLEAVED && N > 1) {
            load_halves(cosine, angles + angle / 2, angles + (half + angle) / 2);
            load_halves(sine, angles + half + angle / 2, angles + half + (half + angle) / 2);
        } else {
            load_pack(cosine, angles + angle);
            load_pack(sine, angles + half + angle);
            if (INTERLEAVED) first = 2 * angle, second = 1;
        }
#pragma unroll
        for (int k = 0; k < N; k++) sine.v[k] *= sign;
#pragma unroll 1
        for (int head = thread() >> shape.lanes_log2; head < shape.rotated; head += step)
            turn<N, INTERLEAVED>(y + head * shape.D + first, x + head * shape.D + first, second, cosine, sine, beta);
    }
#pragma unroll 1
    for (int head = thread() >> shape.lanes_log2; head < shape.heads; head += step)
#pragma unroll 1
        for (int column = (head < shape.rotated ? shape.R : 0) + own * N; column < shape.D; column += lanes * N)
            copy_pack<N>(y + head * shape.D + column, x + head * shape.D + column, beta);
}

template <class T>
DEVICE void rope(T *y, const T *qkv, const float *table, const int *starts, u64 *report, int time, int positions, const RopeShape &shape, float sign,
                 float beta, float *angles) {
    constexpr int N = PACK<T>;
    int sequence = (u32)block_x() / (u32)time, t = block_x() - sequence * time, start = 0;
    if (starts) {
        if (lane() == 0) start = starts[sequence];  // by all lanes it would count 32 times
        start = shuffle(start, 0);
        if (start < 0) {
            if (t == 0 && thread() == 0) report_index(report, sequence, start, 0);
            start = 0;
        }
    }
    i64 position = (i64)start + t;
    if (position >= positions) position = positions - 1;  // padding behind a sequence's end
    for (int i = thread(); i < shape.R; i += block_threads()) angles[i] = table[position * shape.R + i];
    block_barrier();
    i64 row = (i64)block_x() * shape.heads * shape.D;
    bool packs = shape.D % N == 0 && shape.R % (2 * N) == 0 && is_aligned(y) && is_aligned(qkv);
    y += row;
    qkv += row;
    if (shape.interleaved) {
        if (packs) rope_heads<N, true>(y, qkv, angles, shape, sign, beta);
        else rope_heads<1, true>(y, qkv, angles, shape, sign, beta);
    } else {
        if (packs) rope_heads<N, false>(y, qkv, angles, shape, sign, beta);
        else rope_heads<1, false>(y, qkv, angles, shape, sign, beta);
    }
}

extern __shared__ uint4 rope_angles[];

#define ROPE(NAME, T) \
    KERNEL __launch_bounds__(128) void NAME(T *y, const T *qkv, const float *table, const int *starts, u64 *report, int time, int positions, int D, int R, \
                                            int rotated, int heads, int lanes_log2, int interleaved, float sign, float beta) { \
        rope(y, qkv, table, starts, report, time, positions, {D, R, rotated, heads, lanes_log2, interleaved}, sign, beta, \
             (float *)rope_angles); \
    }

ROPE(rope_f32, float)
#if __CUDA_ARCH__ >= 800
ROPE(rope_bf16, bf16)
#endif
