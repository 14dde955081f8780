// y = a + b, element by element.
// Bytes: a, b and y once. One addition per element; the time is that of the memory.
#include "elementwise.cuh"

template <class T> DEVICE void add(T *y, const T *a, const T *b, i64 count) {
    map_block<4, false>(y, count, 0.f, [](float left, float right) INLINE_LAMBDA { return left + right; }, a, b);
}

KERNEL __launch_bounds__(256) void add_f32(float *y, const float *a, const float *b, i64 count) { add(y, a, b, count); }

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(256) void add_bf16(bf16 *y, const bf16 *a, const bf16 *b, i64 count) { add(y, a, b, count); }
#endif
