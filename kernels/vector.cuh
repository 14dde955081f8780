// Packs: several neighbouring elements of a tensor as floats in registers, whatever the tensor stores. A pack of 16 bytes is one access
// of the widest kind, four binary32 or eight BF16 values. The pointer must be aligned to the bytes that are moved. Who has many packs in
// flight keeps them as the 16 bytes they are (load_bits) and widens each when its turn comes (unpack): BF16 would take twice the registers.
#pragma once
#include "prelude.cuh"

// Elements of T in 16 bytes.
template <class T> constexpr int PACK = 16 / (int)sizeof(T);

// The most elements that are at most 16 bytes of X and of Y: a wider access of one would leave half of every sector of the other.
template <class X, class Y> constexpr int COMMON_PACK = PACK<X> < PACK<Y> ? PACK<X> : PACK<Y>;

template <int N> struct Pack { float v[N]; };

// Calls body with 0, 1, ... COUNT - 1 as constants: a loop whose index can be part of an address or a type.
template <int VALUE> struct Constant { static constexpr int value = VALUE; };
template <int COUNT, int FIRST = 0, class B> DEVICE void unrolled(B body) {
    if constexpr (FIRST < COUNT) {
        body(Constant<FIRST>());
        unrolled<COUNT, FIRST + 1>(body);
    }
}

// A pack of N elements as it is stored: 16 bytes, or 8, or a single element.
template <class T, int N> struct BitsOf { typedef uint4 Type; };
template <class T> struct BitsOf<T, 1> { typedef T Type; };
template <class T, int N> using Bits = typename BitsOf<T, N>::Type;
template <int N, class T> DEVICE Bits<T, N> load_bits(const T *p) { return *(const Bits<T, N> *)p; }
template <class T> DEVICE uint4 load_bits(const T *p) { return load4((const u32 *)p); }
template <class T> DEVICE void store_bits(T *p, uint4 bits) { store4((u32 *)p, bits); }
DEVICE uint4 zero_bits() {
    uint4 zero;
    zero.x = zero.y = zero.z = zero.w = 0;
    return zero;
}

// Calls body(first, Constant<SIZE>) for groups of 8, then 4, then 1 that make up 0 ... count - 1: so many loads without a test between them.
template <class B> DEVICE void in_groups(int count, B body) {
    int first = 0;
#pragma unroll 1
    for (; first + 8 <= count; first += 8) body(first, Constant<8>());
    if (first + 4 <= count) {
        body(first, Constant<4>());
        first += 4;
    }
#pragma unroll 1
    for (; first < count; first++) body(first, Constant<1>());
}

template <class T> DEVICE bool is_aligned(const T *p) { return ((u64)p & 15) == 0; }  // an absent tensor is

// ---- binary32 ----

DEVICE float load(const float *p) { return *p; }
DEVICE void store(float *p, float v) { *p = v; }

DEVICE Pack<1> unpack(const float *, float v) { return {{v}}; }
DEVICE Pack<4> unpack(const float *, uint4 bits) {
    return {{bits_to_float(bits.x), bits_to_float(bits.y), bits_to_float(bits.z), bits_to_float(bits.w)}};
}

template <int N> DEVICE void load_pack(Pack<N> &pack, const float *p) {
    static_assert(N == 1 || N % 4 == 0);
    if constexpr (N == 1) pack.v[0] = *p;
    else
#pragma unroll
        for (int i = 0; i < N; i += 4) {
            float4 q = load4(p + i);
            pack.v[i] = q.x, pack.v[i + 1] = q.y, pack.v[i + 2] = q.z, pack.v[i + 3] = q.w;
        }
}

template <int N> DEVICE void store_pack(float *p, const Pack<N> &pack) {
    static_assert(N == 1 || N % 4 == 0);
    if constexpr (N == 1) *p = pack.v[0];
    else
#pragma unroll
        for (int i = 0; i < N; i += 4) {
            float4 q;
            q.x = pack.v[i], q.y = pack.v[i + 1], q.z = pack.v[i + 2], q.w = pack.v[i + 3];
            store4(p + i, q);
        }
}

#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)

// ---- BF16: widened exactly when loaded, rounded to nearest even when stored ----

DEVICE float load(const bf16 *p) { return to_float(*p); }
DEVICE void store(bf16 *p, float v) { *p = to_bf16(v); }

template <> struct BitsOf<bf16, 4> { typedef uint2 Type; };
DEVICE Pack<1> unpack(const bf16 *, bf16 v) { return {{to_float(v)}}; }
DEVICE Pack<4> unpack(const bf16 *, uint2 bits) { return {{low_float(bits.x), high_float(bits.x), low_float(bits.y), high_float(bits.y)}}; }
DEVICE Pack<8> unpack(const bf16 *, uint4 bits) {
    return {{low_float(bits.x), high_float(bits.x), low_float(bits.y), high_float(bits.y),
             low_float(bits.z), high_float(bits.z), low_float(bits.w), high_float(bits.w)}};
}

template <int N> DEVICE void load_pack(Pack<N> &pack, const bf16 *p) {
    static_assert(N == 1 || N == 4 || N % 8 == 0);
    if constexpr (N == 1) {
        pack.v[0] = load(p);
    } else if constexpr (N == 4) {
        pack = unpack(p, load_bits<4>(p));
    } else {
#pragma unroll
        for (int i = 0; i < N; i += 8) {
            Pack<8> part = unpack(p, load_bits(p + i));
#pragma unroll
            for (int k = 0; k < 8; k++) pack.v[i + k] = part.v[k];
        }
    }
}

template <int N> DEVICE void store_pack(bf16 *p, const Pack<N> &pack) {
    static_assert(N == 1 || N == 4 || N % 8 == 0);
    if constexpr (N == 1) {
        store(p, pack.v[0]);
    } else if constexpr (N == 4) {
        uint2 q;
        q.x = pack_bf16(pack.v[0], pack.v[1]), q.y = pack_bf16(pack.v[2], pack.v[3]);
        *(uint2 *)p = q;
    } else {
#pragma unroll
        for (int i = 0; i < N; i += 8) {
            uint4 q;
            q.x = pack_bf16(pack.v[i], pack.v[i + 1]), q.y = pack_bf16(pack.v[i + 2], pack.v[i + 3]);
            q.z = pack_bf16(pack.v[i + 4], pack.v[i + 5]), q.w = pack_bf16(pack.v[i + 6], pack.v[i + 7]);
            store_bits(p + i, q);
        }
    }
}

#endif
