// state = (seed, step, first_sample, learning_rate, correction1, correction2, loss_scale): what moves from step to step, put where the kernels of a
// captured graph read it. The values come as parameters of the launch, so nothing is copied from the host.
// One thread; 32 bytes.
#include "prelude.cuh"

KERNEL __launch_bounds__(32) void step_state(
    StepState *state, u64 seed, u32 step, u32 first_sample, float learning_rate, float correction1, float correction2, float loss_scale) {
    if (thread() == 0) {
        state->seed = seed;
        state->step = step;
        state->first_sample = first_sample;
        state->learning_rate = learning_rate;
        state->correction1 = correction1;
        state->correction2 = correction2;
        state->loss_scale = loss_scale;
    }
}
