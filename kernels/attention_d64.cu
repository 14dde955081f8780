// Flash attention forward for D = 64 (attention_flash.cuh), BF16.
//
// 64 queries per block, 16 per warp, for most; 128 and 32 per warp for long sequences, where each fragment of K and V serves two products
// and K and V are read half as often. Q stays in registers in the former and is read again for each block of keys in the latter.
//
// Max-live registers: 121, and 188 with 32 queries per warp. More than 122 have those that do more:
// registers: attention_d64_local_bf16 129: two more numbers per row say where its keys begin.
// registers: attention_d64_dropout_bf16 146: the words of Philox and its counters stand beside all scores of a block.
// registers: attention_d64_all_bf16 157: both, and the scores of a block are capped and biased one by one.
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
#include "attention_flash.cuh"

FLASH_ATTENTION(attention_d64_plain_bf16, 64, 64, 64, 1, true, PLAIN)
FLASH_ATTENTION(attention_d64_dropout_bf16, 64, 64, 64, 1, true, DROPOUT)
FLASH_ATTENTION(attention_d64_local_bf16, 64, 64, 64, 1, true, LOCAL)
FLASH_ATTENTION(attention_d64_all_bf16, 64, 64, 64, 1, true, ALL)
FLASH_ATTENTION(attention_d64_long_plain_bf16, 64, 128, 64, 2, false, PLAIN)
FLASH_ATTENTION(attention_d64_long_local_bf16, 64, 128, 64, 2, false, LOCAL)

#endif
