// y = a + b, element by element.
// Bytes: a, b and y once. One addition per element; the time is that of the memory.
#include "prelude.cuh"

// Four elements per thread: one 16-byte access (binary32) per operand; the last few one by one.
KERNEL __launch_bounds__(256) void add_f32(float *y, const float *a, const float *b, i64 count) {
    i64 first = ((i64)block_x() * 256 + thread()) * 4;
    if (first + 4 <= count) {
        store4(y + first, load4(a + first) + load4(b + first));
    } else {
        for (i64 i = first; i < count; i++) y[i] = a[i] + b[i];
    }
}
