// What every kernel is written with. The only file that knows which compiler reads it: clang without the CUDA toolkit (which makes the
// PTX that ships), or nvcc and NVRTC with it. Everything else in this folder uses the names below and no compiler builtin.
//
// Letters: B batch, T positions, C channels, H heads, D channels of a head, V vocabulary, M N K sizes of a matrix product.
// Parameters of a kernel: outputs, inputs, scalars.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

#ifdef __NVCC__

#define DEVICE __device__ __forceinline__
#define KERNEL extern "C" __global__
#define INLINE_LAMBDA
#define LANE(v, k) (&(v).x)[k]  // element k of a vector
DEVICE float bits_to_float(u32 v) { return __uint_as_float(v); }
DEVICE u32 float_to_bits(float v) { return __float_as_uint(v); }
DEVICE int thread() { return threadIdx.x; }
DEVICE int block_x() { return blockIdx.x; }
DEVICE int block_y() { return blockIdx.y; }
DEVICE int block_z() { return blockIdx.z; }
DEVICE int blocks_x() { return gridDim.x; }
DEVICE int block_threads() { return blockDim.x; }
DEVICE void block_barrier() { __syncthreads(); }
DEVICE void warp_barrier() { __syncwarp(); }
DEVICE float shuffle_xor(float v, int mask) { return __shfl_xor_sync(0xffffffffu, v, mask); }
DEVICE u32 shuffle_xor(u32 v, int mask) { return __shfl_xor_sync(0xffffffffu, v, mask); }
DEVICE double shuffle_xor(double v, int mask) { return __shfl_xor_sync(0xffffffffu, v, mask); }
DEVICE float shuffle(float v, int lane) { return __shfl_sync(0xffffffffu, v, lane); }
DEVICE int shuffle(int v, int lane) { return __shfl_sync(0xffffffffu, v, lane); }
DEVICE float max_of(float a, float b) { return fmaxf(a, b); }
DEVICE float min_of(float a, float b) { return fminf(a, b); }
DEVICE float fused(float a, float b, float c) { return fmaf(a, b, c); }
DEVICE float square_root(float v) { return __fsqrt_rn(v); }
DEVICE double square_root(double v) { return __dsqrt_rn(v); }
DEVICE float divide(float a, float b) { return __fdiv_rn(a, b); }
template <class P> DEVICE u32 shared_address(P *p) { return (u32)__cvta_generic_to_shared((const void *)p); }
DEVICE const void *global_address(const void *p) { return (const void *)__cvta_generic_to_global(p); }
DEVICE float4 operator+(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }
DEVICE float4 operator-(float4 a, float4 b) { return make_float4(a.x - b.x, a.y - b.y, a.z - b.z, a.w - b.w); }
DEVICE float4 operator*(float4 a, float4 b) { return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w); }
DEVICE float4 operator*(float4 a, float b) { return make_float4(a.x * b, a.y * b, a.z * b, a.w * b); }

