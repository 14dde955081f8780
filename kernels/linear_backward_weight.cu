// flags: -mllvm -disable-lsr
// dWeight (M, N) = dyᵀ (M, K) x (K, N) + beta dWeight: M are the layer's outputs, N its inputs, K the rows of dy and x. The gradient is stored
// in its own type, binary32 or that of the activations.
//
// A small weight has too few tiles for a GPU. Then K is cut into slices of `slice` rows (a number that depends on the sizes only, never on
// the GPU): blocks of grid row s sum up slice s and store it in a binary32 matrix of its own, and a second kernel adds the slices in
// their order.
// FLOPs: 2 M N K. Bytes: as linear.cu, and each slice's sums once written and once read.
// Layout: matrix_product_bf16.cuh, matrix_product_f32.cuh; ldmatrix transposes both operands. Registers (most alive): 64x64 100,
// 128x128 149, 128x256 233; binary32 90 and 126.
#include "product_kernels.cuh"

#define WEIGHT(NAME, TILE, OUT, T) \
    KERNEL __launch_bounds__(TILE::THREADS, TILE::BLOCKS) void NAME( \
        LinearEpilogue<OUT> epilogue, const T *a, const T *b, int M, int N, int K, int slice) { \
        int first = block_y() * slice, end = first + slice < K ? first + slice : K; \
        tile_product<TILE, MN_MAJOR, MN_MAJOR>(epilogue, a, b, M, N, K, first, end, (i64)block_y() * M * N); \
    }

WEIGHT(linear_backward_weight_64x64_f32, Tile64x64F32, float, float)
WEIGHT(linear_backward_weight_128x128_f32, Tile128x128F32, float, float)

#if __CUDA_ARCH__ >= 800
WEIGHT(linear_backward_weight_64x64_bf16, Tile64x64, bf16, bf16)
WEIGHT(linear_backward_weight_128x128_bf16, Tile128x128, bf16, bf16)
WEIGHT(linear_backward_weight_128x256_bf16, Tile128x256, bf16, bf16)
WEIGHT(linear_backward_weight_64x64_bf16_f32, Tile64x64, float, bf16)
WEIGHT(linear_backward_weight_128x128_bf16_f32, Tile128x128, float, bf16)
WEIGHT(linear_backward_weight_128x256_bf16_f32, Tile128x256, float, bf16)
#endif

// dWeight = the sum of all slices + beta dWeight, four elements per thread; count is a multiple of four.
template <class T> DEVICE void sum_slices(T *dweight, const float *slices, float beta, i64 count, int slice_count) {
    i64 first = ((i64)block_x() * 256 + thread()) * 4;
    if (first >= count) return;
    Pack<4> sum = {};
#pragma unroll 4
    for (int s = 0; s < slice_count; s++) {
        Pack<4> part = read_pack<4>(slices + s * count + first);
#pragma unroll
        for (int k = 0; k < 4; k++) sum.v[k] += part.v[k];
    }
    LinearEpilogue<T> epilogue = {dweight, nullptr, dweight, beta};
    Pack<4> no_bias = {};
    typename LinearEpilogue<T>::template Fetched<4> fetched = {};
    epilogue.fetch(fetched, first);
    epilogue.finish(Identity(), sum, no_bias, fetched, first);
}

KERNEL __launch_bounds__(256) void linear_backward_weight_sum_f32(float *dweight, const float *slices, float beta, i64 count, int slice_count) {
    sum_slices(dweight, slices, beta, count, slice_count);
}

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(256) void linear_backward_weight_sum_bf16(bf16 *dweight, const float *slices, float beta, i64 count, int slice_count) {
    sum_slices(dweight, slices, beta, count, slice_count);
}
#endif
