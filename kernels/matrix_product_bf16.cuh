// Matrix products of BF16 on tensor cores: C (M, N) = A (M, K) B (K, N) in binary32, handed to an epilogue.
//
// A block of threads owns a tile of C and walks along K in blocks of 64. STAGES k-blocks of both operands lie in a ring in shared memory;
// cp.async fills a stage while tensor cores work on others. Each warp holds its part of the tile in registers, as 16 x 8 pieces, and two
// sets of fragments: ldmatrix fills one for the next k-step of 16 while the mma of this step use the other. One barrier per k-block,
// before its last k-step: it says both that the next stage has come and that nobody reads this one any more.
//
// An operand lies in memory along k (K_MAJOR: a row of A, a row of W in x Wᵀ) or across it (MN_MAJOR: W in dy W, both of dyᵀ x).
// Both are copied as they lie, and ldmatrix transposes the second kind. The 16-byte chunk c of a row r stands at c ^ (r & 7): neither
// the copies nor ldmatrix meet a bank twice.
//
// Ragged sizes: rows and columns beyond the matrix are copies of the tile's first, whose results are not stored. A k-block that is not full comes
// first, filled up with zeros, so that the loop has no tail and the copies in it no branch: behind the end they copy 0 bytes.
// Asks for: operands aligned to 16 bytes with contiguous lengths that are multiples of 8, N a multiple of 8.
#pragma once
#include "matrix_tiles.cuh"

#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)

template <int BM_, int BN_, int WM_, int WN_, int STAGES_, int BLOCKS_> struct Tile {
    static constexpr int BM = BM_, BN = BN_, BK = 64, WM = WM_, WN = WN_, STAGES = STAGES_;
    static constexpr int THREADS = BM / WM * (BN / WN) * 32;
    static constexpr int STAGE_BYTES = (BM + BN) * BK * 2;
    static constexpr int BLOCKS = BLOCKS_;  // that shall fit on a multiprocessor at once
};

typedef Tile<64, 64, 32, 32, 3, 3> Tile64x64;       // 128 threads, 48 KB: where larger tiles would leave multiprocessors idle
typedef Tile<128, 128, 64, 32, 3, 1> Tile128x128;   // 256 threads, 96 KB
typedef Tile<128, 256, 64, 64, 3, 1> Tile128x256;   // 256 threads, 144 KB: three quarters of the traffic of 128 x 128

// An operand's part of a stage, and how this thread copies it: one 16-byte chunk in each of PASSES rows. `first` is where the tile begins
// among the operand's `count` rows or columns, `length` the distance of its rows in memory. copy_first takes the first k-block, of which
// only `valid` of 64 are there; copy takes one after the other.
template <Major MAJOR, int EXTENT, int BK, int THREADS> struct OperandTile;

template <int EXTENT, int BK, int THREADS> struct OperandTile<K_MAJOR, EXTENT, BK, THREADS> {
    static constexpr int ROW_BYTES = BK * 2, CHUNKS = ROW_BYTES / 16, STEP = THREADS / CHUNKS, PASSES = EXTENT / STEP;
    u64 from;
    u32 to, offset[PASSES];  // bytes from `from` to the row of each pass

    DEVICE void start(const bf16 *operand, u32 shared, int first, int count, int length, i64 k) {
        int row = thread() / CHUNKS, chunk = thread() % CHUNKS;
        to = shared + row * ROW_BYTES + ((chunk ^ (row & 7)) << 4);
        from = global_number(operand + (i64)first * length + k + chunk * 8);
#pragma unroll
        for (int i = 0; i < PASSES; i++) {
            int r = row + i * STEP;
            offset[i] = (first + r < count ? r : 0) * (u32)length * 2;
        }
    }

    DEVICE void copy_first(int valid, int) {
        copy(0, thread() % CHUNKS * 8 < valid ? 16 : 0);
        from -= (BK - valid) * 2;
    }

    DEVICE void copy(u32 stage, int bytes) {
        for_each<PASSES>([&](auto i) INLINE_LAMBDA { copy16_at<i.value * STEP * ROW_BYTES>(to + stage, at_distance(from, offset[i.value]), bytes); });
        from += ROW_BYTES;
    }
};

