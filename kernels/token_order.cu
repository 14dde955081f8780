// Where in a batch each token stands: the positions ordered by (token, position), and for every row of the table the place at which its
// positions start. Integers only, nothing of the launch plays a role.
//   token_tiles   sorts each tile of 512 positions by counting, for each, how many of the tile come before it;
//   token_ranks   merges: a position's rank in the whole is its rank in its tile plus, by binary search, those of all other tiles;
//   token_starts  finds the first rank of each token by binary search.
// A token outside the table counts as the first one behind it, which has no row.
#include "prelude.cuh"

constexpr int TILE = 512;
constexpr int NOTHING = 0x7fffffff;  // fills the last tile

// How many of the first `count` of ascending values are below `bound`.
template <class P> DEVICE int count_below(P values, int count, i64 bound) {
    int low = 0;
    while (low < count) {
        int middle = (low + count) >> 1;
        if (values[middle] < bound) low = middle + 1;
        else count = middle;
    }
    return low;
}

KERNEL __launch_bounds__(512) void token_tiles(int *tile_tokens, int *tile_positions, const int *indices, int count, int limit) {
    __shared__ int tokens[TILE];
    int position = block_x() * TILE + thread(), token = NOTHING;
    if (position < count) {
        token = indices[position];
        token = (u32)token < (u32)limit ? token : limit;
    }
    tokens[thread()] = token;
    block_barrier();
    int rank = 0;
#pragma unroll 8
    for (int i = 0; i < TILE; i++) {
        int other = tokens[i];
        rank += other < token || (other == token && i < thread());
    }
    if (position < count) {  // what fills the tile ranks behind
        tile_tokens[block_x() * TILE + rank] = token;
        tile_positions[block_x() * TILE + rank] = position;
    }
}

KERNEL __launch_bounds__(512) void token_ranks(int *sorted, int *order, const int *tile_tokens, const int *tile_positions, int count) {
    __shared__ int tokens[TILE];
    int place = block_x() * TILE + thread(), token = place < count ? tile_tokens[place] : NOTHING, rank = thread();
    for (int first = 0; first < count; first += TILE) {
        int size = count - first < TILE ? count - first : TILE, tile = first / TILE;
        block_barrier();  // nobody searches the tile before any more
        if (thread() < size) tokens[thread()] = tile_tokens[first + thread()];
        block_barrier();
        // Equal tokens of earlier tiles come before, those of later ones behind.
        if (tile != block_x()) rank += count_below(tokens, size, (i64)token + (tile < block_x()));
    }
    if (place < count) {
        sorted[rank] = token;
        order[rank] = tile_positions[place];
    }
}

KERNEL __launch_bounds__(256) void token_starts(int *starts, const int *sorted, int count, int limit) {
    int token = block_x() * 256 + thread();
    if (token <= limit) starts[token] = count_below(sorted, count, token);
}
