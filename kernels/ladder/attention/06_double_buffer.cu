// Keys and values of the next step are on their way while this one is computed: cp.async into a second pair of tiles.
// counter: loads through registers
// launch: grid (T/64, B*H), block 128, shared 40960
// needs: D = 64
// The copy goes from memory to shared memory by itself, without registers and without a wait before they are written. A source size of 0 fills with zeros.
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
#include "prelude.cuh"

// Where 16-byte chunk c of row r of a tile lies.
DEVICE int place(int r, int c) { return r * 8 + (c ^ (r & 7)); }

// Sends 64 rows from `first` on, by 128 threads; zeros from row T on.
DEVICE void fetch(u32 tile, const bf16 *source, i64 row, int first, int T) {
    for (int n = thread(); n < 64 * 8; n += 128) {
        int r = n / 8, c = n % 8;
        bool inside = first + r < T;
        copy16(tile + 16 * place(r, c), source + (inside ? (first + r) * row + c * 8 : 0), inside ? 16 : 0);
    }
}

alignas(128) extern __shared__ uint4 tiles[];

KERNEL __launch_bounds__(128) void attention_double_buffer(
    bf16 *y, float *lse, const bf16 *qkv, int B, int T, int H, int D, float scale) {
    const u32 queries = shared_address(tiles), bytes = 64 * 128;
    int first = block_x() * 64, h = block_y() % H, b = block_y() / H, l = lane(), line = warp() * 16;
    i64 row = (i64)3 * H * 64;
    const bf16 *q = qkv + (i64)b * T * row + h * 64, *k = q + H * 64, *v = k + H * 64;
    int query = first + line + l / 4, column = l % 4 * 2;  // of this lane's first score

    float largest[2] = {-1e30f, -1e30f}, sum[2] = {}, o[8][4] = {};
    fetch(queries, q, row, first, T);
    fetch(queries + bytes, k, row, 0, T);
    fetch(queries + 2 * bytes, v, row, 0, T);
    copies_commit();
    for (int key = 0; key < T && key < first + 64; key += 64) {
        u32 keys = queries + bytes + key / 64 % 2 * 2 * bytes, values = keys + bytes;
        if (key < first) {
            u32 next = queries + bytes + (key / 64 + 1) % 2 * 2 * bytes;
            fetch(next, k, row, key + 64, T);
            fetch(next + bytes, v, row, key + 64, T);
            copies_commit();
            copies_wait<1>();
        } else {
            copies_wait<0>();
        }
        block_barrier();

        float s[8][4] = {};
#pragma unroll
        for (int d = 0; d < 4; d++) {
            u32 a[4];
            load_matrices(a, queries + 16 * place(line + (l & 15), 2 * d + (l >> 4)));
#pragma unroll
            for (int n = 0; n < 4; n++) {
                u32 c[4];
                load_matrices(c, keys + 16 * place(n * 16 + (l & 7) + (l >> 4) * 8, 2 * d + (l >> 3 & 1)));
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
                load_matrices_transposed(c, values + 16 * place(n * 16 + (l & 15), 2 * d + (l >> 4)));
                multiply_add(o[2 * d], a, c[0], c[1]);
                multiply_add(o[2 * d + 1], a, c[2], c[3]);
            }
        }
        block_barrier();  // before the next but one is sent here
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
