// What AdamW and stochastic gradient descent share: which elements a thread moves, how clipping scales gradients, and how moved values
// are stored. Each kernel comes as NAME_VALUES_GRADIENT and NAME_VALUES_GRADIENT_master:
//   values in binary32, or in BF16; gradients in binary32 or, beside BF16 values, in BF16;
//   with master weights those are moved, and the values become their rounding to the nearest;
//   BF16 values without a master are rounded at random, element i by the random word of element i: one of the two neighbours, in
//   expectation the value itself. An update far below a unit in the last place would otherwise never move anything.
#pragma once
#include "philox.cuh"
#include "vector.cuh"

// Every block moves 16,384 elements, every thread four neighbours sixteen times: what depends on the step alone is computed once for 64.
// The fours begin at multiples of four in the array, wherever the range begins, because they share an evaluation of Philox. BF16 moves in
// pieces of 8 bytes so: 16 would be eight elements to a thread, whose moments and master in binary32, two times 16 bytes, would then
// touch half of every sector twice. All bytes of every sector that is touched are wanted this way, and AdamW has 12 requests of binary32
// beside 4 of BF16.
enum { UPDATE_THREADS = 256, FOURS_PER_THREAD = 16 };

// What every gradient is multiplied by: min(1, clip / (norm + 1e-6)), or 1 where there is no norm. A norm that is no number stays one.
DEVICE float clip_scale(const float *norm, float clip) {
    if (!norm) return 1;
    float ratio = divide(clip, *norm + 1e-6f);
    return ratio >= 1 ? 1 : ratio;
}

// Elements first ... first + 3 of an array. WHOLE: all are wanted and the array begins at a multiple of 16 bytes: one access. Else only
// the wanted ones, first + from ... first + to - 1, are touched, one by one.
template <bool WHOLE> struct Four {
    i64 first;
    int from, to;

    template <class T> DEVICE Pack<4> load(const T *array) const {
        Pack<4> pack;
        if constexpr (WHOLE) {
            load_pack(pack, array + first);
        } else {
#pragma unroll
            for (int k = 0; k < 4; k++) pack.v[k] = k >= from && k < to ? ::load(array + first + k) : 0;
        }
        return pack;
    }

    template <class T> DEVICE void store(T *array, const Pack<4> &pack) const {
        if constexpr (WHOLE) {
            store_pack(array + first, pack);
        } else {
#pragma unroll
            for (int k = 0; k < 4; k++) {
                if (k >= from && k < to) ::store(array + first + k, pack.v[k]);
            }
        }
    }
};

// How the moved values are stored.
template <class V, bool MASTER> struct Moved {
    V *values;
    float *master;
    u64 seed;
    u32 step, sample, site;

    DEVICE Moved(V *values, float *master, const StepState *state, u32 site)
        : values(values), master(master), seed(state->seed), step(state->step), sample(state->first_sample), site(site) {}

    DEVICE bool aligned() const { return is_aligned(values) && is_aligned(master); }

    template <bool WHOLE> DEVICE Pack<4> load(Four<WHOLE> four) const {
        if constexpr (MASTER) return four.load(master);
        return four.load(values);
    }

    template <bool WHOLE> DEVICE void store(Pack<4> w, Four<WHOLE> four) const {
        if constexpr (MASTER) four.store(master, w);
        if constexpr (!MASTER && sizeof(V) == 2) round_at_random(w, four.first);
        four.store(values, w);
    }

    // Adds sixteen random bits below the sixteen that stay, and cuts off. Infinities and NaN stay what they are.
    DEVICE void round_at_random(Pack<4> &w, i64 first) const {
        uint4 words = random_words(seed, step, sample, site, (u32)(first >> 2));
#pragma unroll
        for (int k = 0; k < 4; k++) {
            u32 bits = float_to_bits(w.v[k]), moved = (bits + (LANE(words, k) & 0xffff)) & 0xffff0000u;
            if ((bits & 0x7f800000) != 0x7f800000) w.v[k] = bits_to_float(moved);
        }
    }
};

// Calls move(Four) for the fours of this thread that have elements in first ... first + count - 1.
template <class Move> DEVICE void for_each_four(i64 first, i64 count, bool aligned, Move move) {
    enum { BLOCK = UPDATE_THREADS * FOURS_PER_THREAD * 4 };
    i64 start = (first & ~(i64)3) + (i64)block_x() * BLOCK, end = first + count - start;
    int from = start < first ? (int)(first - start) : 0, to = end < BLOCK ? (int)end : BLOCK;
    int last_whole = aligned ? to - 4 : -1;
#pragma unroll 1
    for (int at = thread() * 4; at < to; at += UPDATE_THREADS * 4) {
        if (at >= from && at <= last_whole) {
            move(Four<true>{start + at, 0, 4});
        } else {
            move(Four<false>{start + at, from - at, to - at});
        }
    }
}
