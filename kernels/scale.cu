// y = factor x + beta y, element by element; y may store a gradient's type and x an activation's.
// Bytes: x and y once, y twice with beta.
#include "elementwise.cuh"

template <class Y, class X> DEVICE void scale(Y *y, const X *x, i64 count, float factor, float beta) {
    map<4>(y, count, beta, [=](float v) INLINE_LAMBDA { return factor * v; }, x);
}

KERNEL __launch_bounds__(256) void scale_f32(float *y, const float *x, i64 count, float factor, float beta) { scale(y, x, count, factor, beta); }

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(256) void scale_bf16(bf16 *y, const bf16 *x, i64 count, float factor, float beta) { scale(y, x, count, factor, beta); }
KERNEL __launch_bounds__(256) void scale_bf16_f32(float *y, const bf16 *x, i64 count, float factor, float beta) { scale(y, x, count, factor, beta); }
#endif
