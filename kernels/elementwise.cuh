// The common shape of the elementwise kernels: y[i] = f(x0[i], x1[i], ...) + beta y[i].
// A block of 256 threads takes 256 U packs of 16 bytes (of whatever is stored widest), pack u of a thread 256 packs after pack u - 1: all loads of a thread
// are independent and in flight together, and a warp's are 512 bytes side by side. The last block, and tensors that are not aligned, go
// element by element. y may store another type than the inputs; it is not read when beta is 0.
#pragma once
#include "vector.cuh"

template <int U, bool ACCUMULATES, class Y, class F, class X, class... Rest>
DEVICE void map_block(Y *y, i64 count, float beta, F f, const X *x, const Rest *...rest) {
    constexpr int N = COMMON_PACK<X, Y>, PER_BLOCK = 256 * U * N, INPUTS = 1 + sizeof...(Rest);
    i64 block = (i64)block_x() * PER_BLOCK, end = block + PER_BLOCK;
    const X *inputs[INPUTS] = {x, rest...};
    bool aligned = is_aligned(y) && is_aligned(x) && (... && is_aligned(rest));
    if (aligned && end <= count) {
        i64 first = block + thread() * N;
        Bits<X, N> bits[INPUTS][U];
        Pack<N> old[ACCUMULATES ? U : 1];
#pragma unroll
        for (int k = 0; k < INPUTS; k++)
#pragma unroll
            for (int u = 0; u < U; u++) bits[k][u] = load_bits<N>(inputs[k] + first + u * 256 * N);
        if constexpr (ACCUMULATES)
#pragma unroll
            for (int u = 0; u < U; u++) load_pack(old[u], y + first + u * 256 * N);
#pragma unroll
        for (int u = 0; u < U; u++) {
            Pack<N> result = unpack(x, bits[0][u]), second = unpack(x, bits[INPUTS - 1][u]);
#pragma unroll
            for (int k = 0; k < N; k++) {
                float value;
                if constexpr (INPUTS == 1) value = f(result.v[k]);
                else value = f(result.v[k], second.v[k]);
                result.v[k] = ACCUMULATES ? fused(beta, old[u].v[k], value) : value;
            }
            store_pack(y + first + u * 256 * N, result);
        }
    } else {
        for (i64 i = block + thread(); i < end && i < count; i += 256) {
            float value = f(load(x + i), load(rest + i)...);
            store(y + i, ACCUMULATES ? fused(beta, load(y + i), value) : value);
        }
    }
}

template <int U, class Y, class F, class... X> DEVICE void map(Y *y, i64 count, float beta, F f, const X *...x) {
    if (beta == 0) map_block<U, false>(y, count, beta, f, x...);
    else map_block<U, true>(y, count, beta, f, x...);
}