template <int EXTENT, int BK, int THREADS> struct OperandTile<MN_MAJOR, EXTENT, BK, THREADS> {
    static constexpr int ROW_BYTES = EXTENT * 2, CHUNKS = ROW_BYTES / 16, STEP = THREADS / CHUNKS, PASSES = BK / STEP;
    u64 from;
    u32 to, stride;  // bytes from the row of a pass to the next one's, also into the next k-block

    DEVICE void start(const bf16 *operand, u32 shared, int first, int count, int length, i64 k) {
        int row = thread() / CHUNKS, chunk = thread() % CHUNKS;
        to = shared + row * ROW_BYTES + ((chunk ^ (row & 7)) << 4);
        from = global_number(operand + (k + row) * length + first + (first + chunk * 8 < count ? chunk * 8 : 0));
        stride = STEP * 2 * (u32)length;
    }

    DEVICE void copy_first(int valid, int length) {
        u64 address = from;
        for_each<PASSES>([&](auto i) INLINE_LAMBDA {
            copy16_at<i.value * STEP * ROW_BYTES>(to, address, (int)(thread() / CHUNKS) + i.value * STEP < valid ? 16 : 0);
            address = at_distance(address, stride);
        });
        from += (u64)(valid * 2) * (u32)length;
    }

    DEVICE void copy(u32 stage, int bytes) {
        for_each<PASSES>([&](auto i) INLINE_LAMBDA {
            copy16_at<i.value * STEP * ROW_BYTES>(to + stage, from, bytes);
            from = at_distance(from, stride);
        });
    }
};

// Fragments: 16 rows of A or 16 columns of B by 16 of k. The lane's address for fragment 0 and k-step 0:
template <Major MAJOR, int ROW_BYTES> DEVICE u32 fragment_address(u32 shared, int first, bool is_b) {
    int l = lane(), low = (l & 7) + ((l >> 3) & 1) * 8, high = (l & 7) + (l >> 4) * 8;
    if constexpr (MAJOR == K_MAJOR) {
        int row = first + (is_b ? high : low), half = is_b ? (l >> 3) & 1 : l >> 4;
        return shared + row * ROW_BYTES + ((half ^ (row & 7)) << 4);
    } else {
        int k = is_b ? low : high, chunk = first / 8 + (is_b ? l >> 4 : (l >> 3) & 1);
        return shared + k * ROW_BYTES + ((chunk ^ (k & 7)) << 4);
    }
}

template <Major MAJOR, int ROW_BYTES, int COUNT, int STEP> DEVICE void load_fragments(u32 (&fragments)[COUNT][4], u32 address) {
    for_each<COUNT>([&](auto i) INLINE_LAMBDA {
        if constexpr (MAJOR == K_MAJOR) {
            load_matrices_at<i.value * 16 * ROW_BYTES, false>(fragments[i.value], address ^ (STEP << 5));
        } else {
            load_matrices_at<STEP * 16 * ROW_BYTES, true>(fragments[i.value], address ^ (i.value << 5));
        }
    });
}

// Stores a warp's sums. mma leaves a thread two neighbouring columns of every eighth row; through shared memory it gets 16 bytes of one row
// of the result: E elements. Rows of WN + 8 floats keep both directions free of bank conflicts; where a thread reads eight floats, two
// times four, it takes the second four first (`swap`) if its neighbours would meet it otherwise.
template <class T, class Epilogue>
DEVICE void store_tile(const Epilogue &epilogue, const float (&sums)[T::WM / 16][T::WN / 8][4], int row, int column, int M, int N, i64 origin) {
    constexpr int E = Epilogue::ELEMENTS, PITCH = T::WN + 8;
    constexpr int LANES = T::WN / E, ROWS = 32 / LANES;  // LANES threads have a row, a warp ROWS rows at a time
    float *stage = (float *)tile_memory + warp() * T::WM * PITCH;
    int group = lane() >> 2, pair = (lane() & 3) * 2;
#pragma unroll
    for (int i = 0; i < T::WM / 16; i++)
#pragma unroll
        for (int j = 0; j < T::WN / 8; j++)
#pragma unroll
            for (int half = 0; half < 2; half++) {
                int swap = E == 4 ? 0 : T::WN == 64 ? j / 4 : group & 1;
                float2 two;
                two.x = sums[i][j][half * 2], two.y = sums[i][j][half * 2 + 1];
                *(float2 *)(stage + (i * 16 + half * 8 + group) * PITCH + j * 8 + (pair ^ (swap * 4))) = two;
            }
    warp_barrier();

    int place = lane() % LANES, r = lane() / LANES, swap = E == 4 ? 0 : T::WN == 64 ? place / 4 : r & 1;
    column += place * E;
    if (column >= N) return;
    auto bias = epilogue.template columns<E>(column);
    int from = (int)shared_address(stage + r * PITCH + place * E) ^ (swap * 16);
    i64 at = origin + (i64)(row + r) * N + column, step = (i64)ROWS * N;
    int end = from + (M - row - r < T::WM ? M - row - r : T::WM) * (PITCH * 4);  // a shared address too: one counter for the loop
    epilogue.with_function([&](auto f) INLINE_LAMBDA {
        typename Epilogue::template Fetched<E> fetched[Epilogue::AT_ONCE] = {};
#pragma unroll 1
        for (; from < end; from += ROWS * Epilogue::AT_ONCE * PITCH * 4) {
#pragma unroll
            for (int u = 0; u < Epilogue::AT_ONCE; u++) {
                if (from + u * ROWS * PITCH * 4 < end) epilogue.fetch(fetched[u], at + u * step);
            }
#pragma unroll
            for (int u = 0; u < Epilogue::AT_ONCE; u++) {
                if (from + u * ROWS * PITCH * 4 >= end) break;
                Pack<E> v;
#pragma unroll
                for (int part = 0; part < E; part += 4) {
                    float4 four = load_shared4((from + u * ROWS * PITCH * 4) ^ (part * 4));
#pragma unroll
                    for (int k = 0; k < 4; k++) v.v[part + k] = LANE(four, k);
                }
                epilogue.finish(f, v, bias, fetched[u], at + u * step);
            }
            at += step * Epilogue::AT_ONCE;
        }
    });
}

