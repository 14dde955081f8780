// Flash attention forward for D = 128 (attention_flash.cuh), BF16. 128 queries per block, 16 per warp; the kernel that does everything takes
// half as many keys at a time, for the sake of its registers.
//
// Max-live registers: 169, local 181, dropout 195, all 185.
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
#include "attention_flash.cuh"

FLASH_ATTENTION(attention_d128_plain_bf16, 128, 128, 64, 1, true, PLAIN)
FLASH_ATTENTION(attention_d128_dropout_bf16, 128, 128, 64, 1, true, DROPOUT)
FLASH_ATTENTION(attention_d128_local_bf16, 128, 128, 64, 1, true, LOCAL)
FLASH_ATTENTION(attention_d128_all_bf16, 128, 128, 32, 1, true, ALL)

#endif
