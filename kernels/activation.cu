// y = f(x), and dx = f'(x) dy + beta dx, element by element; f is one of six, chosen by a parameter that is the same for all threads.
// Bytes: x and y once; dy, x and dx once (dx twice with beta).
#include "elementwise.cuh"
#include "functions.cuh"

template <class T> DEVICE void activation(T *y, const T *x, i64 count, int function) {
    with_function<T>(function, [=](auto f) INLINE_LAMBDA {
        map_block<2, false>(y, count, 0.f, [=](float v) INLINE_LAMBDA { return f.value(v); }, x);
    });
}

template <class T> DEVICE void activation_backward(T *dx, const T *dy, const T *x, i64 count, int function, float beta) {
    with_function<T>(function, [=](auto f) INLINE_LAMBDA {
        map<2>(dx, count, beta, [=](float upstream, float v) INLINE_LAMBDA {
            float value;
            return upstream * f.slope(v, value);
        }, dy, x);
    });
}

KERNEL __launch_bounds__(256) void activation_f32(float *y, const float *x, i64 count, int function) { activation(y, x, count, function); }
KERNEL __launch_bounds__(256) void activation_backward_f32(float *dx, const float *dy, const float *x, i64 count, int function, float beta) {
    activation_backward(dx, dy, x, count, function, beta);
}

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(256) void activation_bf16(bf16 *y, const bf16 *x, i64 count, int function) { activation(y, x, count, function); }
KERNEL __launch_bounds__(256) void activation_backward_bf16(bf16 *dx, const bf16 *dy, const bf16 *x, i64 count, int function, float beta) {
    activation_backward(dx, dy, x, count, function, beta);
}
#endif
