// The products of linear layers for operands that lie in any way: C (M, N) = A (M, K) B (K, N) with A (m, k) at a[m row_a + k step_a] and
// B (k, n) at b[n row_b + k step_b], and the epilogues of the other kernels. Whatever lengths and alignments those refuse is launched
// here: an odd number of channels, a row that does not begin at 16 bytes.
//
// A block of 256 threads owns 64 x 64 of C, a thread 4 x 4; k-blocks of 16 of both operands go through shared memory as binary32, element
// by element. FLOPs: 2 M N K on the binary32 units, BF16 included; bytes: A N/64 times, B M/64 times, C once.
#include "epilogue.cuh"

constexpr int EXTENT = 64, BK = 16, PITCH = EXTENT + 4;

// 64 rows by 16 of k. Neighbouring threads take neighbouring elements in memory, whichever way they lie.
template <class T> DEVICE void load_any(float *stage, const T *operand, int first, int count, i64 row, i64 step, int k, int K) {
    bool along_k = step == 1;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        int at = thread() + i * 256, r = along_k ? at / 16 : at % 64, c = along_k ? at % 16 : at / 64;
        stage[c * PITCH + r] = first + r < count && k + c < K ? load(operand + (first + r) * row + (k + c) * step) : 0;
    }
}

template <class Epilogue, class T>
DEVICE void product_any(
    const Epilogue &epilogue, const T *a, const T *b, int M, int N, int K, i64 row_a, i64 step_a, i64 row_b, i64 step_b) {
    __shared__ __attribute__((aligned(16))) float memory[EXTENT * EXTENT];  // both k-blocks, later the result
    float *stage_a = memory, *stage_b = memory + BK * PITCH;
    int columns = (N + EXTENT - 1) / EXTENT, row = block_x() / columns * EXTENT, column = block_x() % columns * EXTENT;
    int y = thread() / 16 * 4, x = thread() % 16 * 4;
    float sums[4][4] = {};
#pragma unroll 1
    for (int k = 0; k < K; k += BK) {
        load_any(stage_a, a, row, M, row_a, step_a, k, K);
        load_any(stage_b, b, column, N, row_b, step_b, k, K);
        block_barrier();
#pragma unroll
        for (int c = 0; c < BK; c++) {
            float4 fragment_a = load4(stage_a + c * PITCH + y), fragment_b = load4(stage_b + c * PITCH + x);
#pragma unroll
            for (int i = 0; i < 4; i++)
#pragma unroll
                for (int j = 0; j < 4; j++) sums[i][j] = fused(LANE(fragment_a, i), LANE(fragment_b, j), sums[i][j]);
        }
        block_barrier();
    }

#pragma unroll
    for (int i = 0; i < 4; i++) {
        float4 four = {sums[i][0], sums[i][1], sums[i][2], sums[i][3]};
        store4(memory + (y + i) * EXTENT + x, four);
    }
    block_barrier();
    int c = column + thread() % EXTENT;
    if (c >= N) return;
    auto bias = epilogue.template columns<1>(c);
    epilogue.with_function([&](auto f) INLINE_LAMBDA {
#pragma unroll 1
        for (int r = thread() / EXTENT; r < EXTENT && row + r < M; r += 256 / EXTENT) {
            Pack<1> v = {{memory[r * EXTENT + thread() % EXTENT]}};
            i64 at = (i64)(row + r) * N + c;
            typename Epilogue::template Fetched<1> fetched = {};
            epilogue.fetch(fetched, at);
            epilogue.finish(f, v, bias, fetched, at);
        }
    });
}

#define PRODUCT_ANY(NAME, EPILOGUE, T) \
    KERNEL __launch_bounds__(256) void NAME( \
        EPILOGUE epilogue, const T *a, const T *b, int M, int N, int K, i64 row_a, i64 step_a, i64 row_b, i64 step_b) { \
        product_any(epilogue, a, b, M, N, K, row_a, step_a, row_b, step_b); \
    }

PRODUCT_ANY(product_any_f32, LinearEpilogue<float>, float)
PRODUCT_ANY(product_activation_any_f32, ActivationEpilogue<float>, float)
PRODUCT_ANY(product_slope_any_f32, SlopeEpilogue<float>, float)

#if __CUDA_ARCH__ >= 800
PRODUCT_ANY(product_any_bf16, LinearEpilogue<bf16>, bf16)
PRODUCT_ANY(product_any_bf16_f32, LinearEpilogue<float>, bf16)
PRODUCT_ANY(product_activation_any_bf16, ActivationEpilogue<bf16>, bf16)
PRODUCT_ANY(product_slope_any_bf16, SlopeEpilogue<bf16>, bf16)
#endif
