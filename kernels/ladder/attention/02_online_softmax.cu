// Maximum and sum are kept up to date while the keys go by, and the output with them: no score reaches memory.
// counter: bytes over minimum
// launch: grid (T/64, B*H), block 64, shared 0
// needs: D = 64
// A new maximum m' shrinks what was summed up so far by exp(m - m') (Milakov and Gimelshein 2018, arXiv:1805.02867). One pass, 64 outputs in
// registers. Keys and values are still fetched by every warp for itself, one number at a time.
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
#include "prelude.cuh"

KERNEL __launch_bounds__(64) void attention_online_softmax(
    bf16 *y, float *lse, const bf16 *qkv, int B, int T, int H, int D, float scale) {
    int i = block_x() * 64 + thread(), h = block_y() % H, b = block_y() / H;
    if (i >= T) return;
    i64 row = (i64)3 * H * 64;
    const bf16 *q = qkv + ((i64)b * T + i) * row + h * 64, *k = qkv + (i64)b * T * row + (H + h) * 64, *v = k + H * 64;

    float largest = -1e30f, sum = 0, o[64] = {};
    for (int j = 0; j <= i; j++) {
        float s = 0;
        for (int d = 0; d < 64; d++) s += to_float(q[d]) * to_float(k[j * row + d]);
        float now = max_of(largest, s * scale), shrink = exp_fast(largest - now), weight = exp_fast(s * scale - now);
        largest = now;
        sum = sum * shrink + weight;
#pragma unroll
        for (int d = 0; d < 64; d++) o[d] = fused(weight, to_float(v[j * row + d]), o[d] * shrink);
    }
    float inverse = reciprocal_fast(sum);
#pragma unroll
    for (int d = 0; d < 64; d++) y[(((i64)b * T + i) * H + h) * 64 + d] = to_bf16(o[d] * inverse);
    lse[(i64)block_y() * T + i] = largest + log_fast(sum);
}

#endif
