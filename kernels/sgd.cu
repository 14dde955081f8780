// Stochastic gradient descent: with g = gradient x min(1, clip / (norm + 1e-6)) + wd w
//   u = mu u + g;  w = w - lr u, or with Nesterov's look ahead w = w - lr (g + mu u)
// (Sutskever et al. 2013). One pass: w, u and the gradient are read once, w and u written once; the time is that of the memory.
// 11 to 14 instructions per element, 50 where the rounding draws a random word. Max-live registers: 45, with random words 57.
#include "optimizer.cuh"

struct SgdRule {
    float gradient_scale, momentum, decay, rate, gradient_share, velocity_share;

    DEVICE void move(float &w, float &u, float g) const {
        g = fused(decay, w, gradient_scale * g);
        u = fused(momentum, u, g);
        w = fused(-rate, fused(gradient_share, g, velocity_share * u), w);
    }
};

template <class V, class G, bool MASTER>
DEVICE void sgd(Moved<V, MASTER> moved, float *velocity, const G *gradients, i64 first, i64 count, SgdRule rule) {
    bool aligned = moved.aligned() && is_aligned(velocity) && is_aligned(gradients);
    for_each_four(first, count, aligned, [&](auto four) INLINE_LAMBDA {
        Pack<4> w = moved.load(four), u = four.load(velocity), g = four.load(gradients);
#pragma unroll
        for (int k = 0; k < 4; k++) rule.move(w.v[k], u.v[k], g.v[k]);
        moved.store(w, four);
        four.store(velocity, u);
    });
}

// The values move by gradient_share g + velocity_share u: 0 and 1, or with Nesterov's look ahead 1 and mu.
#define SGD(NAME, V, G, MASTER)                                                                                                          \
    KERNEL __launch_bounds__(UPDATE_THREADS) void NAME(                                                                                  \
        V *values, float *master, float *velocity, const G *gradients, const float *norm, const StepState *state, i64 first, i64 count,  \
        float momentum, float decay, float gradient_share, float velocity_share, float clip, u32 site) {                                 \
        SgdRule rule = {clip_scale(norm, clip), momentum, decay, state->learning_rate, gradient_share, velocity_share};                  \
        sgd(Moved<V, MASTER>{values, master, state, site}, velocity, gradients, first, count, rule);                                     \
    }

SGD(sgd_f32_f32, float, float, false)
SGD(sgd_f32_f32_master, float, float, true)
#if __CUDA_ARCH__ >= 800
SGD(sgd_bf16_f32, bf16, float, false)
SGD(sgd_bf16_bf16, bf16, bf16, false)
SGD(sgd_bf16_f32_master, bf16, float, true)
SGD(sgd_bf16_bf16_master, bf16, bf16, true)
#endif
