// y = x, byte by byte, whatever the tensors store (their elements have at least two bytes).
// Bytes: x and y once. Four 16-byte loads in flight per thread; the last block goes by pairs of bytes.
#include "vector.cuh"

KERNEL __launch_bounds__(256) void copy_bytes(u8 *y, const u8 *x, i64 bytes) {
    constexpr int PER_BLOCK = 4 * 256 * 16;
    i64 block = (i64)block_x() * PER_BLOCK, end = block + PER_BLOCK;
    if (is_aligned(y) && is_aligned(x) && end <= bytes) {
        i64 first = block + thread() * 16;
        uint4 bits[4];
#pragma unroll
        for (int u = 0; u < 4; u++) bits[u] = load_bits(x + first + u * 4096);
#pragma unroll
        for (int u = 0; u < 4; u++) store_bits(y + first + u * 4096, bits[u]);
    } else {
        for (i64 i = block + thread() * 2; i < end && i < bytes; i += 512) *(u16 *)(y + i) = *(const u16 *)(x + i);
    }
}
