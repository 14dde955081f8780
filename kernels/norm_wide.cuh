// The normalisations for rows of more than 1024 and up to 8192 channels in whole packs. A row has a warp for every 512 channels, 16 to a
// thread. x, dy and y pass once.
//
// A warp cannot hold such a row as in norm.cuh: with 8192 channels a lane would have 256 numbers of each of x, dy, dw and db. So a row's
// sums go through shared memory and a barrier. A second barrier is never needed: the places of the sums alternate, and whoever writes to a
// place again has passed the barrier behind which the others read it.
//
// Forward, a block works on as many rows at once as it has warps for, with two barriers (LayerNorm, whose deviations need the mean) or one;
// its weights are staged in shared memory. Backward, a thread's columns are the same in every row: it keeps its weights in registers, and
// its sums over the rows of dw and db, which it stores itself at the end. The block takes the sums of `batch` rows, passes one barrier for
// all of them, and writes their gradients; their x and dy wait in shared memory, each thread's packs in words of its own, which it fills by
// asynchronous copies as soon as it is done with what was there.
#pragma once
#include "norm.cuh"

constexpr int WIDE_CHANNELS = 16, WIDE_THREADS = 512, WIDE_WARPS = WIDE_THREADS / 32;
constexpr int WIDE_BATCH = 4;  // rows at most
constexpr int WIDE_SHARED = 2 * WIDE_WARPS, WIDE_BACKWARD_SHARED = 2 * WIDE_BATCH * 2 * WIDE_WARPS;  // floats: two places for the sums of every warp
template <class T> constexpr int WIDE_PACKS = WIDE_CHANNELS / PACK<T>;

// The sum over a row's warps, which are so many from the first one on, in each of their threads; its order depends on their number only.
DEVICE float sum_of_warps(const float *place, int first_warp, int warps) { return warp_sum(lane() < warps ? place[opaque(first_warp + lane())] : 0); }

// The same of a value per thread; turn: 0 at first.
DEVICE float row_sum(float v, float *shared, int &turn, int first_warp, int warps) {
    float *place = shared + turn * WIDE_WARPS;
    turn ^= 1;
    v = warp_sum(v);
    if (lane() == 0) place[warp()] = v;
    block_barrier();
    return sum_of_warps(place, first_warp, warps);
}

// A warp has 512 channels side by side: a thread's packs are its first one and those at constant distances of 32 packs. warp: in its row.
template <class T> DEVICE int first_pack(int warp) { return warp * 32 * WIDE_PACKS<T> + lane(); }

// A thread's packs, zeros behind the row's end and for an absent one. own: the first one's place; left: packs from there to the row's end.
template <class T, int V> DEVICE void load_wide(uint4 (&bits)[V], const T *own, bool present, int left) {
#pragma unroll
    for (int i = 0; i < V; i++) bits[i] = present && i * 32 < left ? load_bits(own + i * 32 * PACK<T>) : zero_bits();
}

// Four elements of a pack, widened where they are used: earlier, BF16 would take twice the registers.
template <int FOUR> DEVICE Pack<4> four_of(const float *type, uint4 bits) { return unpack(type, bits); }
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
template <int FOUR> DEVICE Pack<4> four_of(const bf16 *type, uint4 bits) {
    uint2 half;
    half.x = opaque(FOUR ? bits.z : bits.x), half.y = opaque(FOUR ? bits.w : bits.y);
    return unpack(type, half);
}
#endif

