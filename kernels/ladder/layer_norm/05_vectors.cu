// Every access moves 16 bytes per lane: a quarter of the requests for the same bytes.
// counter: global requests
// launch: grid (N/8), block 256, shared 0
// needs: C % 4 = 0
// A request has a fixed cost in the load unit, whatever it asks for; with four channels per lane a warp asks for 512 bytes at once, and an
// eighth of the loads of a row keeps as many bytes under way. Rows must be whole packs, or their starts are not aligned.
#include "vector.cuh"

enum { PACKS_HELD = 8 };

KERNEL __launch_bounds__(256) void layer_norm_vectors(
    float *y, float *mean, float *rstd, const float *x, const float *weight, const float *bias, int N, int C, float epsilon) {
    int row = block_x() * 8 + warp();
    if (row >= N) return;
    x += (i64)row * C;
    y += (i64)row * C;
    Pack<4> held[PACKS_HELD], w, b;
    float sum = 0, square = 0;
#pragma unroll
    for (int i = 0; i < PACKS_HELD; i++) {
        held[i] = {};
        int c = (i * 32 + lane()) * 4;
        if (c < C) load_pack(held[i], x + c);
    }
#pragma unroll
    for (int i = 0; i < PACKS_HELD; i++) {
#pragma unroll
        for (int k = 0; k < 4; k++) sum += held[i].v[k];
    }
    for (int c = PACKS_HELD * 128 + lane(); c < C; c += 32) sum += x[c];
    float average = divide(warp_sum(sum), (float)C);
#pragma unroll
    for (int i = 0; i < PACKS_HELD; i++) {
#pragma unroll
        for (int k = 0; k < 4; k++) {
            float deviation = (i * 32 + lane()) * 4 < C ? held[i].v[k] - average : 0;
            square = fused(deviation, deviation, square);
        }
    }
    for (int c = PACKS_HELD * 128 + lane(); c < C; c += 32) square = fused(x[c] - average, x[c] - average, square);
    float r = rsqrt_fast(divide(warp_sum(square), (float)C) + epsilon);
#pragma unroll
    for (int i = 0; i < PACKS_HELD; i++) {
        int c = (i * 32 + lane()) * 4;
        if (c >= C) continue;
        load_pack(w, weight + c);
        load_pack(b, bias + c);
#pragma unroll
        for (int k = 0; k < 4; k++) held[i].v[k] = fused((held[i].v[k] - average) * r, w.v[k], b.v[k]);
        store_pack(y + c, held[i]);
    }
    for (int c = PACKS_HELD * 128 + lane(); c < C; c += 32) y[c] = fused((x[c] - average) * r, weight[c], bias[c]);
    if (lane() == 0) {
        mean[row] = average;
        rstd[row] = r;
    }
}
