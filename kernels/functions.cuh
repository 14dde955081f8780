// Functions of one number in binary32, from the special function unit's 2^x and 1/x and from polynomials (minimax fits by Remez
// exchange, the same that the Cpu backend uses). Every form keeps its digits where the textbook's would cancel, and gives NaN for NaN.
#pragma once
#include "prelude.cuh"

DEVICE float magnitude(float x) { return bits_to_float(float_to_bits(x) & 0x7fffffffu); }
DEVICE float copy_sign(float x, float sign) { return bits_to_float((float_to_bits(x) & 0x7fffffffu) | (float_to_bits(sign) & 0x80000000u)); }

// x within [-limit, limit], NaN for NaN: the plain minimum would lose it, and the one that keeps it came with sm_80.
DEVICE float clamp(float x, float limit) {
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
    return max_or_nan(min_or_nan(x, limit), -limit);
#else
    x = x > limit ? limit : x;
    return x < -limit ? -limit : x;
#endif
}

// ---- tanh: absolute error below 2^-21 ----

// For |x| < 0.56, where the form by way of exp cancels: x + x³ p(x²), relative error of the fit 1.2e-9.
DEVICE float tanh_near_zero(float x) {
    float z = x * x, p = -0.00620743213f;
    p = fused(p, z, 0.0210272204f);
    p = fused(p, z, -0.0538422801f);
    p = fused(p, z, 0.133324996f);
    p = fused(p, z, -0.333333164f);
    return fused(p * z, x, x);
}

// 1 - tanh a = 2 / (exp(2a) + 1) for a ≥ 0; without overflow, because 2^128 is infinity and 1 / infinity is 0.
DEVICE float tanh_complement(float a) { return 2 * reciprocal_fast(exp2_fast(a * 2.8853900817779268f) + 1); }

DEVICE float tanh_accurate(float x) {
    float a = magnitude(x), far = 1 - tanh_complement(a);
    return a < 0.56f ? tanh_near_zero(x) : copy_sign(far, x);
}

// 1 - tanh² x, which keeps its digits in saturation.
DEVICE float tanh_slope(float x) {
    float a = magnitude(x), near = tanh_near_zero(a), complement = tanh_complement(a);
    return a < 0.56f ? fused(-near, near, 1.f) : complement * (2 - complement);
}

// ---- erf ----

// erfc t for t ≥ 0 given exp(-t²): s p(s) exp(-t²) with s = 1 / (1 + 0.42 t); error of the fit 5.2e-9 relative where it matters.
DEVICE float erfc_of_magnitude(float t, float exp_of_minus_square) {
    float s = reciprocal_fast(fused(t, 0.42f, 1.f)), p = 0.0689246655f;
    p = fused(p, s, -0.311888725f);
    p = fused(p, s, 0.420267761f);
    p = fused(p, s, -0.105274253f);
    p = fused(p, s, 0.251461774f);
    p = fused(p, s, 0.201260805f);
    p = fused(p, s, 0.238329574f);
    p = fused(p, s, 0.236918390f);
    return p * s * exp_of_minus_square;
}

// Phi(x) = erfc(-x / sqrt 2) / 2 and phi(x), the normal distribution and its density.
DEVICE float normal_distribution(float x, float &density) {
    float e = exp2_fast(x * x * -0.72134752044448170f);  // exp(-x²/2)
    float tail = 0.5f * erfc_of_magnitude(magnitude(x) * 0.70710678f, e);
    density = e * 0.39894228f;
    return x < 0 ? tail : 1 - tail;
}

// ---- activation functions: value(x), and slope(x, value) which gives both ----

enum Function { IDENTITY, SIGMOID, RELU, SWISH, GELU_TANH, GELU_ERF };  // the order of ActivationFunction

struct Identity {
    static DEVICE float value(float x) { return x; }
    static DEVICE float slope(float x, float &value) {
        value = x;
        return 1;
    }
};

struct Relu {
    static DEVICE float value(float x) { return x < 0 ? 0 : x; }
    static DEVICE float slope(float x, float &value) {
        value = Relu::value(x);
        return x > 0 ? 1 : 0;
    }
};

// The logistic function of u, given -u log2 e; and u's slope s (1 - s) from e = exp(-|u|) ≤ 1, where neither s nor 1 - s loses digits.
DEVICE float logistic(float minus_u_log2e) { return reciprocal_fast(1 + exp2_fast(minus_u_log2e)); }
DEVICE float logistic_slope(float u_log2e, float &value) {
    float e = exp2_fast(-magnitude(u_log2e)), inverse = reciprocal_fast(1 + e), small = e * inverse;
    value = u_log2e < 0 ? small : inverse;
    return small * inverse;
}

struct Sigmoid {
    static DEVICE float value(float x) { return logistic(x * -1.4426950408889634f); }
    static DEVICE float slope(float x, float &value) { return logistic_slope(x * 1.4426950408889634f, value); }
};

struct Swish {
    static DEVICE float value(float x) { return x * Sigmoid::value(x); }
    static DEVICE float slope(float x, float &value) {
        float s, ds = Sigmoid::slope(x, s);
        value = x * s;
        return fused(x, ds, s);
    }
};

