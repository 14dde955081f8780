// flags: -mllvm -disable-lsr
// y (M, N) = x (M, K) weightᵀ (K, N) + bias (N) + residual (M, N); bias and residual may be absent.
// FLOPs: 2 M N K. Bytes: x N/BN times and weight M/BM times, mostly from the second-level cache; y, bias and residual once.
// Layout: matrix_product_bf16.cuh, matrix_product_f32.cuh. Registers (most alive): 64x64 99, 128x128 147, 128x256 233; f32 82 and 118.
#include "product_kernels.cuh"

PRODUCTS_F32(linear, LinearEpilogue, K_MAJOR, K_MAJOR)

#if __CUDA_ARCH__ >= 800
PRODUCTS_BF16(linear, LinearEpilogue, K_MAJOR, K_MAJOR)
#endif
