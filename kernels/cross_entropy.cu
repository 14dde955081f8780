// Softmax cross-entropy over rows of logits z, (rows, Vp) of which the first V columns count, for a target t per row:
//   L = log sum_v exp z_v;  row loss = L - z_t;  loss = scale x sum over scored rows of (row loss + z_loss L²)
//   dz_v = dLoss scale ((1 + 2 z_loss L) exp(z_v - L) - [v = t]) + beta dz_v
// scale is the state's loss_scale. A row whose target is -1 is not scored: its loss is 0, its gradient beta dz, as it is in the padding columns V ... Vp - 1.
//
// One block per row, of up to 512 threads. Forward each thread keeps the largest logit so far and the sum of exponentials below it, and
// corrects the sum when the largest grows (Milakov and Gimelshein 2018, arXiv:1805.02867): one pass. Then the lanes of a warp and the
// warps of the block meet at their largest. Backward makes the softmax again from L. The logits are read twice in all, four loads of 16
// bytes in flight per thread. Bytes: the logits once each way, their gradient once. The row losses are summed by a kernel of one block,
// in double precision and in a fixed order. Instructions per logit: 5.8 forward and 4.9 backward in binary32, 6.4 and 4.9 in BF16.
// Max-live registers: 59 forward, 55 backward, 77 where the gradient is added to.
#include "block_sum.cuh"
#include "vector.cuh"

enum { ROW_THREADS = 512, IN_FLIGHT = 4, GROUP = IN_FLIGHT * 32 };

// How the threads of a block share columns 0 ... columns - 1 of a row: groups of 128 packs go to the warps in turn, the packs behind the
// last whole group to the threads in turn, and so do the columns behind the last whole pack (all of them where packs are not aligned).
template <int N> struct Shares {
    int groups, packs;

    DEVICE Shares(int columns, bool aligned) : packs(aligned ? columns / N : 0) { groups = packs / GROUP; }

    DEVICE int first_column() const { return (warp() * GROUP + lane()) * N; }       // of this thread's share of the first group
    DEVICE int group_stride() const { return block_threads() * (IN_FLIGHT * N); }   // columns from a warp's group to its next
    DEVICE int first_pack() const { return groups * GROUP + thread(); }
    DEVICE int first_single() const { return packs * N + thread(); }

    DEVICE bool is_mine(int column) const {
        int pack = column / N, threads = block_threads();
        if (pack < groups * GROUP) return pack / GROUP % (threads / 32) == warp() && pack % 32 == lane();
        int place = pack < packs ? pack - groups * GROUP : column - packs * N;
        return place % threads == thread();
    }
};

// What a softmax's denominator is while it is summed up: sum of exp(z - largest).
struct Exponentials {
    float largest, sum;

    template <int N> DEVICE void add(const float (&z)[N]) {
        float before = largest;
#pragma unroll
        for (int k = 0; k < N; k++) largest = max_of(largest, z[k]);
        sum *= exp_fast(before - largest);
#pragma unroll
        for (int k = 0; k < N; k++) sum += exp_fast(z[k] - largest);
    }

    // All lanes' together, in every lane.
    DEVICE Exponentials over_warp() const {
        float top = warp_max(largest);
        return {top, warp_sum(sum * exp_fast(largest - top))};
    }
};

