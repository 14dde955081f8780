// y (M, N) = x (M, K) weightᵀ (K, N) for M up to 16 rows, as in generation: the time is that of reading the weight, which is read once.
//
// A warp owns COLUMNS rows of the weight and walks along K, each lane 16 bytes at a time, against all rows of x, which come from the
// first-level cache; at the end the lanes' sums are added in a fixed order. Any K, N and alignment: what is not whole packs of 16 bytes goes
// element by element. Rows beyond M copy the last, whose results are not stored.
#pragma once
#include "epilogue.cuh"

template <int ROWS, int COLUMNS, class Epilogue, class T>
DEVICE void few_rows(const Epilogue &epilogue, const T *x, const T *weight, int M, int N, int K) {
    static_assert(ROWS * COLUMNS <= 32, "a result per lane");
    constexpr int E = PACK<T>, UNROLL = ROWS == 1 ? 4 : 1;
    int column = (block_x() * 8 + warp()) * COLUMNS;
    if (column >= N) return;
    const T *rows[ROWS], *columns[COLUMNS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) rows[r] = x + (i64)(r < M ? r : M - 1) * K;
#pragma unroll
    for (int c = 0; c < COLUMNS; c++) columns[c] = weight + (i64)(column + c < N ? column + c : column) * K;

    float sums[ROWS][COLUMNS] = {};
    int rest = lane();
    if (is_aligned(x) && is_aligned(weight) && K % E == 0) {
#pragma unroll UNROLL
        for (int k = lane() * E; k < K; k += 32 * E) {
            Pack<E> packs[COLUMNS];
#pragma unroll
            for (int c = 0; c < COLUMNS; c++) packs[c] = read_pack<E>(columns[c] + k);
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                Pack<E> pack = read_pack<E>(rows[r] + k);
#pragma unroll
                for (int c = 0; c < COLUMNS; c++)
#pragma unroll
                    for (int e = 0; e < E; e++) sums[r][c] = fused(pack.v[e], packs[c].v[e], sums[r][c]);
            }
        }
        rest = K;
    }
#pragma unroll 1
    for (int k = rest; k < K; k += 32) {
#pragma unroll
        for (int r = 0; r < ROWS; r++)
#pragma unroll
            for (int c = 0; c < COLUMNS; c++) sums[r][c] = fused(load(rows[r] + k), load(columns[c] + k), sums[r][c]);
    }

    Pack<1> own = {};  // lane r COLUMNS + c stores row r of column c
#pragma unroll
    for (int r = 0; r < ROWS; r++)
#pragma unroll
        for (int c = 0; c < COLUMNS; c++) {
            float sum = warp_sum(sums[r][c]);
            own.v[0] = lane() == r * COLUMNS + c ? sum : own.v[0];
        }
    int r = lane() / COLUMNS, c = column + lane() % COLUMNS;
    if (r >= ROWS || r >= M || c >= N) return;
    auto bias = epilogue.template columns<1>(c);
    i64 at = (i64)r * N + c;
    typename Epilogue::template Fetched<1> fetched = {};
    epilogue.fetch(fetched, at);
    epilogue.with_function([&](auto f) INLINE_LAMBDA { epilogue.finish(f, own, bias, fetched, at); });
}

// NAME_1x8_f32 and so on: rows of x and columns of the result of a block of 8 warps.
#define FEW_ROWS(NAME, ROWS, COLUMNS, TILE, EPILOGUE, T, TYPE) \
    KERNEL __launch_bounds__(256) void NAME##_##TILE##_##TYPE(EPILOGUE<T> epilogue, const T *x, const T *weight, int M, int N, int K) { \
        few_rows<ROWS, COLUMNS>(epilogue, x, weight, M, N, K); \
    }
#define ALL_FEW_ROWS(NAME, EPILOGUE, T, TYPE) \
    FEW_ROWS(NAME, 1, 1, 1x8, EPILOGUE, T, TYPE) \
    FEW_ROWS(NAME, 4, 2, 4x16, EPILOGUE, T, TYPE) \
    FEW_ROWS(NAME, 16, 2, 16x16, EPILOGUE, T, TYPE)
