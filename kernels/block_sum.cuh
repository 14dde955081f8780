// The sum over a block in double precision, always in the same order.
#pragma once
#include "prelude.cuh"

// Sum over a block of THREADS, for thread 0. The first warp adds up what all warps put into shared memory, one column of it per lane, and
// then its lanes: one barrier.
template <int THREADS> DEVICE double block_sum(double v, double (&scratch)[THREADS]) {
    scratch[thread()] = v;
    block_barrier();
    double sum = 0;
    if (warp() == 0) {
#pragma unroll
        for (int row = 0; row < THREADS / 32; row++) sum += scratch[row * 32 + lane()];
        sum = warp_sum(sum);
    }
    return sum;
}
