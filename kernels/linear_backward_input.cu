// flags: -mllvm -disable-lsr
// dx (M, N) = dy (M, K) weight (K, N) + beta dx: N are the layer's inputs, K its outputs.
// FLOPs: 2 M N K. Bytes: as linear.cu.
// Layout: matrix_product_bf16.cuh, matrix_product_f32.cuh; ldmatrix transposes the weight. Registers (most alive): 64x64 99,
// 128x128 147, 128x256 231; binary32 90 and 126.
#include "product_kernels.cuh"

PRODUCTS_F32(linear_backward_input, LinearEpilogue, K_MAJOR, MN_MAJOR)

#if __CUDA_ARCH__ >= 800
PRODUCTS_BF16(linear_backward_input, LinearEpilogue, K_MAJOR, MN_MAJOR)
#endif
