// flags: -mllvm -disable-lsr
// y (M, N) = x (M, K) weightᵀ (K, N) + bias (N) + residual (M, N); bias and residual may be absent.
// FLOPs: 2 M N K. Bytes: x N/BN times and weight M/BM times, mostly from the second-level cache; y, bias and residual once.
// Layout: matrix_product_bf16.cuh, matrix_product_f32.cuh, for up to 16 rows few_rows.cuh. Registers (most alive): 64x64 99, 128x128 147,
// 128x256 233; binary32 82 and 118.
#include "few_rows.cuh"
#include "product_kernels.cuh"

ALL_FEW_ROWS(linear, LinearEpilogue, float, f32)
PRODUCTS_F32(linear, LinearEpilogue, K_MAJOR, K_MAJOR)

#if __CUDA_ARCH__ >= 800
ALL_FEW_ROWS(linear, LinearEpilogue, bf16, bf16)
PRODUCTS_BF16(linear, LinearEpilogue, K_MAJOR, K_MAJOR)
#endif
