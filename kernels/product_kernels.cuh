// Kernels of a product by their name, one for each tile: NAME_128x128_bf16 (epilogue, a, b, M, N, K) and so on.
#pragma once
#include "matrix_product_bf16.cuh"
#include "matrix_product_f32.cuh"

#define PRODUCT_F32(NAME, TILE, EPILOGUE, A_MAJOR, B_MAJOR) \
    KERNEL __launch_bounds__(Tile##TILE##F32::THREADS, Tile##TILE##F32::BLOCKS) void NAME##_##TILE##_f32( \
        EPILOGUE<float> epilogue, const float *a, const float *b, int M, int N, int K) { \
        tile_product<Tile##TILE##F32, A_MAJOR, B_MAJOR>(epilogue, a, b, M, N, K, 0, K, 0); \
    }
#define PRODUCTS_F32(NAME, EPILOGUE, A_MAJOR, B_MAJOR) \
    PRODUCT_F32(NAME, 64x64, EPILOGUE, A_MAJOR, B_MAJOR) \
    PRODUCT_F32(NAME, 128x128, EPILOGUE, A_MAJOR, B_MAJOR)

#define PRODUCT_BF16(NAME, TILE, EPILOGUE, A_MAJOR, B_MAJOR) \
    KERNEL __launch_bounds__(Tile##TILE::THREADS, Tile##TILE::BLOCKS) void NAME##_##TILE##_bf16( \
        EPILOGUE<bf16> epilogue, const bf16 *a, const bf16 *b, int M, int N, int K) { \
        tile_product<Tile##TILE, A_MAJOR, B_MAJOR>(epilogue, a, b, M, N, K, 0, K, 0); \
    }
#define PRODUCTS_BF16(NAME, EPILOGUE, A_MAJOR, B_MAJOR) \
    PRODUCT_BF16(NAME, 64x64, EPILOGUE, A_MAJOR, B_MAJOR) \
    PRODUCT_BF16(NAME, 128x128, EPILOGUE, A_MAJOR, B_MAJOR) \
    PRODUCT_BF16(NAME, 128x256, EPILOGUE, A_MAJOR, B_MAJOR)
