// What a CUDA toolkit declares before it reads a kernel, as far as kernels/ uses it: enough for clang to read the sources as nvcc does.
// Vectors are plain structures without arithmetic and without []; there are no builtins of clang's in it.
#pragma once

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __host__ __attribute__((host))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __forceinline__ __inline__ __attribute__((always_inline))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __align__(bytes) __attribute__((aligned(bytes)))

typedef decltype(sizeof(0)) size_t;

struct __align__(8) float2 { float x, y; };
struct float3 { float x, y, z; };
struct __align__(16) float4 { float x, y, z, w; };
struct __align__(8) uint2 { unsigned int x, y; };
struct uint3 { unsigned int x, y, z; };
struct __align__(16) uint4 { unsigned int x, y, z, w; };

__device__ float2 make_float2(float x, float y);
__device__ float4 make_float4(float x, float y, float z, float w);
__device__ uint2 make_uint2(unsigned int x, unsigned int y);
__device__ uint4 make_uint4(unsigned int x, unsigned int y, unsigned int z, unsigned int w);

extern const __device__ uint3 threadIdx, blockIdx, blockDim, gridDim;

__device__ void __syncwarp(unsigned int mask = 0xffffffffu);
__device__ int __shfl_xor_sync(unsigned int mask, int v, int lanes, int width = 32);
__device__ unsigned int __shfl_xor_sync(unsigned int mask, unsigned int v, int lanes, int width = 32);
__device__ float __shfl_xor_sync(unsigned int mask, float v, int lanes, int width = 32);
__device__ double __shfl_xor_sync(unsigned int mask, double v, int lanes, int width = 32);
__device__ int __shfl_sync(unsigned int mask, int v, int lane, int width = 32);
__device__ unsigned int __shfl_sync(unsigned int mask, unsigned int v, int lane, int width = 32);
__device__ float __shfl_sync(unsigned int mask, float v, int lane, int width = 32);
__device__ float __shfl_up_sync(unsigned int mask, float v, unsigned int lanes, int width = 32);
__device__ float __shfl_down_sync(unsigned int mask, float v, unsigned int lanes, int width = 32);

__device__ float __uint_as_float(unsigned int v);
__device__ unsigned int __float_as_uint(float v);
__device__ float __int_as_float(int v);
__device__ int __float_as_int(float v);
__device__ double __longlong_as_double(long long v);
__device__ long long __double_as_longlong(double v);
__device__ float fmaxf(float a, float b);
__device__ float fminf(float a, float b);
__device__ float fmaf(float a, float b, float c);
__device__ float fabsf(float v);
__device__ float __fsqrt_rn(float v);
__device__ double __dsqrt_rn(double v);
__device__ float __fdiv_rn(float a, float b);
__device__ int __clz(int v);
__device__ int __popc(unsigned int v);
__device__ unsigned int __umulhi(unsigned int a, unsigned int b);
__device__ size_t __cvta_generic_to_shared(const void *p);
__device__ size_t __cvta_generic_to_global(const void *p);
