// A warp computes one element of C, its lanes side by side along k: neighbours read neighbours.
// counter: sectors per request
// launch: grid ((M*N)/8), block 256, shared 0
// 32 lanes ask for 64 bytes in a row, two whole sectors. The price is the sum over the lanes at the end, and the traffic is what it was.
#include "vector.cuh"

#if __CUDA_ARCH__ >= 800

KERNEL __launch_bounds__(256) void matmul_coalesced(bf16 *c, const bf16 *a, const bf16 *b, int M, int N, int K) {
    i64 at = (i64)block_x() * 8 + warp();
    if (at >= (i64)M * N) return;
    int row = (int)(at / N), column = (int)(at % N);
    float sum = 0;
#pragma unroll 1
    for (int k = lane(); k < K; k += 32) sum = fused(load(a + (i64)row * K + k), load(b + (i64)column * K + k), sum);
    sum = warp_sum(sum);
    if (lane() == 0) store(c + at, sum);
}

#endif