// Forward; block: the warps of one row or of several, which the block takes at once; rows_per_block rows.
template <bool CENTRED, class T>
DEVICE void norm_wide(T *y, float *mean, float *rstd, const T *x, const T *weight, const T *bias, int rows, int C, int rows_per_block,
                      float inverse_c, float epsilon, float *shared) {
    constexpr int N = PACK<T>, V = WIDE_PACKS<T>;
    int first = block_x() * rows_per_block, end = first + rows_per_block < rows ? first + rows_per_block : rows, turn = 0;
    int warps = (C + 511) >> 9, together = (block_threads() >> 5) / warps, group = warp() / warps, first_warp = group * warps;
    int pack = first_pack<T>(warp() - first_warp), left = C / N - pack;
    int slots = warps * V * 32;
    uint4 bits[V];
    stage(norm_shared, weight, C / N, slots);
    if constexpr (CENTRED) stage(norm_shared + slots, bias, C / N, slots);  // used behind the barrier of a row's sum
#pragma unroll 1
    for (; first < end; first += together) {
        int row = first + group;
        bool present = row < end;
        i64 start = (i64)row * C + pack * N;
        load_wide(bits, x + start, present, left);
        float average = 0, square = 0;
        if constexpr (CENTRED) {
#pragma unroll
            for (int i = 0; i < V; i++) {
                Pack<N> v = unpack(x, bits[i]);
#pragma unroll
                for (int k = 0; k < N; k++) average += v.v[k];
            }
            average = row_sum(average, shared, turn, first_warp, warps) * inverse_c;
        }
#pragma unroll
        for (int i = 0; i < V; i++) {
            Pack<N> v = unpack(x, bits[i]);
            float center = i * 32 < left ? average : 0;  // beyond the row 0 - 0
#pragma unroll
            for (int k = 0; k < N; k++) square = fused(v.v[k] - center, v.v[k] - center, square);
        }
        float r = rsqrt_fast(fused(row_sum(square, shared, turn, first_warp, warps), inverse_c, epsilon));
        if (!present) continue;
        if (pack == 0) {
            if constexpr (CENTRED) mean[row] = average;
            rstd[row] = r;
        }
#pragma unroll
        for (int i = 0; i < V; i++) {
            if (i * 32 >= left) continue;
            Pack<N> v = unpack(x, bits[i]), w = unpack(x, norm_shared[pack + i * 32]);
            if constexpr (CENTRED) {
                Pack<N> b = unpack(x, norm_shared[slots + pack + i * 32]);
#pragma unroll
                for (int k = 0; k < N; k++) v.v[k] = fused((v.v[k] - average) * r, w.v[k], b.v[k]);
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

// A pack on its way to shared memory; zeros for one outside of the row. It is there, for this thread, behind fetches_wait. Before sm_80 it
// passes through registers. OFFSET, FROM: constant distances in bytes.
template <int OFFSET, int FROM, class T> DEVICE void fetch(u32 shared, const T *source, bool inside) {
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
    copy16_at<OFFSET, FROM>(shared, global_number(source), inside ? 16 : 0);
#else
    store_shared4<OFFSET>(shared, inside ? load_bits(source + FROM / (int)sizeof(T)) : zero_bits());
#endif
}
DEVICE void fetches_end() {
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
    copies_commit();
#endif
}
DEVICE void fetches_wait() {
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
    copies_wait<0>();
#endif
}

// Where a column of a row lies, computed here: kept across a loop, its parts take registers that the loop has no more of.
DEVICE i64 place(int row, int C, int column) { return (i64)(int)opaque(row) * (int)opaque(C) + (int)opaque(column); }

// Backward; block: the warps of a row; rows_per_block rows, batch of them to a barrier. partial: (blocks, 2, C) dw then db, or (blocks, C);
// dx or partial may be absent. Shared memory: batch rows of x and of dy. PAIR: the batch is 2 rows, and the second one's dy waits in
// registers, where shared memory holds no more than one row and a half.
template <bool CENTRED, bool PAIR, class T>
DEVICE void norm_wide_backward(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *mean, const float *rstd, int rows,
                               int C, int rows_per_block, int batch, float inverse_c, float beta, float *shared) {
    constexpr int N = PACK<T>, V = WIDE_PACKS<T>, ROW = 2 * V * 32;  // packs of a row in a warp's part of shared memory
    int first = block_x() * rows_per_block, end = first + rows_per_block < rows ? first + rows_per_block : rows, turn = 0;
    int pack = first_pack<T>(warp()), left = C / N - pack, warps = block_threads() >> 5;
    u32 address = shared_address(norm_shared) + (warp() * (PAIR ? 3 * ROW / 2 : batch * ROW) + lane()) * 16;
    uint4 held[PAIR ? V : 1];
    // Calls body(j, whether its dy is held in registers) for rows 0 ... count - 1 of a batch.
    auto each_row = [&](int count, auto body) INLINE_LAMBDA {
        if constexpr (PAIR) {
            body(0, Constant<false>());
            if (count > 1) body(1, Constant<true>());
        } else {
#pragma unroll 1
            for (int j = 0; j < count; j++) body(j, Constant<false>());
        }
    };
    auto fetch_row = [&](int row, int slot, auto is_held) INLINE_LAMBDA {
        i64 start = place(row, C, pack * N);
        int left_now = opaque(left);  // tests here, instead of their results in registers
        u32 own = address + slot * (ROW * 16);
        unrolled<V>([&](auto index) INLINE_LAMBDA {
            constexpr int i = index.value;
            fetch<i * 512, i * 512>(own, x + start, i * 32 < left_now);
            if constexpr (is_held.value) held[i] = i * 32 < left_now ? load_bits(dy + start + i * 32 * N) : zero_bits();
            else fetch<(V + i) * 512, i * 512>(own, dy + start, i * 32 < left_now);
        });
    };
    auto upstream_bits = [&](u32 own, auto index, auto is_held) INLINE_LAMBDA {
        if constexpr (is_held.value) return held[index.value];
        else return load_shared4<(V + index.value) * 512>(own);
    };
    each_row(end - first < batch ? end - first : batch, [&](int j, auto is_held) INLINE_LAMBDA { fetch_row(first + j, j, is_held); });
    fetches_end();
    uint4 weights[V];
    load_wide(weights, weight + pack * N, true, left);
    Pack<N> dw[V] = {}, db[V] = {};
#pragma unroll 1
    for (; first < end; first += batch) {
        int count = end - first < batch ? end - first : batch;
        float averages = 0, inverses = 0;  // lane j has those of row j
        if (lane() < count) {
            int row = opaque(first) + lane();
            if constexpr (CENTRED) averages = mean[row];
            inverses = rstd[row];
        }
        float *sums = shared + turn * (WIDE_BATCH * 2 * WIDE_WARPS);
        turn ^= 1;
        fetches_wait();
        each_row(count, [&](int j, auto is_held) INLINE_LAMBDA {
            float average = shuffle(averages, j), r = shuffle(inverses, j), sum_product = 0, sum_g = 0;
            u32 own = address + j * (ROW * 16);
            unrolled<V>([&](auto index) INLINE_LAMBDA {
                constexpr int i = index.value;
                uint4 x_bits = load_shared4<i * 512>(own), dy_bits = upstream_bits(own, index, is_held);
                unrolled<N / 4>([&](auto part) INLINE_LAMBDA {
                    // Beyond the row dy is 0, and so is all that comes of it.
                    Pack<4> v = four_of<part.value>(x, x_bits), upstream = four_of<part.value>(x, dy_bits), w = four_of<part.value>(x, weights[i]);
#pragma unroll
                    for (int k = 0; k < 4; k++) {
                        float normal = (v.v[k] - average) * r, g = upstream.v[k] * w.v[k], &dw_sum = dw[i].v[part.value * 4 + k];
                        dw_sum = fused(upstream.v[k], normal, dw_sum);
                        settle(dw_sum);
                        if constexpr (CENTRED) {
                            float &db_sum = db[i].v[part.value * 4 + k];
                            db_sum += upstream.v[k];
                            settle(db_sum);
                            sum_g += g;
                        }
                        sum_product = fused(g, normal, sum_product);
                    }
                    settle(sum_product);
                    settle(sum_g);
                });
            });
            if (!dx) return;
            sum_product = warp_sum(sum_product);
            if constexpr (CENTRED) sum_g = warp_sum(sum_g);
            if (lane() == 0) {
                sums[opaque(j * 2 * WIDE_WARPS + warp())] = sum_product;
                if constexpr (CENTRED) sums[opaque((j * 2 + 1) * WIDE_WARPS + warp())] = sum_g;
            }
        });
        if (dx) block_barrier();
        each_row(count, [&](int j, auto is_held) INLINE_LAMBDA {
            if (dx) {
                T *target = dx + place(first + j, C, pack * N);
                float average = shuffle(averages, j), r = shuffle(inverses, j), mean_g = 0;
                float mean_product = sum_of_warps(sums + j * 2 * WIDE_WARPS, 0, warps) * inverse_c;
                if constexpr (CENTRED) mean_g = sum_of_warps(sums + (j * 2 + 1) * WIDE_WARPS, 0, warps) * inverse_c;
                u32 own = address + j * (ROW * 16);
                unrolled<V>([&](auto index) INLINE_LAMBDA {
                    constexpr int i = index.value;
                    if (i * 32 >= left) return;
                    uint4 old = beta != 0 ? load_bits(target + i * 32 * N) : zero_bits();
                    uint4 x_bits = load_shared4<i * 512>(own), dy_bits = upstream_bits(own, index, is_held);
                    Pack<N> result;
                    unrolled<N / 4>([&](auto part) INLINE_LAMBDA {
                        Pack<4> v = four_of<part.value>(x, x_bits), upstream = four_of<part.value>(x, dy_bits), w = four_of<part.value>(x, weights[i]);
                        Pack<4> before = four_of<part.value>(x, old);
#pragma unroll
                        for (int k = 0; k < 4; k++) {
                            float normal = (v.v[k] - average) * r, inner = upstream.v[k] * w.v[k] - mean_g, &out = result.v[part.value * 4 + k];
                            out = fused(r, fused(-normal, mean_product, inner), beta * before.v[k]);
                            settle(out);
                        }
                    });
                    store_pack(target + i * 32 * N, result);
                });
            }
            if (first + batch + j < end) fetch_row(first + batch + j, j, is_held);
        });
        fetches_end();
    }
    if (!partial) return;
    partial += (i64)block_x() * (CENTRED ? 2 : 1) * C + pack * N;
#pragma unroll
    for (int i = 0; i < V; i++) {
        store_sums(partial + i * 32 * N, dw[i], left - i * 32);
        if constexpr (CENTRED) store_sums(partial + C + i * 32 * N, db[i], left - i * 32);
    }
}
