// Only blocks on the diagonal have mask arithmetic; one barrier per step, queries in registers: the kernel that ships.
// counter: instructions per mma
// launch: grid (B*H, T/64), block 128, shared 40960
// needs: D = 64
// The steps off the diagonal are a loop of their own, straight code without a comparison per score; the copy is issued without a branch, and
// the output leaves in 16-byte stores through shared memory. More: attention_flash.cuh.
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
#include "attention_flash.cuh"

KERNEL __launch_bounds__(128) void attention_diagonal_apart(
    bf16 *y, float *lse, const bf16 *qkv, int B, int T, int H, int D, float scale) {
    AttentionForm form = {};
    form.T = T, form.H = form.G = H, form.D = D, form.scale = scale;
    flash_attention<64, 64, 64, 1, true, PLAIN>(y, lse, qkv, form);
}

#endif