#else

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define DEVICE __device__ inline __attribute__((always_inline))
#define KERNEL extern "C" __global__
#define INLINE_LAMBDA __attribute__((always_inline))  // a lambda that is called twice is otherwise a call, and its captures .local
#define LANE(v, k) (v)[k]
typedef float float2 __attribute__((ext_vector_type(2)));
typedef float float4 __attribute__((ext_vector_type(4)));
typedef u32 uint2 __attribute__((ext_vector_type(2)));
typedef u32 uint4 __attribute__((ext_vector_type(4)));
DEVICE float bits_to_float(u32 v) { return __builtin_bit_cast(float, v); }
DEVICE u32 float_to_bits(float v) { return __builtin_bit_cast(u32, v); }
DEVICE int thread() { return __nvvm_read_ptx_sreg_tid_x(); }
DEVICE int block_x() { return __nvvm_read_ptx_sreg_ctaid_x(); }
DEVICE int block_y() { return __nvvm_read_ptx_sreg_ctaid_y(); }
DEVICE int block_z() { return __nvvm_read_ptx_sreg_ctaid_z(); }
DEVICE int blocks_x() { return __nvvm_read_ptx_sreg_nctaid_x(); }
DEVICE int block_threads() { return __nvvm_read_ptx_sreg_ntid_x(); }
DEVICE void block_barrier() { __syncthreads(); }
DEVICE void warp_barrier() { __nvvm_bar_warp_sync(0xffffffffu); }
DEVICE float shuffle_xor(float v, int mask) { return __nvvm_shfl_sync_bfly_f32(0xffffffffu, v, mask, 0x1f); }
DEVICE u32 shuffle_xor(u32 v, int mask) { return (u32)__nvvm_shfl_sync_bfly_i32(0xffffffffu, (int)v, mask, 0x1f); }
DEVICE double shuffle_xor(double v, int mask) {
    u64 bits = __builtin_bit_cast(u64, v);
    u32 low = shuffle_xor((u32)bits, mask), high = shuffle_xor((u32)(bits >> 32), mask);
    return __builtin_bit_cast(double, (u64)high << 32 | low);
}
DEVICE float shuffle(float v, int lane) { return __nvvm_shfl_sync_idx_f32(0xffffffffu, v, lane, 0x1f); }
DEVICE int shuffle(int v, int lane) { return __nvvm_shfl_sync_idx_i32(0xffffffffu, v, lane, 0x1f); }
DEVICE float max_of(float a, float b) { return __nvvm_fmax_f(a, b); }
DEVICE float min_of(float a, float b) { return __nvvm_fmin_f(a, b); }
DEVICE float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DEVICE float square_root(float v) { return __nvvm_sqrt_rn_f(v); }
DEVICE double square_root(double v) { return __nvvm_sqrt_rn_d(v); }
DEVICE float divide(float a, float b) { return __nvvm_div_rn_f(a, b); }
template <class P> DEVICE u32 shared_address(P *p) { return (u32)(u64)(__attribute__((address_space(3))) const void *)p; }
DEVICE __attribute__((address_space(1))) const void *global_address(const void *p) { return (__attribute__((address_space(1))) const void *)p; }

#endif

// ---- threads ----

DEVICE int lane() { return thread() & 31; }  // blocks are multiples of 32 threads along x
DEVICE int warp() { return thread() >> 5; }

template <class T> DEVICE T warp_sum(T v) {
#pragma unroll
    for (int offset = 16; offset; offset >>= 1) v += shuffle_xor(v, offset);
    return v;
}

DEVICE float warp_max(float v) {
#pragma unroll
    for (int offset = 16; offset; offset >>= 1) v = max_of(v, shuffle_xor(v, offset));
    return v;
}

// ---- functions: one instruction of the special function unit each, error below 2^-21 of the result unless said ----

DEVICE float exp2_fast(float v) { float r; asm("ex2.approx.ftz.f32 %0,%1;" : "=f"(r) : "f"(v)); return r; }
DEVICE float log2_fast(float v) { float r; asm("lg2.approx.ftz.f32 %0,%1;" : "=f"(r) : "f"(v)); return r; }
DEVICE float reciprocal_fast(float v) { float r; asm("rcp.approx.ftz.f32 %0,%1;" : "=f"(r) : "f"(v)); return r; }
DEVICE float rsqrt_fast(float v) { float r; asm("rsqrt.approx.ftz.f32 %0,%1;" : "=f"(r) : "f"(v)); return r; }
DEVICE float sqrt_fast(float v) { float r; asm("sqrt.approx.ftz.f32 %0,%1;" : "=f"(r) : "f"(v)); return r; }
// Keeps what is below 2^-126, of which sqrt_fast makes zero.
DEVICE float sqrt_of_tiny(float v) { float r; asm("sqrt.approx.f32 %0,%1;" : "=f"(r) : "f"(v)); return r; }
DEVICE float exp_fast(float v) { return exp2_fast(v * 1.4426950408889634f); }
DEVICE float log_fast(float v) { return log2_fast(v) * 0.6931471805599453f; }

// The same number, of which the compiler knows nothing: what is computed from it in a loop is not kept in registers across the loop.
DEVICE u32 opaque(u32 v) { asm volatile("" : "+r"(v)); return v; }

// ---- loops whose index is a constant, for what must be one in an instruction: for_each<4>([&](auto i) INLINE_LAMBDA { f<i.value>(); }) ----

template <int VALUE> struct Index { static constexpr int value = VALUE; };
template <int COUNT, int FROM = 0, class Body> DEVICE void for_each(Body &&body) {
    if constexpr (FROM < COUNT) {
        body(Index<FROM>());
        for_each<COUNT, FROM + 1>(body);
    }
}

// ---- vectors. Through a pointer parameter the access keeps the alignment of the vector and is one instruction; *(float4*)&array[i] is four. ----

