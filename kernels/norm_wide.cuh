// The normalisations for rows of more than 1024 and up to 8192 channels in whole packs. A block takes one row after another and has as many
// warps as that needs at 16 channels per thread. A thread's columns are the same in every row: it asks for its weights once and keeps
// them, in registers or, where those are short, in its own words of shared memory; and it keeps its sums over the rows of dw and db, which
// it stores itself at the end. x, dy and y pass once.
//
// A warp cannot hold such a row as in norm.cuh: with 8192 channels a lane would have 256 numbers of each of x, dy, dw and db. So a row's
// sums go through shared memory, which takes one barrier each time (two per row of LayerNorm forward, whose deviations need the mean; else
// one) and no second one: the places of the sums alternate, and whoever writes to a place again has passed the barrier behind which the
// others read it. Other blocks of the same multiprocessor fill the wait.
#pragma once
#include "norm.cuh"

constexpr int WIDE_CHANNELS = 16, WIDE_THREADS = 512, WIDE_WARPS = WIDE_THREADS / 32;
constexpr int WIDE_SHARED = 2 * 2 * WIDE_WARPS;  // floats: two places for two sums of every warp
template <class T> constexpr int WIDE_PACKS = WIDE_CHANNELS / PACK<T>;

// Sums over the block, in every thread; their order depends on the number of warps only. turn: 0 at first.
template <int COUNT> DEVICE void block_sums(float (&v)[COUNT], float *shared, int &turn) {
    float *place = shared + turn * 2 * WIDE_WARPS;
    turn ^= 1;
    int t = opaque(thread());  // the places are found again each time, which costs less than their addresses in registers
#pragma unroll
    for (int k = 0; k < COUNT; k++) v[k] = warp_sum(v[k]);
    if ((t & 31) == 0)
#pragma unroll
        for (int k = 0; k < COUNT; k++) place[k * WIDE_WARPS + (t >> 5)] = v[k];
    block_barrier();
    bool inside = (t & 31) * 32 < block_threads();
#pragma unroll
    for (int k = 0; k < COUNT; k++) v[k] = warp_sum(inside ? place[k * WIDE_WARPS + (t & 31)] : 0);
}

// A warp has 512 channels side by side: a thread's packs are its first one and those at constant distances of 32 packs.
template <class T> DEVICE int first_pack() { return warp() * 32 * WIDE_PACKS<T> + lane(); }

// A thread's packs, zeros behind the row's end and for an absent one. own: the first one's place; left: packs from there to the row's end.
template <class T, int V> DEVICE void load_wide(uint4 (&bits)[V], const T *own, bool present, int left) {
#pragma unroll
    for (int i = 0; i < V; i++) bits[i] = present && i * 32 < left ? load_bits(own + i * 32 * PACK<T>) : zero_bits();
}

// A pack that stays in registers over a loop, widened where it is used: kept widened, BF16 would take twice as many.
template <class T> DEVICE auto widen(const T *type, uint4 bits) {
    if constexpr (sizeof(T) == 2) bits.x = opaque(bits.x), bits.y = opaque(bits.y), bits.z = opaque(bits.z), bits.w = opaque(bits.w);
    return unpack(type, bits);
}

// Forward; block: a warp for every 512 channels; rows_per_block rows.
template <bool CENTRED, class T>
DEVICE void norm_wide(T *y, float *mean, float *rstd, const T *x, const T *weight, const T *bias, int rows, int C, int rows_per_block,
                      float inverse_c, float epsilon, float *shared) {
    constexpr int N = PACK<T>, V = WIDE_PACKS<T>;
    int first = block_x() * rows_per_block, end = first + rows_per_block < rows ? first + rows_per_block : rows, turn = 0;
    int own = first_pack<T>() * N, left = C / N - first_pack<T>();
    uint4 weights[V], biases[V], bits[V];
    load_wide(weights, weight + own, true, left);
    if constexpr (CENTRED) load_wide(biases, bias + own, bias, left);
#pragma unroll 1
    for (int row = first; row < end; row++) {
        i64 start = (i64)row * C + own;
        load_wide(bits, x + start, true, left);
        float average[1] = {}, square[1] = {};
        if constexpr (CENTRED) {
#pragma unroll
            for (int i = 0; i < V; i++) {
                Pack<N> v = unpack(x, bits[i]);
#pragma unroll
                for (int k = 0; k < N; k++) average[0] += v.v[k];
            }
            block_sums(average, shared, turn);
            average[0] *= inverse_c;
        }
#pragma unroll
        for (int i = 0; i < V; i++) {
            Pack<N> v = unpack(x, bits[i]);
            float center = i * 32 < left ? average[0] : 0;  // beyond the row 0 - 0
#pragma unroll
            for (int k = 0; k < N; k++) square[0] = fused(v.v[k] - center, v.v[k] - center, square[0]);
        }
        block_sums(square, shared, turn);
        float r = rsqrt_fast(fused(square[0], inverse_c, epsilon));
        if (thread() == 0) {
            if constexpr (CENTRED) mean[row] = average[0];
            rstd[row] = r;
        }
#pragma unroll
        for (int i = 0; i < V; i++) {
            if (i * 32 >= left) continue;
            Pack<N> v = unpack(x, bits[i]), w = widen(x, weights[i]);
            if constexpr (CENTRED) {
                Pack<N> b = widen(x, biases[i]);
#pragma unroll
                for (int k = 0; k < N; k++) v.v[k] = fused((v.v[k] - average[0]) * r, w.v[k], b.v[k]);
            } else {
#pragma unroll
                for (int k = 0; k < N; k++) v.v[k] = v.v[k] * r * w.v[k];
            }
            store_pack(y + start + i * 32 * N, v);
        }
    }
}

