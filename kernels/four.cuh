// Four neighbours in an array of binary32 or BF16, which are float to whoever computes with them: one access of 16 or 8 bytes.
#pragma once
#include "prelude.cuh"

// Elements first ... first + 3 of an array. WHOLE: all are wanted and the array begins at a multiple of 16 bytes; else only the wanted
// ones, first + from ... first + to - 1, are touched, one by one.
template <bool WHOLE> struct Four {
    i64 first;
    int from, to;

    DEVICE void load(float (&v)[4], const float *array) const {
        if (WHOLE) {
            float4 q = load4(array + first);
#pragma unroll
            for (int k = 0; k < 4; k++) v[k] = LANE(q, k);
        } else {
#pragma unroll
            for (int k = 0; k < 4; k++) v[k] = k >= from && k < to ? array[first + k] : 0;
        }
    }

    DEVICE void store(float *array, const float (&v)[4]) const {
        if (WHOLE) {
            float4 q;
#pragma unroll
            for (int k = 0; k < 4; k++) LANE(q, k) = v[k];
            store4(array + first, q);
        } else {
#pragma unroll
            for (int k = 0; k < 4; k++) {
                if (k >= from && k < to) array[first + k] = v[k];
            }
        }
    }

#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
    DEVICE void load(float (&v)[4], const bf16 *array) const {
        if (WHOLE) {
            uint2 q = load2((const u32 *)(array + first));
            v[0] = low_float(q.x);
            v[1] = high_float(q.x);
            v[2] = low_float(q.y);
            v[3] = high_float(q.y);
        } else {
#pragma unroll
            for (int k = 0; k < 4; k++) v[k] = k >= from && k < to ? to_float(array[first + k]) : 0;
        }
    }

    DEVICE void store(bf16 *array, const float (&v)[4]) const {
        if (WHOLE) {
            uint2 q;
            q.x = pack_bf16(v[0], v[1]);
            q.y = pack_bf16(v[2], v[3]);
            store2((u32 *)(array + first), q);
        } else {
#pragma unroll
            for (int k = 0; k < 4; k++) {
                if (k >= from && k < to) array[first + k] = to_bf16(v[k]);
            }
        }
    }
#endif
};
