// AdamW: with g = gradient x min(1, clip / (norm + 1e-6))
//   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g²;  w = w - lr wd w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
// (Loshchilov and Hutter 2019). One pass: w, m, v and the gradient are read once, w, m and v written once; the time is that of the memory.
// The corrections are drawn out of the element: lr sqrt(c2) / c1 x m / (sqrt(v) + eps sqrt(c2)): one root and one reciprocal, both
// approximate to 2^-22 of a move that is itself a small part of the value. 17 to 20 instructions per element, 56 where the rounding draws a
// random word. Max-live registers: 54, with random words 73.
#include "optimizer.cuh"

struct AdamWRule {
    float beta1, share1, beta2, share2, decay, rate, epsilon;  // share1 = scale (1 - beta1) and share2 = scale² (1 - beta2)

    DEVICE void move(float &w, float &m, float &v, float g) const {
        m = fused(beta1, m, share1 * g);
        v = fused(beta2, v, share2 * g * g);
        w = fused(w, -decay, w) - rate * m * reciprocal_fast(sqrt_of_tiny(v) + epsilon);
    }
};

template <class V, class G, bool MASTER>
DEVICE void adamw(Moved<V, MASTER> moved, float *first_moment, float *second_moment, const G *gradients, i64 first, i64 count, AdamWRule rule) {
    bool aligned = moved.aligned() && is_aligned(first_moment) && is_aligned(second_moment) && is_aligned(gradients);
    for_each_four(first, count, aligned, [&](auto four) INLINE_LAMBDA {
        Pack<4> w = moved.load(four), m = four.load(first_moment), v = four.load(second_moment), g = four.load(gradients);
#pragma unroll
        for (int k = 0; k < 4; k++) rule.move(w.v[k], m.v[k], v.v[k], g.v[k]);
        moved.store(w, four);
        four.store(first_moment, m);
        four.store(second_moment, v);
    });
}

// rest1 = 1 - beta1 and rest2 = 1 - beta2 come from the host, which subtracts in double precision.
#define ADAMW(NAME, V, G, MASTER)                                                                                                        \
    KERNEL __launch_bounds__(UPDATE_THREADS) void NAME(                                                                                  \
        V *values, float *master, float *first_moment, float *second_moment, const G *gradients, const float *norm,                      \
        const StepState *state, i64 first, i64 count, float beta1, float rest1, float beta2, float rest2, float epsilon, float decay,    \
        float clip, u32 site) {                                                                                                          \
        float scale = clip_scale(norm, clip), rate = state->learning_rate, root = square_root(state->correction2);                       \
        AdamWRule rule = {beta1, scale * rest1, beta2, scale * scale * rest2, rate * decay, divide(rate * root, state->correction1),      \
                          epsilon * root};                                                                                               \
        adamw(Moved<V, MASTER>{values, master, state, site}, first_moment, second_moment, gradients, first, count, rule);                \
    }

ADAMW(adamw_f32_f32, float, float, false)
ADAMW(adamw_f32_f32_master, float, float, true)
#if __CUDA_ARCH__ >= 800
ADAMW(adamw_bf16_f32, bf16, float, false)
ADAMW(adamw_bf16_bf16, bf16, bf16, false)
ADAMW(adamw_bf16_f32_master, bf16, float, true)
ADAMW(adamw_bf16_bf16_master, bf16, bf16, true)
#endif