// k goes from k_first to k_end; the result begins at `origin` of the epilogue's matrices.
template <class T, Major A_MAJOR, Major B_MAJOR, class Epilogue>
DEVICE void tile_product(const Epilogue &epilogue, const bf16 *a, const bf16 *b, int M, int N, int K, int k_first, int k_end, i64 origin) {
    constexpr int STEPS = T::BK / 16, MT = T::WM / 16, NT = T::WN / 16, STAGES = T::STAGES, STAGE = T::STAGE_BYTES;
    typedef OperandTile<A_MAJOR, T::BM, T::BK, T::THREADS> TileA;
    typedef OperandTile<B_MAJOR, T::BN, T::BK, T::THREADS> TileB;
    int row, column;
    tile_origin<T>(M, N, row, column);
    int warp_row = warp() / (T::BN / T::WN) * T::WM, warp_column = warp() % (T::BN / T::WN) * T::WN;
    u32 base = shared_address(tile_memory), base_b = base + T::BM * T::BK * 2;
    int length_a = A_MAJOR == K_MAJOR ? K : M, length_b = B_MAJOR == K_MAJOR ? K : N;
    int blocks = (k_end - k_first + T::BK - 1) / T::BK, valid = k_end - k_first - (blocks - 1) * T::BK;

    TileA tile_a;
    TileB tile_b;
    tile_a.start(a, base, row, M, length_a, k_first);
    tile_b.start(b, base_b, column, N, length_b, k_first);
    tile_a.copy_first(valid, length_a);
    tile_b.copy_first(valid, length_b);
    copies_commit();
#pragma unroll
    for (int s = 1; s < STAGES; s++) {
        tile_a.copy(s * STAGE, s < blocks ? 16 : 0);
        tile_b.copy(s * STAGE, s < blocks ? 16 : 0);
        copies_commit();
    }

    u32 lane_a = fragment_address<A_MAJOR, TileA::ROW_BYTES>(base, warp_row, false);
    u32 lane_b = fragment_address<B_MAJOR, TileB::ROW_BYTES>(base_b, warp_column, true);
    u32 fragments_a[2][MT][4], fragments_b[2][NT][4];
    float sums[MT][2 * NT][4] = {};
    auto load_step = [&](auto step, u32 stage) INLINE_LAMBDA {
        load_fragments<A_MAJOR, TileA::ROW_BYTES, MT, step.value>(fragments_a[step.value & 1], lane_a + stage);
        load_fragments<B_MAJOR, TileB::ROW_BYTES, NT, step.value>(fragments_b[step.value & 1], lane_b + stage);
    };

    copies_wait<STAGES - 1>();
    block_barrier();
    load_step(Index<0>(), 0);
    u32 stage = 0;
#pragma unroll 1
    for (int block = 0; block < blocks; block++) {
        u32 next = stage == (STAGES - 1) * STAGE ? 0 : stage + STAGE;
        for_each<STEPS>([&](auto step) INLINE_LAMBDA {
            if constexpr (step.value < STEPS - 1) {
                load_step(Index<step.value + 1>(), stage);
            } else {
                copies_wait<STAGES - 2>();
                block_barrier();
                load_step(Index<0>(), next);
            }
            u32 (&a)[MT][4] = fragments_a[step.value & 1], (&b)[NT][4] = fragments_b[step.value & 1];
#pragma unroll
            for (int i = 0; i < MT; i++)
#pragma unroll
                for (int j = 0; j < 2 * NT; j++) multiply_add(sums[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
        });
        int bytes = block + STAGES < blocks ? 16 : 0;
        tile_a.copy(stage, bytes);
        tile_b.copy(stage, bytes);
        copies_commit();
        stage = next;
    }

    // The ring becomes the place where warps turn their fragments into rows. Copies of 0 bytes are still under way, this warp's and others'.
    copies_wait<0>();
    block_barrier();
    store_tile<T>(epilogue, sums, row + warp_row, column + warp_column, M, N, origin);
}

#endif