DEVICE float4 load4(const float *p) { return *(const float4 *)p; }
DEVICE void store4(float *p, float4 v) { *(float4 *)p = v; }
DEVICE uint4 load4(const u32 *p) { return *(const uint4 *)p; }
DEVICE void store4(u32 *p, uint4 v) { *(uint4 *)p = v; }

// Four words of shared memory, read again wherever it stands: a plain load of what no store touches is kept in registers over a loop.
template <int OFFSET> DEVICE uint4 load_shared4(u32 shared) {
    uint4 v;
    asm volatile("ld.shared.v4.u32 {%0,%1,%2,%3},[%4+%5];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "r"(shared), "n"(OFFSET) : "memory");
    return v;
}

template <int OFFSET> DEVICE void store_shared4(u32 shared, uint4 v) {
    asm volatile("st.shared.v4.u32 [%0+%5],{%1,%2,%3,%4};" ::"r"(shared), "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w), "n"(OFFSET) : "memory");
}

// Computes v here: a sum over a loop is otherwise moved to the loop's end, and keeps what it adds alive until there.
DEVICE void settle(float &v) { asm volatile("" : "+f"(v)); }

// ---- what moves from step to step. It lies in device memory, so that a captured graph is replayed with new values. ----

struct StepState {
    u64 seed;            // of the run's random numbers
    u32 step;            // optimizer step, the second word of every random key
    u32 first_sample;    // index in the global batch of the tensor's first sample
    float learning_rate;
    float correction1;   // 1 - beta1^t of AdamW
    float correction2;   // 1 - beta2^t
    float loss_scale;    // 1 / number of scored targets
    u32 reserved[4];
};

// ---- reports of wrong input: two words in host memory that start as all ones ----

// Notes that element `place` of an index tensor is `value`, which is not in 0 ... limit - 1. The smallest place wins, and both words
// agree on it. The caller goes on with an index that does no harm.
DEVICE void report_index(u64 *report, u32 place, int value, int limit) {
    u64 first = (u64)place << 32;
    asm volatile("red.global.min.u64 [%0],%1;" ::"l"(global_address(report)), "l"(first | (u32)value) : "memory");
    asm volatile("red.global.min.u64 [%0],%1;" ::"l"(global_address(report + 1)), "l"(first | (u32)limit) : "memory");
}

#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)

// ---- BF16: storage only; arithmetic is binary32 ----

struct bf16 { u16 bits; };

DEVICE u32 pack_bf16(float low, float high) { u32 r; asm("cvt.rn.bf16x2.f32 %0,%1,%2;" : "=r"(r) : "f"(high), "f"(low)); return r; }
DEVICE bf16 to_bf16(float v) { bf16 r; asm("cvt.rn.bf16.f32 %0,%1;" : "=h"(r.bits) : "f"(v)); return r; }
DEVICE float to_float(bf16 v) { return bits_to_float((u32)v.bits << 16); }
DEVICE float low_float(u32 pair) { return bits_to_float(pair << 16); }
DEVICE float high_float(u32 pair) { return bits_to_float(pair & 0xffff0000u); }

// The smaller and the larger of two numbers, NaN if one is.
DEVICE float min_or_nan(float a, float b) { float r; asm("min.NaN.f32 %0,%1,%2;" : "=f"(r) : "f"(a), "f"(b)); return r; }
DEVICE float max_or_nan(float a, float b) { float r; asm("max.NaN.f32 %0,%1,%2;" : "=f"(r) : "f"(a), "f"(b)); return r; }

// a b + c, and c where b is 0 even if a is infinite.
DEVICE float fused_unless_zero(float a, float b, float c) {
    asm("{.reg .pred p;setp.neu.f32 p,%2,0f00000000;@p fma.rn.f32 %0,%1,%2,%0;}" : "+f"(c) : "f"(a), "f"(b));
    return c;
}

// tanh in one instruction, error up to 2^-11: only where the result is stored as BF16.
DEVICE float tanh_fast(float v) { float r; asm("tanh.approx.f32 %0,%1;" : "=f"(r) : "f"(v)); return r; }

// ---- asynchronous copies to shared memory; bytes beyond `bytes` become zero ----

DEVICE void copy16(u32 shared, const void *global, int bytes) {
    asm volatile("cp.async.cg.shared.global [%0],[%1],16,%2;" ::"r"(shared), "l"(global_address(global)), "r"(bytes) : "memory");
}
// The same at constant distances from both addresses, that in global memory as a number.
template <int OFFSET, int FROM = 0> DEVICE void copy16_at(u32 shared, u64 global, int bytes) {
    asm volatile("cp.async.cg.shared.global [%0+%3],[%1+%4],16,%2;" ::"r"(shared), "l"(global), "r"(bytes), "n"(OFFSET), "n"(FROM) : "memory");
}
DEVICE u64 global_number(const void *p) { return (u64)global_address(p); }
// base + bytes in one instruction that keeps the distance in 32 bits; added as usual, it is widened ahead of the loop to two registers.
DEVICE u64 at_distance(u64 base, u32 bytes) {
    u64 r;
    asm("mad.wide.u32 %0,%1,1,%2;" : "=l"(r) : "r"(bytes), "l"(base));
    return r;
}
DEVICE void copy4(u32 shared, const void *global, int bytes) {
    asm volatile("cp.async.ca.shared.global [%0],[%1],4,%2;" ::"r"(shared), "l"(global_address(global)), "r"(bytes) : "memory");
}
// The same with addresses of global memory as numbers, which lose no register to the two kinds of pointers.
DEVICE u64 global_bits(const void *p) { u64 r; asm("cvta.to.global.u64 %0,%1;" : "=l"(r) : "l"(p)); return r; }
DEVICE void copy16(u32 shared, u64 global, int bytes) {
    asm volatile("cp.async.cg.shared.global [%0],[%1],16,%2;" ::"r"(shared), "l"(global), "r"(bytes) : "memory");
}
DEVICE void copy4(u32 shared, u64 global, int bytes) {
    asm volatile("cp.async.ca.shared.global [%0],[%1],4,%2;" ::"r"(shared), "l"(global), "r"(bytes) : "memory");
}
// base + row stride in one instruction; stride in bytes
DEVICE u64 row_address(u64 base, int row, int stride) {
    u64 r;
    asm("mad.wide.s32 %0,%1,%2,%3;" : "=l"(r) : "r"(row), "r"(stride), "l"(base));
    return r;
}
DEVICE void copies_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int PENDING> DEVICE void copies_wait() { asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory"); }

// ---- tensor cores ----

DEVICE void load_matrices(u32 (&r)[4], u32 shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3},[%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared) : "memory");
}
DEVICE void load_matrices_transposed(u32 (&r)[4], u32 shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3},[%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared) : "memory");
}
// The same at a constant distance, which costs no addition.
template <int OFFSET, bool TRANSPOSED> DEVICE void load_matrices_at(u32 (&r)[4], u32 shared) {
    if constexpr (TRANSPOSED) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3},[%4+%5];"
                     : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared), "n"(OFFSET) : "memory");
    } else {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3},[%4+%5];"
                     : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared), "n"(OFFSET) : "memory");
    }
}
// d (16 x 8) += a (16 x 16) b (16 x 8)
DEVICE void multiply_add(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
DEVICE float2 load_shared2(u32 shared) {
    float x, y;
    asm volatile("ld.shared.v2.f32 {%0,%1},[%2];" : "=f"(x), "=f"(y) : "r"(shared) : "memory");
    float2 r;
    r.x = x;
    r.y = y;
    return r;
}

// d = a b + c: c0 and c1 are where the sums of a lane's first row start, c2 and c3 those of its second
DEVICE void multiply(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1, float c0, float c1, float c2, float c3) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%10,%11,%12,%13};"
        : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1), "f"(c0), "f"(c1), "f"(c2), "f"(c3));
}
DEVICE void multiply(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) { multiply(d, a, b0, b1, 0, 0, 0, 0); }
DEVICE float4 load_shared4(u32 shared) {
    float4 r;
    asm volatile("ld.shared.v4.f32 {%0,%1,%2,%3},[%4];" : "=f"(r.x), "=f"(r.y), "=f"(r.z), "=f"(r.w) : "r"(shared) : "memory");
    return r;
}
DEVICE uint4 load_shared_bits4(u32 shared) {
    uint4 r;
    asm volatile("ld.shared.v4.u32 {%0,%1,%2,%3},[%4];" : "=r"(r.x), "=r"(r.y), "=r"(r.z), "=r"(r.w) : "r"(shared) : "memory");
    return r;
}
DEVICE void store_shared_bits(u32 shared, u32 v) { asm volatile("st.shared.u32 [%0],%1;" ::"r"(shared), "r"(v) : "memory"); }

#endif
