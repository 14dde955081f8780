// Matrix products in binary32: C (M, N) = A (M, K) B (K, N), handed to an epilogue.
//
// A block of threads owns a tile of C and walks along K in blocks of 8, two of which lie in shared memory, along M and N whatever way the
// operand lies: while one is multiplied, each thread has its 16 bytes of either operand's next block on the way to registers. A thread
// computes TM x TN of C as groups of 4 x 4; a warp's 4 x 8 lanes read four and eight different 16-byte pieces per k, all others are
// broadcasts. Rows in shared memory are 4 floats longer than the tile: the transposing stores meet no bank twice.
//
// Ragged sizes as with BF16: rows and columns beyond the matrix copy others, a k-block that is not full comes first, filled up with zeros.
// Asks for: operands aligned to 16 bytes with contiguous lengths that are multiples of 4, N a multiple of 4.
#pragma once
#include "matrix_tiles.cuh"

template <int BM_, int BN_, int TM_, int TN_, int BLOCKS_> struct TileF32 {
    static constexpr int BM = BM_, BN = BN_, BK = 8, TM = TM_, TN = TN_, BLOCKS = BLOCKS_;
    static constexpr int THREADS = BM / TM * (BN / TN);
    static constexpr int PITCH_A = BM + 4, PITCH_B = BN + 4, STAGE = BK * (PITCH_A + PITCH_B);  // in floats
};

typedef TileF32<64, 64, 8, 4, 4> Tile64x64F32;      // 128 threads: where larger tiles would leave multiprocessors idle
typedef TileF32<128, 128, 8, 8, 2> Tile128x128F32;  // 256 threads

// A thread's 16 bytes of an operand's k-block: four of k in one row, or four rows at one k.
template <Major MAJOR, int EXTENT, int THREADS, int PITCH> struct OperandTileF32 {
    static_assert(EXTENT * 8 == THREADS * 4, "a k-block of 8 is 16 bytes per thread");
    const float *from;
    i64 advance;
    int row, k;
    float4 next;

    DEVICE void start(const float *operand, int first, int count, int length, i64 k_first) {
        if constexpr (MAJOR == K_MAJOR) {
            row = thread() / 2, k = thread() % 2 * 4;
            from = operand + (i64)(first + row < count ? first + row : first) * length + k_first + k;
            advance = 8;
        } else {
            row = thread() % (EXTENT / 4) * 4, k = thread() / (EXTENT / 4);
            from = operand + (k_first + k) * length + (first + row < count ? first + row : first);
            advance = (i64)8 * length;
        }
    }

    // The first k-block, of which only `valid` of 8 are there.
    DEVICE void load_first(int valid) {
        float4 zeros = {};
        next = zeros;
        if (k < valid) next = load4(from);
        from += advance / 8 * valid;
    }

    DEVICE void load() {
        next = load4(from);
        from += advance;
    }

    DEVICE void store(float *stage) const {
        if constexpr (MAJOR == K_MAJOR) {
#pragma unroll
            for (int i = 0; i < 4; i++) stage[(k + i) * PITCH + row] = LANE(next, i);
        } else {
            store4(stage + k * PITCH + row, next);
        }
    }
};

// k goes from k_first to k_end; the result begins at `origin` of the epilogue's matrices.
template <class T, Major A_MAJOR, Major B_MAJOR, class Epilogue>
DEVICE void tile_product(
    const Epilogue &epilogue, const float *a, const float *b, int M, int N, int K, int k_first, int k_end, i64 origin) {
    constexpr int ROWS = T::BM / T::TM, COLUMNS = T::BN / T::TN, WARPS_ACROSS = COLUMNS / 8;
    int row, column;
    tile_origin<T>(M, N, row, column);
    int y = (warp() / WARPS_ACROSS * 4 + lane() / 8) * 4, x = (warp() % WARPS_ACROSS * 8 + lane() % 8) * 4;
    int blocks = (k_end - k_first + T::BK - 1) / T::BK;

    OperandTileF32<A_MAJOR, T::BM, T::THREADS, T::PITCH_A> tile_a;
    OperandTileF32<B_MAJOR, T::BN, T::THREADS, T::PITCH_B> tile_b;
    tile_a.start(a, row, M, A_MAJOR == K_MAJOR ? K : M, k_first);
    tile_b.start(b, column, N, B_MAJOR == K_MAJOR ? K : N, k_first);
    float *stage = (float *)tile_memory;
    tile_a.load_first(k_end - k_first - (blocks - 1) * T::BK);
    tile_b.load_first(k_end - k_first - (blocks - 1) * T::BK);
    tile_a.store(stage);
    tile_b.store(stage + T::BK * T::PITCH_A);
    block_barrier();

    float sums[T::TM][T::TN] = {};
    int current = 0;
#pragma unroll 1
    for (int block = 1;; block++) {
        bool more = block < blocks;
        if (more) {
            tile_a.load();
            tile_b.load();
        }
        const float *from_a = stage + current + y, *from_b = stage + current + T::BK * T::PITCH_A + x;
#pragma unroll
        for (int k = 0; k < T::BK; k++) {
            float4 fragment_a[T::TM / 4], fragment_b[T::TN / 4];
#pragma unroll
            for (int i = 0; i < T::TM / 4; i++) fragment_a[i] = load4(from_a + k * T::PITCH_A + i * ROWS * 4);
#pragma unroll
            for (int j = 0; j < T::TN / 4; j++) fragment_b[j] = load4(from_b + k * T::PITCH_B + j * COLUMNS * 4);
#pragma unroll
            for (int i = 0; i < T::TM; i++)
#pragma unroll
                for (int j = 0; j < T::TN; j++)
                    sums[i][j] = fused(LANE(fragment_a[i / 4], i % 4), LANE(fragment_b[j / 4], j % 4), sums[i][j]);
        }
        if (!more) break;
        current = T::STAGE - current;
        tile_a.store(stage + current);
        tile_b.store(stage + current + T::BK * T::PITCH_A);
        block_barrier();
    }

    epilogue.with_function([&](auto f) INLINE_LAMBDA {
#pragma unroll
        for (int j = 0; j < T::TN; j += 4) {
            int c = column + x + j * COLUMNS;
            if (c >= N) continue;
            auto bias = epilogue.template columns<4>(c);
#pragma unroll
            for (int group = 0; group < T::TM; group += 4) {
                int r = row + y + group * ROWS;
                i64 at = origin + (i64)r * N + c;
                typename Epilogue::template Fetched<4> fetched[4] = {};
#pragma unroll
                for (int i = 0; i < 4; i++)
                    if (r + i < M) epilogue.fetch(fetched[i], at + (i64)i * N);
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    const float *sum = sums[group + i] + j;
                    Pack<4> v = {{sum[0], sum[1], sum[2], sum[3]}};
                    if (r + i < M) epilogue.finish(f, v, bias, fetched[i], at + (i64)i * N);
                }
            }
        }
    });
}
