// What all kernels for matrix products share: how an operand may lie, and which tile of C (M, N) a block of threads owns.
#pragma once
#include "epilogue.cuh"

// An operand lies in memory along k (a row of x or W in x Wᵀ) or across it (W in dy W, both operands of dyᵀ x).
enum Major { K_MAJOR, MN_MAJOR };

extern __shared__ __attribute__((aligned(128))) u8 tile_memory[];

// Blocks go through C in groups of 8 tile rows, column by column, so that those that run together share operands in the second-level cache.
template <class T> DEVICE void tile_origin(int M, int N, int &row, int &column) {
    constexpr int GROUP = 8;
    int rows = (M + T::BM - 1) / T::BM, columns = (N + T::BN - 1) / T::BN;
    int group = block_x() / (GROUP * columns), place = block_x() % (GROUP * columns);
    int height = rows - group * GROUP < GROUP ? rows - group * GROUP : GROUP;
    row = (group * GROUP + place % height) * T::BM;
    column = place / height * T::BN;
}
