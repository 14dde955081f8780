// One thread per query: scores to memory, softmax in place, weighted sum of the values; nothing is shared.
// counter: bytes over minimum
// launch: grid (T/64, B*H), block 64, shared 0
// scratch: 4*B*H*T*T
// The formula, word by word. The matrix of scores is written once and read many times, and every operand is fetched again for every product:
// thousands of times the bytes that there are.
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
#include "prelude.cuh"

KERNEL __launch_bounds__(64) void attention_naive(
    bf16 *y, float *lse, const bf16 *qkv, int B, int T, int H, int D, float scale, float *scores) {
    int i = block_x() * 64 + thread(), h = block_y() % H, b = block_y() / H;
    if (i >= T) return;
    i64 row = (i64)3 * H * D;
    const bf16 *q = qkv + ((i64)b * T + i) * row + h * D, *k = qkv + (i64)b * T * row + (H + h) * D, *v = k + H * D;
    scores += ((i64)block_y() * T + i) * T;

    float largest = -1e30f, sum = 0;
    for (int j = 0; j <= i; j++) {
        float s = 0;
        for (int d = 0; d < D; d++) s += to_float(q[d]) * to_float(k[j * row + d]);
        scores[j] = s * scale;
        largest = max_of(largest, s * scale);
    }
    for (int j = 0; j <= i; j++) {
        scores[j] = exp_fast(scores[j] - largest);
        sum += scores[j];
    }
    float inverse = reciprocal_fast(sum);
    for (int d = 0; d < D; d++) {
        float o = 0;
        for (int j = 0; j <= i; j++) o += scores[j] * to_float(v[j * row + d]);
        y[(((i64)b * T + i) * H + h) * D + d] = to_bf16(o * inverse);
    }
    lse[(i64)block_y() * T + i] = largest + log_fast(sum);
}

#endif
