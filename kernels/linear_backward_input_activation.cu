// flags: -mllvm -disable-lsr
// dPre (M, N) = (dy (M, K) weight (K, N)) f'(pre (M, N)) + beta dPre: the gradient of a layer's input where that is y = f(pre).
// FLOPs: 2 M N K, and about 20 per element for f'. Bytes: as linear.cu, pre and dPre once.
// Layout: matrix_product_bf16.cuh, matrix_product_f32.cuh; ldmatrix transposes the weight. Registers (most alive): 64x64 99,
// 128x128 147, 128x256 231; binary32 90 and 126.
// Instructions beside mma, per mma, at K = 4096, with beta: GELU by way of erf 1.47 (128x128) and 1.10 (128x256), of tanh 1.44 and 1.07.
#include "product_kernels.cuh"

PRODUCTS_F32(linear_backward_input_activation, SlopeEpilogue, K_MAJOR, MN_MAJOR)

#if __CUDA_ARCH__ >= 800
PRODUCTS_BF16(linear_backward_input_activation, SlopeEpilogue, K_MAJOR, MN_MAJOR)
#endif
