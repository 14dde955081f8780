// The kernel that ships: 128 x 128 of C, fragments loaded a k-step ahead, and nothing in the loop but what it needs.
// counter: instructions per mma
// launch: grid ((M/128)*(N/128)), block 256, shared 98304
// needs: K % 8 = 0, N % 8 = 0
// flags: -mllvm -disable-lsr
// A warp has 64 x 32 of C: six ldmatrix feed 16 mma, where 32 x 32 takes four for eight. Addresses are written so that the loop computes
// none but a few exclusive ors. C goes through shared memory and leaves in 16-byte stores. See matrix_product_bf16.cuh. Compare at
// 2048,2048,2048: 256,256,256 are four blocks, which no GPU is full of; there the smaller tile of the rung before is faster.
#include "matrix_product_bf16.cuh"

#if __CUDA_ARCH__ >= 800

KERNEL __launch_bounds__(Tile128x128::THREADS, Tile128x128::BLOCKS) void matmul_shipping(bf16 *c, const bf16 *a, const bf16 *b, int M, int N, int K) {
    LinearEpilogue<bf16> epilogue = {c, nullptr, nullptr, 0};
    tile_product<Tile128x128, K_MAJOR, K_MAJOR>(epilogue, a, b, M, N, K, 0, K, 0);
}

#endif