template <class T>
DEVICE void forward(float *row_loss, float *log_sum_exp, const T *logits, const int *targets, u64 *report, int V, int Vp) {
    constexpr int N = PACK<T>;
    __shared__ float tops[ROW_THREADS / 32], sums[ROW_THREADS / 32];
    int row = blocks_x() - 1 - block_x();  // the last logits were written last, and may still be in the cache
    int threads = block_threads();
    const T *z = logits + (i64)row * Vp;
    Shares<N> shares(V, is_aligned(z));
    Exponentials all = {-1e30f, 0};
    const T *p = z + shares.first_column();
#pragma unroll 1
    for (int group = warp(); group < shares.groups; group += threads / 32) {
        uint4 bits[IN_FLIGHT];
#pragma unroll
        for (int u = 0; u < IN_FLIGHT; u++) bits[u] = load_bits(p + u * 32 * N);
        float values[IN_FLIGHT * N];
#pragma unroll
        for (int u = 0; u < IN_FLIGHT; u++) {
            Pack<N> pack = unpack(z, bits[u]);
#pragma unroll
            for (int k = 0; k < N; k++) values[u * N + k] = pack.v[k];
        }
        all.add(values);
        p += shares.group_stride();
    }
#pragma unroll 1
    for (int i = shares.first_pack(); i < shares.packs; i += threads) all.add(unpack(z, load_bits(z + i * N)).v);
#pragma unroll 1
    for (int c = shares.first_single(); c < V; c += threads) {
        float value[1] = {load(z + c)};
        all.add(value);
    }

    all = all.over_warp();
    if (lane() == 0) {
        tops[warp()] = all.largest;
        sums[warp()] = all.sum;
    }
    block_barrier();
    if (warp() > 0) return;
    bool there = lane() < threads / 32;
    all = Exponentials{there ? tops[lane()] : -1e30f, there ? sums[lane()] : 0}.over_warp();
    if (lane() > 0) return;
    int target = targets[row];
    float log_sum = log_fast(all.sum), loss = 0;
    if ((u32)target < (u32)V) {
        loss = log_sum + (all.largest - load(z + target));
    } else if (target != -1) {
        report_index(report, row, target, V);
    }
    log_sum_exp[row] = all.largest + log_sum;
    row_loss[row] = loss;
}

KERNEL __launch_bounds__(ROW_THREADS) void cross_entropy_f32(
    float *row_loss, float *log_sum_exp, const float *logits, const int *targets, u64 *report, int V, int Vp) {
    forward(row_loss, log_sum_exp, logits, targets, report, V, Vp);
}

#if __CUDA_ARCH__ >= 800
KERNEL __launch_bounds__(ROW_THREADS) void cross_entropy_bf16(
    float *row_loss, float *log_sum_exp, const bf16 *logits, const int *targets, u64 *report, int V, int Vp) {
    forward(row_loss, log_sum_exp, logits, targets, report, V, Vp);
}
#endif

// One block: loss = scale x sum over scored rows of row_loss + z_loss L².
KERNEL __launch_bounds__(ROW_THREADS) void cross_entropy_sum(
    float *loss, const float *row_loss, const float *log_sum_exp, const int *targets, const StepState *state, int rows, int V, float z_loss) {
    __shared__ double scratch[ROW_THREADS];
    double sum = 0;
#pragma unroll 4
    for (int row = thread(); row < rows; row += ROW_THREADS) {
        sum += row_loss[row];
        if (z_loss != 0 && (u32)targets[row] < (u32)V) {
            double L = log_sum_exp[row];
            sum += z_loss * L * L;
        }
    }
    sum = block_sum(sum, scratch);
    if (thread() == 0) *loss = (float)(state->loss_scale * sum);
}

// factor exp(z - L). Where the result is rounded to BF16 one multiply-add makes the exponent, off by 2^-24 of L; a binary32 result
// subtracts first.
DEVICE float scaled_softmax(const float *, float z, float L, float factor) { return factor * exp_fast(z - L); }
#if __CUDA_ARCH__ >= 800
DEVICE float scaled_softmax(const bf16 *, float z, float L, float factor) {
    const float LOG2_E = 1.4426950408889634f;
    return factor * exp2_fast(fused(z, LOG2_E, -L * LOG2_E));
}
#endif

