namespace GptSharp.Ptx.Tests.Differential;

/// <summary>
/// C functions in directed rounding and with subnormals flushed: on the GPU intrinsics, on the processor plain operations under the
/// control word MXCSR; conversions as inline assembly, because clang-19 takes the intrinsics from integers for plain casts. Operands and results go through volatile variables, so that nothing moves out of the changed mode.
/// </summary>
internal static class RoundingModes
{
    /// <summary>The source.</summary>
    public const string Text = """

        #ifdef __NVPTX__
        #define TWO(name, type, suffix) \
            FN type add_##name(type a, type b) { return __nvvm_add_##name##_##suffix(a, b); } \
            FN type sub_##name(type a, type b) { return __nvvm_add_##name##_##suffix(a, -b); } \
            FN type mul_##name(type a, type b) { return __nvvm_mul_##name##_##suffix(a, b); } \
            FN type div_##name(type a, type b) { return __nvvm_div_##name##_##suffix(a, b); } \
            FN type sqrt_##name(type a) { return __nvvm_sqrt_##name##_##suffix(a); } \
            FN type fma_##name(type a, type b, type c) { return __nvvm_fma_##name##_##suffix(a, b, c); }
        #define MODE(name, control) TWO(name, f32, f) TWO(name, f64, d)
        FN f32 add_ftz(f32 a, f32 b) { return __nvvm_add_rn_ftz_f(a, b); }
        FN f32 mul_ftz(f32 a, f32 b) { return __nvvm_mul_rn_ftz_f(a, b); }
        FN f32 div_ftz(f32 a, f32 b) { return __nvvm_div_rn_ftz_f(a, b); }
        FN f32 fma_ftz(f32 a, f32 b, f32 c) { return __nvvm_fma_rn_ftz_f(a, b, c); }
        #define CVT(to, toRegister, from, fromRegister, name, form, range) \
            FN to to##_of_##from##_##name(from a) { to r; asm(form : toRegister(r) : fromRegister(range ? a : 0)); return r; }
        #define CONVERSIONS(name, control) \
            CVT(f32, "=f", f64, "d", name, "cvt." #name ".f32.f64 %0, %1;", 1) \
            CVT(f32, "=f", i32, "r", name, "cvt." #name ".f32.s32 %0, %1;", 1) \
            CVT(f32, "=f", i64, "l", name, "cvt." #name ".f32.s64 %0, %1;", 1) \
            CVT(f64, "=d", i64, "l", name, "cvt." #name ".f64.s64 %0, %1;", 1) \
            CVT(i32, "=r", f32, "f", name, "cvt." #name "i.s32.f32 %0, %1;", __builtin_fabsf(a) < 2.1e9f) \
            CVT(i32, "=r", f64, "d", name, "cvt." #name "i.s32.f64 %0, %1;", __builtin_fabs(a) < 2.1e9) \
            CVT(i64, "=l", f32, "f", name, "cvt." #name "i.s64.f32 %0, %1;", __builtin_fabsf(a) < 9.2e18f) \
            CVT(i64, "=l", f64, "d", name, "cvt." #name "i.s64.f64 %0, %1;", __builtin_fabs(a) < 9.2e18)
        #else
        #define UNDER(control, type, expression) \
            unsigned saved = __builtin_ia32_stmxcsr(); __builtin_ia32_ldmxcsr(saved | (control)); \
            volatile type result = expression; __builtin_ia32_ldmxcsr(saved); return result;
        #define TWO(name, control, type, suffix) \
            FN type add_##name(type a, type b) { volatile type x = a, y = b; UNDER(control, type, x + y) } \
            FN type sub_##name(type a, type b) { volatile type x = a, y = b; UNDER(control, type, x - y) } \
            FN type mul_##name(type a, type b) { volatile type x = a, y = b; UNDER(control, type, x * y) } \
            FN type div_##name(type a, type b) { volatile type x = a, y = b; UNDER(control, type, x / y) } \
            FN type sqrt_##name(type a) { volatile type x = a; UNDER(control, type, __builtin_sqrt##suffix(x)) } \
            FN type fma_##name(type a, type b, type c) { volatile type x = a, y = b, z = c; UNDER(control, type, __builtin_fma##suffix(x, y, z)) }
        #define MODE(name, control) TWO(name, control, f32, f) TWO(name, control, f64,)
        TWO(ftz, 0x8040, f32, f)
        typedef f32 f32x4 __attribute__((vector_size(16))); typedef f64 f64x2 __attribute__((vector_size(16)));
        #define CONVERSIONS(name, control) \
            FN f32 f32_of_f64_##name(f64 a) { volatile f64 x = a; UNDER(control, f32, (f32)x) } \
            FN f32 f32_of_i32_##name(i32 a) { volatile i32 x = a; UNDER(control, f32, (f32)x) } \
            FN f32 f32_of_i64_##name(i64 a) { volatile i64 x = a; UNDER(control, f32, (f32)x) } \
            FN f64 f64_of_i64_##name(i64 a) { volatile i64 x = a; UNDER(control, f64, (f64)x) } \
            FN i32 i32_of_f32_##name(f32 a) { volatile f32 x = __builtin_fabsf(a) < 2.1e9f ? a : 0; UNDER(control, i32, __builtin_ia32_cvtss2si(f32x4{x})) } \
            FN i32 i32_of_f64_##name(f64 a) { volatile f64 x = __builtin_fabs(a) < 2.1e9 ? a : 0; UNDER(control, i32, __builtin_ia32_cvtsd2si(f64x2{x})) } \
            FN i64 i64_of_f32_##name(f32 a) { volatile f32 x = __builtin_fabsf(a) < 9.2e18f ? a : 0; UNDER(control, i64, __builtin_ia32_cvtss2si64(f32x4{x})) } \
            FN i64 i64_of_f64_##name(f64 a) { volatile f64 x = __builtin_fabs(a) < 9.2e18 ? a : 0; UNDER(control, i64, __builtin_ia32_cvtsd2si64(f64x2{x})) }
        #endif
        MODE(rm, 0x2000) MODE(rp, 0x4000) MODE(rz, 0x6000)
        CONVERSIONS(rn, 0) CONVERSIONS(rm, 0x2000) CONVERSIONS(rp, 0x4000) CONVERSIONS(rz, 0x6000)
        """;
}
