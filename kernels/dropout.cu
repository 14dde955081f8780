// y = m x / (1 - p) + beta y, where m is 1 if the element's random word is at least a threshold, else 0: Philox by seed, step, sample in
// the batch, site and element in the sample, so nothing of the launch plays a role and the backward pass makes the same mask again.
// A block stays within one sample. Bytes: x and y once, y twice with beta. One evaluation of Philox per four elements.
#include "philox.cuh"
#include "vector.cuh"

template <bool ACCUMULATES, class T>
DEVICE void dropout(T *y, const T *x, i64 elements, u32 blocks_per_sample, u32 threshold, float scale, u32 site, float beta, const StepState *state) {
    constexpr int N = PACK<T>, U = 2, PER_BLOCK = 256 * U * N;
    u32 sample = (u32)block_x() / blocks_per_sample;
    i64 block = (i64)((u32)block_x() - sample * blocks_per_sample) * PER_BLOCK, end = block + PER_BLOCK;
    // Seed, step and first sample are 16 bytes; asked for by all lanes they would count 32 times.
    u32 words[4] = {};
    if (lane() == 0) {
        uint4 own = load4((const u32 *)state);
        words[0] = own.x, words[1] = own.y, words[2] = own.z, words[3] = own.w;
    }
#pragma unroll
    for (int i = 0; i < 4; i++) words[i] = (u32)shuffle((int)words[i], 0);
    u64 seed = words[0] | ((u64)words[1] << 32);
    u32 step = words[2], key = words[3] + sample;
    x += sample * elements;
    y += sample * elements;
    if (is_aligned(y) && is_aligned(x) && end <= elements) {
        i64 first = block + thread() * N;
        uint4 bits[U];
        Pack<N> old[U];
#pragma unroll
        for (int u = 0; u < U; u++) bits[u] = load_bits(x + first + u * 256 * N);
        if constexpr (ACCUMULATES)
#pragma unroll
            for (int u = 0; u < U; u++) load_pack(old[u], y + first + u * 256 * N);
#pragma unroll
        for (int u = 0; u < U; u++) {
            Pack<N> v = unpack(x, bits[u]);
#pragma unroll
            for (int k = 0; k < N; k += 4) {
                uint4 words = random_words(seed, step, key, site, (u32)((first + u * 256 * N + k) >> 2));
                v.v[k] = words.x >= threshold ? v.v[k] * scale : 0;
                v.v[k + 1] = words.y >= threshold ? v.v[k + 1] * scale : 0;
                v.v[k + 2] = words.z >= threshold ? v.v[k + 2] * scale : 0;
                v.v[k + 3] = words.w >= threshold ? v.v[k + 3] * scale : 0;
            }
            if constexpr (ACCUMULATES)
#pragma unroll
                for (int k = 0; k < N; k++) v.v[k] = fused(beta, old[u].v[k], v.v[k]);
            store_pack(y + first + u * 256 * N, v);
        }
    } else {
        for (i64 i = block + thread(); i < end && i < elements; i += 256) {
            float value = random_word(seed, step, key, site, (u64)i) >= threshold ? load(x + i) * scale : 0;
            store(y + i, ACCUMULATES ? fused(beta, load(y + i), value) : value);
        }
    }
}

#define DROPOUT(NAME, T) \
    KERNEL __launch_bounds__(256) void NAME(T *y, const T *x, i64 elements, u32 blocks_per_sample, u32 threshold, float scale, u32 site, float beta, \
                                            const StepState *state) { \
        if (beta == 0) dropout<false>(y, x, elements, blocks_per_sample, threshold, scale, site, beta, state); \
        else dropout<true>(y, x, elements, blocks_per_sample, threshold, scale, site, beta, state); \
    }

DROPOUT(dropout_f32, float)
#if __CUDA_ARCH__ >= 800
DROPOUT(dropout_bf16, bf16)
#endif