// The gradient of a row, which may lie in place of its logits: zero from column V on and, not SCORED, everywhere; with ACCUMULATE beta x
// the old gradient is added.
template <bool ACCUMULATE, bool SCORED, class T, int N>
DEVICE void backward_row(T *d, const T *z, float L, float factor, float beta, Shares<N> shares, int V, int Vp) {
    int threads = block_threads();
    auto slopes = [&](uint4 logits, uint4 old) INLINE_LAMBDA {
        Pack<N> pack = unpack(z, logits), before = unpack(z, old);
#pragma unroll
        for (int k = 0; k < N; k++) {
            float slope = SCORED ? scaled_softmax(z, pack.v[k], L, factor) : 0;
            pack.v[k] = ACCUMULATE ? fused(beta, before.v[k], slope) : slope;
        }
        return pack;
    };
    const T *from = z + shares.first_column();
    T *to = d + shares.first_column();
#pragma unroll 1
    for (int group = warp(); group < shares.groups; group += threads / 32) {
        uint4 logits[IN_FLIGHT] = {}, old[IN_FLIGHT] = {};
#pragma unroll
        for (int u = 0; u < IN_FLIGHT; u++) {
            if (SCORED) logits[u] = load_bits(from + u * 32 * N);
            if (ACCUMULATE) old[u] = load_bits(to + u * 32 * N);
        }
#pragma unroll
        for (int u = 0; u < IN_FLIGHT; u++) store_pack(to + u * 32 * N, slopes(logits[u], old[u]));
        from += shares.group_stride();
        to += shares.group_stride();
    }
#pragma unroll 1
    for (int i = shares.first_pack(); i < shares.packs; i += threads) {
        uint4 logits = {}, old = {};
        if (SCORED) logits = load_bits(z + i * N);
        if (ACCUMULATE) old = load_bits(d + i * N);
        store_pack(d + i * N, slopes(logits, old));
    }
#pragma unroll 1
    for (int c = shares.first_single(); c < Vp; c += threads) {
        float slope = SCORED && c < V ? scaled_softmax(z, load(z + c), L, factor) : 0;
        store(d + c, ACCUMULATE ? fused(beta, load(d + c), slope) : slope);
    }
}

template <bool ACCUMULATE, class T>
DEVICE void backward(
    T *d_logits, const float *d_loss, const T *logits, const int *targets, const float *log_sum_exp, const StepState *state, int V, int Vp,
    float z_loss, float beta) {
    constexpr int N = PACK<T>;
    int row = block_x(), target = targets[row];
    T *d = d_logits + (i64)row * Vp;
    const T *z = logits + (i64)row * Vp;
    bool aligned = is_aligned(z) && is_aligned(d);
    if ((u32)target >= (u32)V) {
        backward_row<ACCUMULATE, false>(d, z, 0, 0, beta, Shares<N>(Vp, aligned), Vp, Vp);
        return;
    }

    float L = log_sum_exp[row], slope = *d_loss * state->loss_scale, weight = 1 + 2 * z_loss * L;
    Shares<N> shares(V, aligned);
    // The thread that writes the target's column writes it a second time, from what it reads before the first.
    bool mine = shares.is_mine(target);
    float own = mine ? load(z + target) : 0, held = ACCUMULATE && mine ? beta * load(d + target) : 0;
    backward_row<ACCUMULATE, true>(d, z, L, slope * weight, beta, shares, V, Vp);
    if (mine) store(d + target, fused(slope, weight * exp_fast(own - L) - 1, held));
}

#define BACKWARD(NAME, T, ACCUMULATE)                                                                                                    \
    KERNEL __launch_bounds__(ROW_THREADS) void NAME(                                                                                     \
        T *d_logits, const float *d_loss, const T *logits, const int *targets, const float *log_sum_exp, const StepState *state, int V,  \
        int Vp, float z_loss, float beta) {                                                                                              \
        backward<ACCUMULATE>(d_logits, d_loss, logits, targets, log_sum_exp, state, V, Vp, z_loss, beta);                                \
    }

BACKWARD(cross_entropy_backward_f32, float, false)
BACKWARD(cross_entropy_backward_add_f32, float, true)
#if __CUDA_ARCH__ >= 800
BACKWARD(cross_entropy_backward_bf16, bf16, false)
BACKWARD(cross_entropy_backward_add_bf16, bf16, true)
#endif
