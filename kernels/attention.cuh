// What forward and backward of attention share: which keys a query sees, what becomes of a product before the softmax, and which
// weights dropout keeps. S[i, j] = cap(s q_i . k_j) - m (i - j) for first(i) <= j <= i, P = exp(S - L), Z = dropout(P), y_i = sum_j Z[i, j] v_j.
//
// Scores and their maxima are kept in units of ln 2 ("base 2"), because 2^x is one instruction; L leaves a kernel as a natural logarithm.
#pragma once
#include "functions.cuh"
#include "philox.cuh"

constexpr float LOG2_E = 1.4426950408889634f, LN_2 = 0.6931471805599453f;

// A score that no query sees. It lies below the first maximum, so that its weight is 0 even in a block where a query sees nothing; both are
// finite, so that no difference of them is NaN.
constexpr float HIDDEN_SCORE = -2e30f, FIRST_MAXIMUM = -1e30f;

struct AttentionForm {
    const int *document_starts;  // (B, T) or null
    const StepState *state;      // null without dropout
    int T, H, G, D;
    float scale;                 // 1 / sqrt(D)
    int window;                  // 0: all keys up to the query's own
    float soft_cap, inverse_cap; // 0: none
    int alibi;
    u32 dropout_threshold;       // the smallest random word that is kept; 0: no dropout
    float keep_scale;            // 1 / (1 - rate)
    u32 site;
};

// The last parameters of every attention kernel, and what makes a form of them.
#define ATTENTION_FORM_PARAMETERS                                                                                                   \
    const int *document_starts, const StepState *state, int T, int H, int G, int D, float scale, int window, float soft_cap,         \
        int alibi, u32 dropout_threshold, float keep_scale, u32 site
#define ATTENTION_FORM                                                                                                              \
    AttentionForm { document_starts, state, T, H, G, D, scale, window, soft_cap, reciprocal_fast(soft_cap), alibi, dropout_threshold,  \
                    keep_scale, site }

// ---- which keys a query sees ----

DEVICE int larger(int a, int b) { return a > b ? a : b; }
DEVICE int smaller(int a, int b) { return a < b ? a : b; }

// Where the document of row `row` of sample b begins; a start behind the query's position would leave it without any key.
DEVICE int document_start(const AttentionForm &form, int b, int row, int position) {
    return form.document_starts ? smaller(larger(form.document_starts[(i64)b * form.T + row], 0), position) : 0;
}

// The first key that the query at `position` sees.
DEVICE int first_key(const AttentionForm &form, int position, int document_start) {
    return form.window ? larger(document_start, position - form.window + 1) : document_start;
}

// Of a tile of queries: the keys before `first` are seen by none, those from `all` on by every query that is not before them.
struct KeyRange {
    int first, all;
};

// Of the `rows` rows from `row` on, of T; `start` is the position of row 0. All 32 lanes of a warp take part, and all get the result.
DEVICE KeyRange key_range(const AttentionForm &form, int b, int row, int rows, int start = 0) {
    KeyRange range = {0x7fffffff, 0};
    for (int r = row + lane(); r < smaller(row + rows, form.T); r += 32) {
        int first = first_key(form, start + r, document_start(form, b, r, start + r));
        range = {smaller(range.first, first), larger(range.all, first)};
    }
#pragma unroll
    for (int offset = 16; offset; offset >>= 1) {
        range.first = smaller(range.first, (int)shuffle_xor((u32)range.first, offset));
        range.all = larger(range.all, (int)shuffle_xor((u32)range.all, offset));
    }
    return range;
}

// ---- from product to score ----

// ALiBi's slope of head h, in base 2; 0 without ALiBi. 2^(-8 (h + 1) / n) for the first n heads, n the largest power of two up to H; every
// second slope of the series for 2 n heads for those that are left (Press et al. 2022).
DEVICE float alibi_slope(const AttentionForm &form, int h) {
    if (!form.alibi) return 0;
    int n = 1, log2_n = 0;
    while (2 * n <= form.H) n *= 2, log2_n++;
    int numerator = h < n ? 2 * (h + 1) : 2 * (h - n) + 1;  // of a fraction with denominator 2 n
    float per_numerator = bits_to_float((u32)(127 + 3 - 1 - log2_n) << 23);  // 8 / (2 n)
    return LOG2_E * exp2_fast(-per_numerator * (float)numerator);
}

// The score in base 2 of a query and a key `distance` positions before it, given their unscaled product.
DEVICE float score(const AttentionForm &form, float product, float slope, int distance) {
    float s = product * form.scale;
    if (form.soft_cap != 0) s = form.soft_cap * tanh_accurate(s * form.inverse_cap);  // the same for the whole grid
    return fused(s, LOG2_E, -slope * (float)distance);
}

// The derivative cap'(s q . k) of the score with respect to the scaled product.
DEVICE float score_slope(const AttentionForm &form, float product) {
    return form.soft_cap == 0 ? 1 : tanh_slope(product * form.scale * form.inverse_cap);
}

// ---- dropout: element (h T + i) T + j of its sample ----

struct DropoutKey {
    u64 seed;
    u32 step, sample;
};

DEVICE DropoutKey dropout_key(const AttentionForm &form, int b) {
    if (!form.dropout_threshold) return {0, 0, 0};
    return {form.state->seed, form.state->step, form.state->first_sample + (u32)b};
}

DEVICE float kept(const AttentionForm &form, u32 word) { return word >= form.dropout_threshold ? form.keep_scale : 0; }

// What dropout multiplies the weight of query i and key j by: 1/(1 - rate) or 0.
DEVICE float dropout_factor(const AttentionForm &form, const DropoutKey &key, int h, int i, int j) {
    u64 element = ((u64)h * form.T + i) * form.T + j;
    return kept(form, random_word(key.seed, key.step, key.sample, form.site, element));
}

// The same for keys j and j + 1 with j even: one evaluation for both, unless an odd T lets them fall into different ones.
DEVICE void dropout_factors(const AttentionForm &form, const DropoutKey &key, int h, int i, int j, float &f0, float &f1) {
    if (form.T & 1) {
        f0 = dropout_factor(form, key, h, i, j);
        f1 = dropout_factor(form, key, h, i, j + 1);
        return;
    }
    u64 element = ((u64)h * form.T + i) * form.T + j;
    uint4 words = random_words(key.seed, key.step, key.sample, form.site, (u32)(element >> 2));
    bool high = element & 2;
    f0 = kept(form, high ? words.z : words.x);
    f1 = kept(form, high ? words.w : words.y);
}
