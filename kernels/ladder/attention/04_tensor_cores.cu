// Tensor cores multiply: 64 queries by 64 keys per block and step, 16 queries per warp, softmax on the accumulators.
// counter: warp instructions
// launch: grid (T/64, B*H), block 128, shared 0
// needs: D = 64
// One mma.m16n8k16 is 2,048 multiplications. A lane has two rows of the scores, a quarter of each; the accumulators of S = Q K^T, rounded to
// BF16, are as they lie the left operand of P V, so weights never leave their registers. The maximum is taken once per step of 64 keys.
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
#include "prelude.cuh"

// Where 16-byte chunk c of row r of a tile lies.
DEVICE int place(int r, int c) { return r * 8 + c; }

// 64 rows from `first` on, by 128 threads; zeros from row T on.
DEVICE void fetch(uint4 *tile, const bf16 *source, i64 row, int first, int T) {
    for (int n = thread(); n < 64 * 8; n += 128) {
        int r = n / 8, c = n % 8;
        uint4 zero = {};
        tile[place(r, c)] = first + r < T ? load4((const u32 *)(source + (first + r) * row) + c * 4) : zero;
    }
}

KERNEL __launch_bounds__(128) void attention_tensor_cores(
    bf16 *y, float *lse, const bf16 *qkv, int B, int T, int H, int D, float scale) {
    __shared__ uint4 queries[64 * 8], keys[64 * 8], values[64 * 8];
    int first = block_x() * 64, h = block_y() % H, b = block_y() / H, l = lane(), line = warp() * 16;
    i64 row = (i64)3 * H * 64;
    const bf16 *q = qkv + (i64)b * T * row + h * 64, *k = q + H * 64, *v = k + H * 64;
    int query = first + line + l / 4, column = l % 4 * 2;  // of this lane's first score

    float largest[2] = {-1e30f, -1e30f}, sum[2] = {}, o[8][4] = {};
    fetch(queries, q, row, first, T);
    for (int key = 0; key < T && key < first + 64; key += 64) {
        block_barrier();
        fetch(keys, k, row, key, T);
        fetch(values, v, row, key, T);
        block_barrier();

        float s[8][4] = {};
#pragma unroll
        for (int d = 0; d < 4; d++) {
            u32 a[4];
            load_matrices(a, shared_address(queries) + 16 * place(line + (l & 15), 2 * d + (l >> 4)));
#pragma unroll
            for (int n = 0; n < 4; n++) {
                u32 c[4];
                load_matrices(c, shared_address(keys) + 16 * place(n * 16 + (l & 7) + (l >> 4) * 8, 2 * d + (l >> 3 & 1)));
                multiply_add(s[2 * n], a, c[0], c[1]);
                multiply_add(s[2 * n + 1], a, c[2], c[3]);
            }
        }

        float shrink[2], now[2] = {largest[0], largest[1]};
#pragma unroll
        for (int n = 0; n < 8; n++)
#pragma unroll
            for (int e = 0; e < 4; e++) {
                bool hidden = key + 8 * n + column + e % 2 > query + e / 2 * 8;
                s[n][e] = hidden ? -2e30f : s[n][e] * scale;
                now[e / 2] = max_of(now[e / 2], s[n][e]);
            }
#pragma unroll
        for (int e = 0; e < 2; e++) {
            now[e] = max_of(now[e], shuffle_xor(now[e], 1));
            now[e] = max_of(now[e], shuffle_xor(now[e], 2));
            shrink[e] = exp_fast(largest[e] - now[e]);
            largest[e] = now[e];
            sum[e] *= shrink[e];
        }
#pragma unroll
        for (int n = 0; n < 8; n++)
#pragma unroll
            for (int e = 0; e < 4; e++) {
                s[n][e] = exp_fast(s[n][e] - now[e / 2]);
                sum[e / 2] += s[n][e];
                o[n][e] *= shrink[e / 2];
            }

#pragma unroll
        for (int n = 0; n < 4; n++) {
            u32 a[4] = {pack_bf16(s[2 * n][0], s[2 * n][1]), pack_bf16(s[2 * n][2], s[2 * n][3]),
                        pack_bf16(s[2 * n + 1][0], s[2 * n + 1][1]), pack_bf16(s[2 * n + 1][2], s[2 * n + 1][3])};
#pragma unroll
            for (int d = 0; d < 4; d++) {
                u32 c[4];
                load_matrices_transposed(c, shared_address(values) + 16 * place(n * 16 + (l & 15), 2 * d + (l >> 4)));
                multiply_add(o[2 * d], a, c[0], c[1]);
                multiply_add(o[2 * d + 1], a, c[2], c[3]);
            }
        }
    }

#pragma unroll
    for (int e = 0; e < 2; e++) {
        float total = sum[e] + shuffle_xor(sum[e], 1);
        total += shuffle_xor(total, 2);
        int i = query + 8 * e;
        if (i >= T) continue;
        float inverse = reciprocal_fast(total);
        u32 *out = (u32 *)(y + (((i64)b * T + i) * H + h) * 64 + column);
#pragma unroll
        for (int d = 0; d < 8; d++) out[4 * d] = pack_bf16(o[d][2 * e] * inverse, o[d][2 * e + 1] * inverse);
        if (column == 0) lse[(i64)block_y() * T + i] = largest[e] + log_fast(total);
    }
}

#endif
