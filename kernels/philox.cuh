// Philox4x32-10, the counter-based random numbers of the engine, the same words to the bit as on the host (Salmon, Moraes, Dror and
// Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A number depends on its key and on nothing of the launch: seed, step,
// sample in the global batch, site in the model, element in the sample. Four consecutive elements share one evaluation.
#pragma once
#include "prelude.cuh"

// The words of elements 4 block, 4 block + 1, 4 block + 2 and 4 block + 3 of a sample. The rounds' twenty keys are added up anew each time:
// in a loop they would otherwise stay in twenty registers.
DEVICE uint4 random_words(u64 seed, u32 step, u32 sample, u32 site, u32 block) {
    u32 x0 = block, x1 = sample, x2 = step, x3 = site, k0 = opaque((u32)seed), k1 = opaque((u32)(seed >> 32));
#pragma unroll
    for (int round = 0; round < 10; round++) {
        u64 p0 = (u64)0xD2511F53u * x0, p1 = (u64)0xCD9E8D57u * x2;
        x0 = (u32)(p1 >> 32) ^ x1 ^ k0;
        x1 = (u32)p1;
        x2 = (u32)(p0 >> 32) ^ x3 ^ k1;
        x3 = (u32)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    uint4 words;
    words.x = x0;
    words.y = x1;
    words.z = x2;
    words.w = x3;
    return words;
}

// The word of one element. Dropout keeps it when the word is at least the threshold that the host computed from the rate.
DEVICE u32 random_word(u64 seed, u32 step, u32 sample, u32 site, u64 element) {
    uint4 words = random_words(seed, step, sample, site, (u32)(element >> 2));
    u32 place = (u32)element & 3;
    u32 low = place & 1 ? words.y : words.x, high = place & 1 ? words.w : words.z;
    return place & 2 ? high : low;
}
