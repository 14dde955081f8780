// y = (x - mean) rstd w + b per row of C channels, mean and rstd = 1/sqrt(variance + epsilon) being outputs; and the gradients of x, w and b.
// One kernel per width: rows of up to so many channels, in whole packs of 16 bytes, a warp each; one for such rows of up to 8192, a warp for
// every 512 channels; and one for any row. See norm*.cuh. Backward passes 11 barriers per block in the first, whatever its rows, and one for
// every four rows in the second (two, where four do not fit into shared memory; `pair` is for binary32 rows that fit one and a half times).
// Bytes, forward: x and y once, w and b once per block. Backward: x, dy and dx once (dx twice with beta), 8 C per block of partial sums.
// Registers alive at once: forward below 82; backward up to 188, because a warp keeps a row's x and dy and the sums over all its rows
// (wide: 109, pair: 120, of the 128 that a block of 512 threads leaves to each).
#include "norm_any.cuh"
#include "norm_backward.cuh"
#include "norm_wide.cuh"

#define LAYER_NORM(NAME, WIDTH, T) \
    KERNEL __launch_bounds__(384) void layer_norm_##NAME(T *y, float *mean, float *rstd, const T *x, const T *weight, const T *bias, int rows, int C, \
                                                         int rows_per_block, float inverse_c, float epsilon) { \
        norm_rows<true, WIDTH>(y, mean, rstd, x, weight, bias, rows, C, rows_per_block, inverse_c, epsilon); \
    } \
    KERNEL __launch_bounds__(256) void layer_norm_backward_##NAME(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *mean, \
                                                                  const float *rstd, int rows, int C, int rows_per_block, int batch, float inverse_c, float beta) { \
        norm_rows_backward<true, WIDTH>(dx, partial, dy, x, weight, mean, rstd, rows, C, rows_per_block, inverse_c, beta); \
    }

#define LAYER_NORM_WIDE(NAME, T) \
    KERNEL __launch_bounds__(WIDE_THREADS) void layer_norm_##NAME(T *y, float *mean, float *rstd, const T *x, const T *weight, const T *bias, int rows, int C, \
                                                                  int rows_per_block, float inverse_c, float epsilon) { \
        __shared__ float shared[WIDE_SHARED]; \
        norm_wide<true>(y, mean, rstd, x, weight, bias, rows, C, rows_per_block, inverse_c, epsilon, shared); \
    } \
    KERNEL __launch_bounds__(WIDE_THREADS) void layer_norm_backward_##NAME(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *mean, \
                                                                           const float *rstd, int rows, int C, int rows_per_block, int batch, float inverse_c, float beta) { \
        __shared__ float shared[WIDE_BACKWARD_SHARED]; \
        norm_wide_backward<true, false>(dx, partial, dy, x, weight, mean, rstd, rows, C, rows_per_block, batch, inverse_c, beta, shared); \
    }

#define LAYER_NORM_PAIR(NAME, T) \
    KERNEL __launch_bounds__(WIDE_THREADS) void layer_norm_backward_##NAME(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *mean, \
                                                                           const float *rstd, int rows, int C, int rows_per_block, int, float inverse_c, float beta) { \
        __shared__ float shared[WIDE_BACKWARD_SHARED]; \
        norm_wide_backward<true, true>(dx, partial, dy, x, weight, mean, rstd, rows, C, rows_per_block, 2, inverse_c, beta, shared); \
    }

#define LAYER_NORM_ANY(NAME, T) \
    KERNEL __launch_bounds__(256) void layer_norm_##NAME(T *y, float *mean, float *rstd, const T *x, const T *weight, const T *bias, int rows, int C, \
                                                         int rows_per_block, float inverse_c, float epsilon) { \
        norm_any<true>(y, mean, rstd, x, weight, bias, rows, C, inverse_c, epsilon); \
    } \
    KERNEL __launch_bounds__(256) void layer_norm_backward_##NAME(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *mean, \
                                                                  const float *rstd, int rows, int C, int rows_per_block, int batch, float inverse_c, float beta) { \
        norm_any_backward<true>(dx, partial, dy, x, weight, mean, rstd, rows, C, rows_per_block, inverse_c, beta); \
    }

LAYER_NORM(256_f32, 256, float)
LAYER_NORM(512_f32, 512, float)
LAYER_NORM(768_f32, 768, float)
LAYER_NORM(1024_f32, 1024, float)
LAYER_NORM_WIDE(wide_f32, float)
LAYER_NORM_PAIR(pair_f32, float)
LAYER_NORM_ANY(any_f32, float)
#if __CUDA_ARCH__ >= 800
LAYER_NORM(256_bf16, 256, bf16)
LAYER_NORM(512_bf16, 512, bf16)
LAYER_NORM(768_bf16, 768, bf16)
LAYER_NORM(1024_bf16, 1024, bf16)
LAYER_NORM_WIDE(wide_bf16, bf16)
LAYER_NORM_ANY(any_bf16, bf16)
#endif
