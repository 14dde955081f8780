// flags: -mllvm -disable-lsr
// pre (M, N) = x (M, K) weightᵀ (K, N) + bias (N), rounded to its type, and y (M, N) = f(pre); bias and pre may be absent.
// FLOPs: 2 M N K, and about 10 per element for f. Bytes: as linear.cu, y and pre once.
// Layout: matrix_product_bf16.cuh, matrix_product_f32.cuh, for up to 16 rows few_rows.cuh. Registers (most alive): 64x64 99, 128x128 147,
// 128x256 233; binary32 82 and 118.
// Instructions beside mma, per mma, at K = 4096: GELU by way of erf 1.48 (128x128) and 1.06 (128x256), of tanh 1.37 and 0.95.
#include "few_rows.cuh"
#include "product_kernels.cuh"

ALL_FEW_ROWS(linear_activation, ActivationEpilogue, float, f32)
PRODUCTS_F32(linear_activation, ActivationEpilogue, K_MAJOR, K_MAJOR)

#if __CUDA_ARCH__ >= 800
ALL_FEW_ROWS(linear_activation, ActivationEpilogue, bf16, bf16)
PRODUCTS_BF16(linear_activation, ActivationEpilogue, K_MAJOR, K_MAJOR)
#endif
