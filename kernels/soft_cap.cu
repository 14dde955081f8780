// y = c tanh(x / c), and dx = dy (1 - tanh²(x / c)) + beta dx, element by element; 1 / c is the host's.
// Bytes: x and y once; dy, x and dx once (dx twice with beta).
#include "elementwise.cuh"
#include "functions.cuh"

template <class T> DEVICE void soft_cap(T *y, const T *x, i64 count, float cap, float inverse) {
    map_block<2, false>(y, count, 0.f, [=](float v) INLINE_LAMBDA { return cap * tanh_accurate(v * inverse); }, x);
}

template <class T> DEVICE void soft_cap_backward(T *dx, const T *dy, const T *x, i64 count, float inverse, float beta) {
    map<2>(dx, count, beta, [=](float upstream, float v) INLINE_LAMBDA { return upstream * tanh_slope(v * inverse); }, dy, x);
}

KERNEL __launch_bounds__(256) void soft_cap_f32(float *y, const float *x, i64 count, float cap, float inverse) { soft_cap(y, x, count, cap, inverse); }
KERNEL __launch_bounds__(256) void soft_cap_backward_f32(float *dx, const float *dy, const float *x, i64 count, float inverse, float beta) {
    soft_cap_backward(dx, dy, x, count, inverse, beta);
}

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(256) void soft_cap_bf16(bf16 *y, const bf16 *x, i64 count, float cap, float inverse) { soft_cap(y, x, count, cap, inverse); }
KERNEL __launch_bounds__(256) void soft_cap_backward_bf16(bf16 *dx, const bf16 *dy, const bf16 *x, i64 count, float inverse, float beta) {
    soft_cap_backward(dx, dy, x, count, inverse, beta);
}
#endif
