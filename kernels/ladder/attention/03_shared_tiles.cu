// The block fetches keys and values once, 32 at a time, into shared memory; each thread keeps its query in registers.
// counter: global requests
// launch: grid (T/64, B*H), block 64, shared 0
// needs: D = 64
// All lanes read the same key at the same time, which shared memory serves in one go. The arithmetic is still one multiplication per lane and
// instruction: that is what takes the time now.
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
#include "prelude.cuh"

enum { KEYS = 32 };

KERNEL __launch_bounds__(64) void attention_shared_tiles(
    bf16 *y, float *lse, const bf16 *qkv, int B, int T, int H, int D, float scale) {
    __shared__ float keys[KEYS * 64], values[KEYS * 64];
    int first = block_x() * 64, i = first + thread(), h = block_y() % H, b = block_y() / H;
    i64 row = (i64)3 * H * 64;
    const bf16 *q = qkv + ((i64)b * T + (i < T ? i : T - 1)) * row + h * 64, *k = qkv + (i64)b * T * row + (H + h) * 64, *v = k + H * 64;

    float largest = -1e30f, sum = 0, o[64] = {}, query[64];
#pragma unroll
    for (int d = 0; d < 64; d++) query[d] = to_float(q[d]) * scale;
    for (int key = 0; key < T && key < first + 64; key += KEYS) {
        block_barrier();
        for (int j = 0; j < KEYS; j++) {
            bool inside = key + j < T;
            keys[j * 64 + thread()] = inside ? to_float(k[(key + j) * row + thread()]) : 0;
            values[j * 64 + thread()] = inside ? to_float(v[(key + j) * row + thread()]) : 0;
        }
        block_barrier();
        for (int j = 0; j < KEYS && key + j <= i; j++) {
            float s = 0;
#pragma unroll
            for (int d = 0; d < 64; d++) s = fused(query[d], keys[j * 64 + d], s);
            float now = max_of(largest, s), shrink = exp_fast(largest - now), weight = exp_fast(s - now);
            largest = now;
            sum = sum * shrink + weight;
#pragma unroll
            for (int d = 0; d < 64; d++) o[d] = fused(weight, values[j * 64 + d], o[d] * shrink);
        }
    }
    if (i >= T) return;
    float inverse = reciprocal_fast(sum);
#pragma unroll
    for (int d = 0; d < 64; d++) y[(((i64)b * T + i) * H + h) * 64 + d] = to_bf16(o[d] * inverse);
    lse[(i64)block_y() * T + i] = largest + log_fast(sum);
}

#endif
