// y = x rrms w per row of C channels, rrms = 1/sqrt(mean of x² + epsilon) being an output; and the gradients of x and w.
// One kernel per width: rows of up to so many channels, in whole packs of 16 bytes, a warp each; one for such rows of up to 8192, a warp for
// every 512 channels; and one for any row. See norm*.cuh. Backward passes 11 barriers per block in the first, whatever its rows, and one for
// every four rows in the second (two, where four do not fit into shared memory; `pair` is for binary32 rows that fit one and a half times).
// Bytes, forward: x and y once, w once per block. Backward: x, dy and dx once (dx twice with beta), 4 C per block of partial sums.
// Registers alive at once: forward below 82; backward up to 153, because a warp keeps a row's x and dy and the sums over all its rows
// (wide: 89, pair: 98, of the 128 that a block of 512 threads leaves to each).
#include "norm_any.cuh"
#include "norm_backward.cuh"
#include "norm_wide.cuh"

#define RMS_NORM(NAME, WIDTH, T) \
    KERNEL __launch_bounds__(384) void rms_norm_##NAME(T *y, float *rrms, const T *x, const T *weight, int rows, int C, \
                                                       int rows_per_block, float inverse_c, float epsilon) { \
        norm_rows<false, WIDTH>(y, nullptr, rrms, x, weight, (const T *)nullptr, rows, C, rows_per_block, inverse_c, epsilon); \
    } \
    KERNEL __launch_bounds__(256) void rms_norm_backward_##NAME(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *rrms, \
                                                                int rows, int C, int rows_per_block, int batch, float inverse_c, float beta) { \
        norm_rows_backward<false, WIDTH>(dx, partial, dy, x, weight, nullptr, rrms, rows, C, rows_per_block, inverse_c, beta); \
    }

#define RMS_NORM_WIDE(NAME, T) \
    KERNEL __launch_bounds__(WIDE_THREADS) void rms_norm_##NAME(T *y, float *rrms, const T *x, const T *weight, int rows, int C, \
                                                                int rows_per_block, float inverse_c, float epsilon) { \
        __shared__ float shared[WIDE_SHARED]; \
        norm_wide<false>(y, nullptr, rrms, x, weight, (const T *)nullptr, rows, C, rows_per_block, inverse_c, epsilon, shared); \
    } \
    KERNEL __launch_bounds__(WIDE_THREADS) void rms_norm_backward_##NAME(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *rrms, \
                                                                         int rows, int C, int rows_per_block, int batch, float inverse_c, float beta) { \
        __shared__ float shared[WIDE_BACKWARD_SHARED]; \
        norm_wide_backward<false, false>(dx, partial, dy, x, weight, nullptr, rrms, rows, C, rows_per_block, batch, inverse_c, beta, shared); \
    }

#define RMS_NORM_PAIR(NAME, T) \
    KERNEL __launch_bounds__(WIDE_THREADS) void rms_norm_backward_##NAME(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *rrms, \
                                                                         int rows, int C, int rows_per_block, int, float inverse_c, float beta) { \
        __shared__ float shared[WIDE_BACKWARD_SHARED]; \
        norm_wide_backward<false, true>(dx, partial, dy, x, weight, nullptr, rrms, rows, C, rows_per_block, 2, inverse_c, beta, shared); \
    }

#define RMS_NORM_ANY(NAME, T) \
    KERNEL __launch_bounds__(256) void rms_norm_##NAME(T *y, float *rrms, const T *x, const T *weight, int rows, int C, \
                                                       int rows_per_block, float inverse_c, float epsilon) { \
        norm_any<false>(y, nullptr, rrms, x, weight, (const T *)nullptr, rows, C, inverse_c, epsilon); \
    } \
    KERNEL __launch_bounds__(256) void rms_norm_backward_##NAME(T *dx, float *partial, const T *dy, const T *x, const T *weight, const float *rrms, \
                                                                int rows, int C, int rows_per_block, int batch, float inverse_c, float beta) { \
        norm_any_backward<false>(dx, partial, dy, x, weight, nullptr, rrms, rows, C, rows_per_block, inverse_c, beta); \
    }

RMS_NORM(256_f32, 256, float)
RMS_NORM(512_f32, 512, float)
RMS_NORM(768_f32, 768, float)
RMS_NORM(1024_f32, 1024, float)
RMS_NORM_WIDE(wide_f32, float)
RMS_NORM_PAIR(pair_f32, float)
RMS_NORM_ANY(any_f32, float)
#if __CUDA_ARCH__ >= 800
RMS_NORM(256_bf16, 256, bf16)
RMS_NORM(512_bf16, 512, bf16)
RMS_NORM(768_bf16, 768, bf16)
RMS_NORM(1024_bf16, 1024, bf16)
RMS_NORM_WIDE(wide_bf16, bf16)
RMS_NORM_ANY(any_bf16, bf16)
#endif