// x/2 (1 + tanh u) = x sigmoid(2u), 2u = x (linear + cubic x²).
struct GeluTanh {
    static constexpr float linear = 1.5957691216057308f, cubic = 0.071354816272600247f, log2e = 1.4426950408889634f;
    static DEVICE float value(float x) { return x * logistic(x * fused(x * x, -cubic * log2e, -linear * log2e)); }
    static DEVICE float slope(float x, float &value) {
        // Beyond 10 the slope is 0 or 1 to the last digit. Within, 2^-2u has no overflow, so that s = 1 / (1 + e) and s (1 - s) = e s² have
        // all their digits on either side.
        float near = clamp(x, 10.f), square = near * near, e = exp2_fast(near * fused(square, -cubic * log2e, -linear * log2e));
        float gate = reciprocal_fast(1 + e);
        value = max_of(x, near) * gate;
        return fused(near * fused(square, 3 * cubic, linear), e * gate * gate, gate);
    }
};

// x Phi(x).
struct GeluErf {
    static DEVICE float value(float x) {
        float density;
        return x * normal_distribution(x, density);
    }
    static DEVICE float slope(float x, float &value) {
        float density, near = clamp(x, 50.f), distribution = normal_distribution(near, density);
        value = x * distribution;
        return fused(near, density, distribution);
    }
};

// The GELU by way of erf whose results are stored as T.
template <class T> struct GeluErfFor { typedef GeluErf Type; };

#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)

// x Phi(x) for results that BF16 rounds by up to 2^-9 = 2e-3: fewer instructions than the form above, and no digits lost in the tail.
//
// Both fits are in the exponent, where the absolute error of a polynomial is the relative one of the result, and both let the tail vanish
// beyond their interval. They are minimax: least squares in binary64 on 4,000 Chebyshev nodes, the weight of each node multiplied by
// (its error / the greatest)^0.3 again and again.
struct GeluErfBf16 {
    // x Phi(x) = max(x, 0) - |x| Phi(-|x|), Phi(-a) = 2^p(a). The relative error is below 1e-5 where |x| ≤ 9; beyond, the absolute error is
    // below 1e-22. Fitted: p(a) to log2 Phi(-a) for 0 ≤ a ≤ 9, all weights ln 2.
    static DEVICE float value(float x) {
        float a = min_of(magnitude(x), 14.f), p = 7.46325028e-08f;
        p = fused(p, a, -3.65577239e-06f);
        p = fused(p, a, 7.94375301e-05f);
        p = fused(p, a, -0.0010200484f);
        p = fused(p, a, 0.00875086803f);
        p = fused(p, a, -0.0543046594f);
        p = fused(p, a, -0.458241552f);
        p = fused(p, a, -1.15129495f);
        p = fused(p, a, -0.999996603f);
        return fused(-a, exp2_fast(p), max_or_nan(x, 0.f));
    }

    // Phi(x) + x phi(x), Phi(x) = 1 / (1 + 2^(x p(x²))). The error is below 6e-7, and where |x| ≤ 5 below 8e-5 times Phi(x) + |x| phi(x);
    // where x < -5, it is below 3e-9 and a fortieth of the slope, most of which is x phi(x) and no fit. Of an infinity only Phi(x) is left, 0
    // or 1, because the other term is left out where phi(x) underflows: bounding x on both sides would take an instruction more.
    // Fitted: x p(x²) to log2 (Phi(-x) / Phi(x)) for 0 ≤ x ≤ 5, weights ln 2 Phi(x) Phi(-x) / (Phi(-x) + x phi(x)) / (0.01 + (x/5)^4), because
    // the slope is 0 near -0.75, and nothing in the tail.
    static DEVICE float slope(float x, float &value) {
        float square = x * x, p = -3.75216302e-09f;
        p = fused(p, square, 3.11828643e-07f);
        p = fused(p, square, -1.01655014e-05f);
        p = fused(p, square, 0.000149732616f);
        p = fused(p, square, 0.000126064173f);
        p = fused(p, square, -0.104873225f);
        p = fused(p, square, -2.30219817f);
        float distribution = reciprocal_fast(1 + exp2_fast(x * p));
        float density = exp2_fast(fused(square, -0.72134752f, -1.32574806f));  // exp(-x²/2) / sqrt(2 pi)
        value = GeluErfBf16::value(x);
        return fused_unless_zero(x, density, distribution);
    }
};

template <> struct GeluErfFor<bf16> { typedef GeluErfBf16 Type; };

#endif

// Calls body(F()) for the function's type: a test outside the loops, and a copy of the loops for each function. T is what the results are stored as.
template <class T, class B> DEVICE void with_function(int function, B body) {
    switch (function) {
        case IDENTITY: body(Identity()); break;
        case SIGMOID: body(Sigmoid()); break;
        case RELU: body(Relu()); break;
        case SWISH: body(Swish()); break;
        case GELU_TANH: body(GeluTanh()); break;
        default: body(typename GeluErfFor<T>::Type()); break;
    }
}
