// Fills a tensor with a pattern of 32 bits: a binary32 value, an integer, or a BF16 value twice.
// Bytes: y once. Four 16-byte stores per thread; the last block goes by pairs of bytes.
#include "vector.cuh"

KERNEL __launch_bounds__(256) void fill_bytes(u8 *y, i64 bytes, u32 pattern) {
    constexpr int PER_BLOCK = 4 * 256 * 16;
    i64 block = (i64)block_x() * PER_BLOCK, end = block + PER_BLOCK;
    if (is_aligned(y) && end <= bytes) {
        uint4 bits;
        bits.x = bits.y = bits.z = bits.w = pattern;
#pragma unroll
        for (int u = 0; u < 4; u++) store_bits(y + block + u * 4096 + thread() * 16, bits);
    } else {
        for (i64 i = block + thread() * 2; i < end && i < bytes; i += 512) *(u16 *)(y + i) = (u16)(pattern >> ((i & 2) * 8));
    }
}