// A pack of a thread's sums to its place; left as above. A lane with eight would touch sectors by halves: it swaps four with its neighbour,
// so that the two store 32 bytes side by side.
DEVICE void store_sums(float *place, const Pack<4> &sums, int left) {
    if (left > 0) store_pack(place, sums);
}
DEVICE void store_sums(float *place, const Pack<8> &sums, int left) {
    int odd = lane() & 1;
    Pack<4> low, high;
#pragma unroll
    for (int k = 0; k < 4; k++) {
        float first = sums.v[k], second = sums.v[4 + k];
        settle(first), settle(second);  // two values, not a choice of their places in memory
        float other = shuffle_xor(odd ? first : second, 1);
        low.v[k] = odd ? other : first;
        high.v[k] = odd ? second : other;
    }
    place -= odd * 4;
    if (left + odd > 0) store_pack(place, low);
    if (left + odd > 1) store_pack(place + 8, high);
}

// Backward, the same blocks. partial: (blocks, 2, C) dw then db, or (blocks, C); dx or partial may be absent.
template <bool CENTRED, class T>
DEVICE void norm_wide_backward(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *mean, const float *rstd, int rows,
                               int C, int rows_per_block, float inverse_c, float beta, float *shared) {
    constexpr int N = PACK<T>, V = WIDE_PACKS<T>;
    int first = block_x() * rows_per_block, end = first + rows_per_block < rows ? first + rows_per_block : rows, turn = 0;
    int own = first_pack<T>() * N, left = C / N - first_pack<T>();
    uint4 staged[V];
    load_wide(staged, weight + own, true, left);
#pragma unroll
    for (int i = 0; i < V; i++) norm_shared[first_pack<T>() + i * 32] = staged[i];  // for this thread alone, hence no barrier
    u32 weights = shared_address(norm_shared + first_pack<T>());
    Pack<N> dw[V] = {}, db[V] = {};
#pragma unroll 1
    for (int row = first; row < end; row++) {
        i64 start = (i64)row * C + own;
        uint4 x_bits[V], dy_bits[V];
        load_wide(x_bits, x + start, true, left);
        load_wide(dy_bits, dy + start, true, left);
        float average, r, sums[CENTRED ? 2 : 1] = {};  // of g xhat, and of g
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
                dw[i].v[k] = fused(upstream.v[k], normal[i].v[k], dw[i].v[k]);
                settle(dw[i].v[k]);
                if constexpr (CENTRED) {
                    db[i].v[k] += upstream.v[k];
                    settle(db[i].v[k]);
                    sums[1] += g[i].v[k];
                }
                sums[0] = fused(g[i].v[k], normal[i].v[k], sums[0]);
            }
        });
        if (!dx) continue;
        block_sums(sums, shared, turn);
        float mean_product = sums[0] * inverse_c, mean_g = 0;
        if constexpr (CENTRED) mean_g = sums[1] * inverse_c;
        uint4 old[V];
        load_wide(old, dx + start, beta != 0, left);
#pragma unroll
        for (int i = 0; i < V; i++) {
            if (i * 32 >= left) continue;
            Pack<N> result = unpack(x, old[i]);
#pragma unroll
            for (int k = 0; k < N; k++)
                result.v[k] = fused(r, fused(-normal[i].v[k], mean_product, g[i].v[k] - mean_g), beta * result.v[k]);
            store_pack(dx + start + i * 32 * N, result);
        }
    }
    if (!partial) return;
    partial += (i64)block_x() * (CENTRED ? 2 : 1) * C + own;
#pragma unroll
    for (int i = 0; i < V; i++) {
        store_sums(partial + i * 32 * N, dw[i], left - i * 32);
        if constexpr (CENTRED) store_sums(partial + C + i * 32 * N, db[i], left - i * 32);
    }
}
