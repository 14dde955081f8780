// A block asks once for weight and bias, in shared memory, and normalises many rows with them: what ships.
// counter: bytes over minimum
// launch: grid (N/8), block 256, shared 8192
// Until here every row asked for weight and bias again, as many bytes as the row itself has going in and out. Eight rows share them here;
// the backend gives a block up to 32. Rows of more than 1024 channels, or of broken packs, take the kernel for any row.
#include "norm_any.cuh"

KERNEL __launch_bounds__(256) void layer_norm_shared_weights(
    float *y, float *mean, float *rstd, const float *x, const float *weight, const float *bias, int N, int C, float epsilon) {
    float inverse = divide(1, (float)C);
    if (C <= 1024 && C % 4 == 0) {
        norm_rows<true, 1024>(y, mean, rstd, x, weight, bias, N, C, 8, inverse, epsilon);
    } else {
        norm_any<true>(y, mean, rstd, x, weight, bias, N, C, inverse, epsilon);
    }
}
