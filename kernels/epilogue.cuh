// What becomes of a matrix product before it is stored: the epilogues. They get `v`, sums of neighbouring columns in binary32, whose first
// belongs at `at` of the (M, N) result. A kernel has its epilogue as first parameter, in memory like its fields one by one.
// Pointers of what may be absent are null.
#pragma once
#include "functions.cuh"
#include "vector.cuh"

template <int N, class T> DEVICE Pack<N> read_pack(const T *p) {
    Pack<N> pack;
    if constexpr (N == 1) pack.v[0] = load(p); else load_pack(pack, p);
    return pack;
}

template <int N, class T> DEVICE void write_pack(T *p, const Pack<N> &pack) {
    if constexpr (N == 1) store(p, pack.v[0]); else store_pack(p, pack);
}

template <int N, class T> DEVICE Pack<N> read_or_zeros(const T *p, int at) {
    Pack<N> zeros = {};
    return p ? read_pack<N>(p + at) : zeros;
}

// What beta multiplies, as it is stored; where beta is 0 it is not read, and `bits` stay the zeros that they are.
template <int N, class T> DEVICE void read_unless_zero(Bits<T, N> &bits, const T *p, i64 at, float beta) {
    if (beta != 0) [[likely]] bits = load_bits<N>(p + at);
}

// A value as it will be read again.
DEVICE float rounded(const float *, float v) { return v; }
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
DEVICE float rounded(const bf16 *, float v) { return to_float(to_bf16(v)); }
#endif

// Each epilogue has
//   ELEMENTS: how many elements of the result are 16 bytes;
//   columns<N>(column): what it knows of N columns before it sees their rows, the bias;
//   with_function(body): body(F()) for its activation function, outside the loops;
//   Fetched<N>, fetch(fetched, at): what it reads at a place, as it is stored: half the registers of BF16. It starts as zeros, once for
//     all places, and is fetched of several places before the first is finished, so that loads are under way together;
//   finish(F, v, columns, fetched, at): computes and stores;
//   AT_ONCE: for how many places it pays.

// out = v + bias + beta c: a layer, c its residual; a gradient, c = out. c is not read where beta is 0.
template <class T> struct LinearEpilogue {
    static constexpr int ELEMENTS = PACK<T>, AT_ONCE = 4;
    T *out;
    const T *bias, *c;
    float beta;

    template <int N> DEVICE Pack<N> columns(int column) const { return read_or_zeros<N>(bias, column); }
    template <class Body> DEVICE void with_function(Body body) const { body(Identity()); }
    template <int N> struct Fetched { Bits<T, N> old; };
    template <int N> DEVICE void fetch(Fetched<N> &fetched, i64 at) const { read_unless_zero<N>(fetched.old, c, at, beta); }
    template <class F, int N> DEVICE void finish(F, Pack<N> v, const Pack<N> &bias, Fetched<N> fetched, i64 at) const {
        Pack<N> old = unpack(c, fetched.old);
#pragma unroll
        for (int k = 0; k < N; k++) v.v[k] = fused(beta, old.v[k], v.v[k] + bias.v[k]);
        write_pack(out + at, v);
    }
};

// pre = v + bias, rounded to its type, and out = f(pre). pre may be absent; out has the same bits then.
template <class T> struct ActivationEpilogue {
    static constexpr int ELEMENTS = PACK<T>, AT_ONCE = 1;
    T *out, *pre;
    const T *bias;
    int function;

    template <int N> DEVICE Pack<N> columns(int column) const { return read_or_zeros<N>(bias, column); }
    template <class Body> DEVICE void with_function(Body body) const { ::with_function<T>(function, body); }
    template <int N> struct Fetched {};
    template <int N> DEVICE void fetch(Fetched<N> &, i64) const {}
    template <class F, int N> DEVICE void finish(F, Pack<N> v, const Pack<N> &bias, Fetched<N>, i64 at) const {
#pragma unroll
        for (int k = 0; k < N; k++) v.v[k] = rounded(out, v.v[k] + bias.v[k]);
        if (pre) write_pack(pre + at, v);
#pragma unroll
        for (int k = 0; k < N; k++) v.v[k] = F::value(v.v[k]);
        write_pack(out + at, v);
    }

};

// out = v f'(pre) + beta out: a gradient, taken past the activation function at once.
template <class T> struct SlopeEpilogue {
    static constexpr int ELEMENTS = PACK<T>, AT_ONCE = 1;  // two loads already, and f' six times over
    T *out;
    const T *pre;
    float beta;
    int function;

    template <int N> DEVICE Pack<N> columns(int) const { return {}; }
    template <class Body> DEVICE void with_function(Body body) const { ::with_function<T>(function, body); }
    template <int N> struct Fetched { Bits<T, N> x, old; };
    template <int N> DEVICE void fetch(Fetched<N> &fetched, i64 at) const {
        fetched.x = load_bits<N>(pre + at);
        read_unless_zero<N>(fetched.old, out, at, beta);
    }
    template <class F, int N> DEVICE void finish(F, Pack<N> v, const Pack<N> &, Fetched<N> fetched, i64 at) const {
        Pack<N> x = unpack(pre, fetched.x), old = unpack(out, fetched.old);
        float unused;
#pragma unroll
        for (int k = 0; k < N; k++) v.v[k] = fused(v.v[k], F::slope(x.v[k], unused), beta * old.v[k]);
        write_pack(out + at, v);
    }
};
