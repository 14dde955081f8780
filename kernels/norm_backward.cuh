// Backward of the normalisations: g = dy w, dx = r (g - mean(g) - xhat mean(g xhat)) + beta dx (RMSNorm without mean(g)), and the sums over
// the rows dw = sum of dy xhat and db = sum of dy.
//
// A warp keeps a row's x and dy in registers, each read once, and its share of dw and db over all its rows; no barrier in the loop. At the
// end the block's warps add up in fixed order to one row of partial sums; column_sums.cu adds those. How many rows a block takes depends
// on the problem only.
#pragma once
#include "norm.cuh"

// Where four sums that stand side by side lie in shared memory. A lane that holds eight channels stores its halves 512 bytes apart, the
// second one half a wavefront further: no two lanes meet in a bank, neither here nor when the sums are read in the order of channels.
template <int N> DEVICE int quad_slot(int quad) {
    if constexpr (N == 4) return quad;
    int half = quad & 1, place = (quad >> 1) & 31;
    return (quad & ~63) + half * 32 + (place ^ (half * 4));
}

DEVICE void add_quad(float4 *sum, const float *v) {
    float4 q;
    q.x = v[0], q.y = v[1], q.z = v[2], q.w = v[3];
    *sum = *sum + q;
}

// partial: (blocks, 2, C) dw then db, or (blocks, C); dx or partial may be absent.
template <bool CENTRED, int WIDTH, class T>
DEVICE void norm_rows_backward(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *mean, const float *rstd, int rows,
                               int C, int rows_per_block, float inverse_c, float beta) {
    constexpr int N = PACK<T>, V = WIDTH / (32 * N);
    int packs = C / N, first = block_x() * rows_per_block, end = first + rows_per_block < rows ? first + rows_per_block : rows;
    stage(norm_shared, weight, packs, V * 32);
    block_barrier();
    u32 weights = shared_address(norm_shared) + lane() * 16;
    bool accumulates = beta != 0;
    Pack<N> dw[V] = {}, db[V] = {};
#pragma unroll 1
    for (int row = first + warp(); row < end; row += 8) {
        i64 start = (i64)row * C + lane() * N;
        uint4 x_bits[V], dy_bits[V];
#pragma unroll
        for (int i = 0; i < V; i++) {
            bool inside = i * 32 + lane() < packs;
            x_bits[i] = inside ? load_bits(x + start + i * 32 * N) : zero_bits();
            dy_bits[i] = inside ? load_bits(dy + start + i * 32 * N) : zero_bits();
        }
        float average, r, sum_g = 0, sum_product = 0;
        load_statistics<CENTRED>(average, r, mean, rstd, row);
        Pack<N> normal[V], g[V];
        unrolled<V>([&](auto pack) INLINE_LAMBDA {
            constexpr int i = pack.value;
            // Beyond the row dy is 0, and so is all that comes of it.
            Pack<N> upstream = unpack(x, dy_bits[i]), w = unpack(x, load_shared4<i * 512>(weights));
            normal[i] = unpack(x, x_bits[i]);
#pragma unroll
            for (int k = 0; k < N; k++) {
                normal[i].v[k] = (normal[i].v[k] - average) * r;
                g[i].v[k] = upstream.v[k] * w.v[k];
                settle(g[i].v[k]);
                dw[i].v[k] = fused(upstream.v[k], normal[i].v[k], dw[i].v[k]);
                settle(dw[i].v[k]);
                if constexpr (CENTRED) {
                    db[i].v[k] += upstream.v[k];
                    settle(db[i].v[k]);
                    sum_g += g[i].v[k];
                }
                sum_product = fused(g[i].v[k], normal[i].v[k], sum_product);
            }
        });
        if (!dx) continue;
        if constexpr (CENTRED) sum_g = warp_sum(sum_g) * inverse_c;
        sum_product = warp_sum(sum_product) * inverse_c;
        unrolled<(V + 3) / 4>([&](auto group) INLINE_LAMBDA {
            // What is added to is loaded four packs at a time: earlier, it would take the registers of a second row.
            constexpr int base = group.value * 4, size = V - base < 4 ? V - base : 4;
            uint4 old[size];
#pragma unroll
            for (int i = 0; i < size; i++) old[i] = zero_bits();
            if (accumulates)
#pragma unroll
                for (int i = 0; i < size; i++)
                    if ((base + i) * 32 + lane() < packs) old[i] = load_bits(dx + start + (base + i) * 32 * N);
#pragma unroll
            for (int i = 0; i < size; i++) {
                if ((base + i) * 32 + lane() >= packs) continue;
                Pack<N> result = unpack(x, old[i]);
#pragma unroll
                for (int k = 0; k < N; k++) {
                    float inner = CENTRED ? g[base + i].v[k] - sum_g : g[base + i].v[k];
                    result.v[k] = fused(r, fused(-normal[base + i].v[k], sum_product, inner), beta * result.v[k]);
                }
                store_pack(dx + start + (base + i) * 32 * N, result);
            }
        });
    }
    if (!partial) return;

    float4 *sums = (float4 *)norm_shared;
    constexpr int QUADS = V * 32 * N / 4;
    block_barrier();  // nobody reads weights any more
    for (int i = thread(); i < (CENTRED ? 2 : 1) * QUADS; i += block_threads()) norm_shared[i] = zero_bits();
#pragma unroll 1
    for (int w = 0; w < 8; w++) {
        block_barrier();
        if (warp() != w) continue;
#pragma unroll
        for (int i = 0; i < V; i++) {
#pragma unroll
            for (int k = 0; k < N; k += 4) {
                int slot = quad_slot<N>(((i * 32 + lane()) * N + k) / 4);
                add_quad(sums + slot, dw[i].v + k);
                if constexpr (CENTRED) add_quad(sums + QUADS + slot, db[i].v + k);
            }
        }
    }
    block_barrier();
    int quads = C / 4;
    float4 *target = (float4 *)partial + (i64)block_x() * (CENTRED ? 2 * quads : quads);
    for (int i = thread(); i < quads; i += block_threads()) {
        target[i] = sums[quad_slot<N>(i)];
        if constexpr (CENTRED) target[quads + i] = sums[QUADS + quad_slot<N>(i)];
    }
}
