// y = f(a) b per row (a, b) of x, SwiGLU and its relatives; and da = f'(a) b dy + beta da, db = f(a) dy + beta db.
// The grid has a row on x and blocks of columns on y, so that nobody divides. A thread has one pack of a and the same of b.
// Bytes: x and y once; dy, x and dx once (dx twice with beta).
#include "functions.cuh"
#include "vector.cuh"

template <int N, class T, class F> DEVICE void gate_columns(T *y, const T *a, int width, int column, F f) {
    if (column >= width) return;
    Bits<T, N> left = load_bits<N>(a + column), right = load_bits<N>(a + width + column);
    Pack<N> v = unpack(a, left), b = unpack(a, right);
#pragma unroll
    for (int k = 0; k < N; k++) v.v[k] = f.value(v.v[k]) * b.v[k];
    store_pack(y + column, v);
}

template <int N, class T, class F> DEVICE void gate_columns_backward(T *da, const T *dy, const T *a, int width, int column, float beta, F f) {
    if (column >= width) return;
    Bits<T, N> upstream_bits = load_bits<N>(dy + column), left = load_bits<N>(a + column), right = load_bits<N>(a + width + column);
    Pack<N> old_a = {}, old_b = {};
    if (beta != 0) {
        load_pack(old_a, da + column);
        load_pack(old_b, da + width + column);
    }
    Pack<N> upstream = unpack(a, upstream_bits), v = unpack(a, left), b = unpack(a, right);
#pragma unroll
    for (int k = 0; k < N; k++) {
        float value, slope = f.slope(v.v[k], value);
        v.v[k] = fused(beta, old_a.v[k], upstream.v[k] * b.v[k] * slope);
        b.v[k] = fused(beta, old_b.v[k], upstream.v[k] * value);
    }
    store_pack(da + column, v);
    store_pack(da + width + column, b);
}

template <class T> DEVICE void gated_unit(T *y, const T *x, int width, int function) {
    constexpr int N = PACK<T>;
    x += (i64)block_x() * 2 * width;
    y += (i64)block_x() * width;
    int block = block_y() * block_threads() * N;
    bool packs = width % N == 0 && is_aligned(x) && is_aligned(y);
    with_function<T>(function, [=](auto f) INLINE_LAMBDA {
        if (packs) gate_columns<N>(y, x, width, block + thread() * N, f);
        else
#pragma unroll 1
            for (int k = 0; k < N; k++) gate_columns<1>(y, x, width, block + k * block_threads() + thread(), f);
    });
}

template <class T> DEVICE void gated_unit_backward(T *dx, const T *dy, const T *x, int width, int function, float beta) {
    constexpr int N = PACK<T>;
    dx += (i64)block_x() * 2 * width;
    x += (i64)block_x() * 2 * width;
    dy += (i64)block_x() * width;
    int block = block_y() * block_threads() * N;
    bool packs = width % N == 0 && is_aligned(dx) && is_aligned(x) && is_aligned(dy);
    with_function<T>(function, [=](auto f) INLINE_LAMBDA {
        if (packs) gate_columns_backward<N>(dx, dy, x, width, block + thread() * N, beta, f);
        else
#pragma unroll 1
            for (int k = 0; k < N; k++) gate_columns_backward<1>(dx, dy, x, width, block + k * block_threads() + thread(), beta, f);
    });
}

KERNEL __launch_bounds__(256) void gated_unit_f32(float *y, const float *x, int width, int function) { gated_unit(y, x, width, function); }
KERNEL __launch_bounds__(256) void gated_unit_backward_f32(float *dx, const float *dy, const float *x, int width, int function, float beta) {
    gated_unit_backward(dx, dy, x, width, function, beta);
}

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(256) void gated_unit_bf16(bf16 *y, const bf16 *x, int width, int function) { gated_unit(y, x, width, function); }
KERNEL __launch_bounds__(256) void gated_unit_backward_bf16(bf16 *dx, const bf16 *dy, const bf16 *x, int width, int function, float beta) {
    gated_unit_backward(dx, dy, x, width, function, beta);
}
#endif
