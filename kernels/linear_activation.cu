// flags: -mllvm -disable-lsr
// pre (M, N) = x (M, K) weightᵀ (K, N) + bias (N), rounded to its type, and y (M, N) = f(pre); bias and pre may be absent.
// FLOPs: 2 M N K, and about 10 per element for f. Bytes: as linear.cu, y and pre once.
// Layout: matrix_product_bf16.cuh, matrix_product_f32.cuh.
#include "product_kernels.cuh"

PRODUCTS_F32(linear_activation, ActivationEpilogue, K_MAJOR, K_MAJOR)

#if __CUDA_ARCH__ >= 800
PRODUCTS_BF16(linear_activation, ActivationEpilogue, K_MAJOR, K_MAJOR)
#endif
