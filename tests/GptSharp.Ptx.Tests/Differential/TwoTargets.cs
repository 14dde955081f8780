using System.Globalization;
using System.Runtime.InteropServices;
using GptSharp.Ptx.Memory;
using Xunit;

namespace GptSharp.Ptx.Tests.Differential;

/// <summary>
/// Functions of four 64-bit words with a 64-bit result, compiled for the processor and for the emulator and compared on the same
/// inputs. Scratch memory for each thread: <see cref="ScratchWords"/> words of 64 bits in global and as many in shared memory.
/// </summary>
internal static unsafe class TwoTargets
{
    /// <summary>Inputs of every function.</summary>
    public const int InputCount = 10_000;

    /// <summary>64-bit words of a thread's slice of global and of shared memory.</summary>
    public const int ScratchWords = 16;

    private const int BlockThreads = 128;

    /// <summary>What both targets see before the functions.</summary>
    private static readonly string Prelude = """
        typedef unsigned char u8; typedef signed char i8; typedef unsigned short u16; typedef short i16;
        typedef unsigned int u32; typedef int i32; typedef unsigned long long u64; typedef long long i64;
        typedef float f32; typedef double f64; typedef _Float16 f16; typedef unsigned __int128 u128;
        #ifdef __NVPTX__
        #define GS_DEVICE __attribute__((device))
        #else
        #define GS_DEVICE
        #endif
        #define FN GS_DEVICE static inline __attribute__((always_inline))
        #define CALLED GS_DEVICE static __attribute__((noinline))
        FN f32 f32_of(u32 x) { f32 r; __builtin_memcpy(&r, &x, 4); return r; }
        FN f64 f64_of(u64 x) { f64 r; __builtin_memcpy(&r, &x, 8); return r; }
        FN f16 f16_of(u16 x) { f16 r; __builtin_memcpy(&r, &x, 2); return r; }
        FN u32 bits_of(f32 x) { u32 r; __builtin_memcpy(&r, &x, 4); return x != x ? 0x7fffffffu : r; }
        FN u64 bits_of(f64 x) { u64 r; __builtin_memcpy(&r, &x, 8); return x != x ? 0x7fffffffffffffffull : r; }
        FN u16 bits_of(f16 x) { u16 r; __builtin_memcpy(&r, &x, 2); return x != x ? 0x7fff : r; }
        FN u64 mix(u64 h, u64 x) { return (h ^ x) * 0x9e3779b97f4a7c15ull; }
        """ + RoundingModes.Text;

    /// <summary>Compiles the functions <c>fn0, fn1, ...</c> of a source and compares their results; <paramref name="describe"/> gives a function's text.</summary>
    public static void Compare(string name, string source, int functions, string optimisation, Func<int, string> describe, ulong[][] inputs)
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, name + ".cc");
        File.WriteAllText(file, $"{Prelude}\n{source}\n{Entries(functions)}");
        string library = Path.Combine(folder.Path, name + ".so");
        Clang.CompileLibrary(file, library, optimisation);
        PtxModule module = PtxModule.Parse(Clang.CompilePtx(file, optimisation));

        using var memory = new DeviceMemory();
        ulong[] flat = [.. inputs.SelectMany(input => input)];
        DeviceBuffer inputBuffer = memory.Allocate<ulong>(flat, "inputs");
        DeviceBuffer scratchBuffer = memory.Allocate((long)InputCount * ScratchWords * 8, "scratch");
        DeviceBuffer outputBuffer = memory.Allocate((long)InputCount * 8, "outputs");
        nint handle = NativeLibrary.Load(library);
        try
        {
            for (int function = 0; function < functions; function++)
            {
                string index = function.ToString(CultureInfo.InvariantCulture);
                var expected = new ulong[InputCount];
                var run = (delegate* unmanaged<ulong*, ulong*, int, void>)NativeLibrary.GetExport(handle, "run" + index);
                fixed (ulong* from = flat)
                fixed (ulong* to = expected)
                {
                    run(from, to, InputCount);
                }

                module.Launch(
                    "kernel" + index,
                    new Dimensions((InputCount + BlockThreads - 1) / BlockThreads),
                    new Dimensions(BlockThreads),
                    [inputBuffer, outputBuffer, scratchBuffer, InputCount],
                    memory);
                ulong[] actual = outputBuffer.Read<ulong>();
                for (int row = 0; row < InputCount; row++)
                {
                    Assert.True(
                        expected[row] == actual[row],
                        $"{name}, {optimisation}, input {row} = {string.Join(' ', inputs.Select(input => input[row].ToString("x16", CultureInfo.InvariantCulture)))}: "
                            + $"x86 gives {expected[row]:x16}, the emulator {actual[row]:x16}\n{describe(function)}");
                }
            }
        }
        finally
        {
            NativeLibrary.Free(handle);
        }
    }

    // A loop over the inputs for the processor, a kernel for the emulator.
    private static string Entries(int functions)
    {
        var text = new System.Text.StringBuilder();
        for (int function = 0; function < functions; function++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $$"""
                #ifdef __NVPTX__
                extern "C" __attribute__((global)) void kernel{{function}}(const u64* in, u64* out, u64* scratch, int n) {
                    static __attribute__((shared, aligned(16))) u64 shared_scratch[{{BlockThreads * ScratchWords}}];
                    int thread = __nvvm_read_ptx_sreg_tid_x(), row = __nvvm_read_ptx_sreg_ctaid_x() * {{BlockThreads}} + thread;
                    if (row < n)
                        out[row] = fn{{function}}(in[row], in[n + row], in[2 * n + row], in[3 * n + row],
                            scratch + row * {{ScratchWords}}, shared_scratch + thread * {{ScratchWords}});
                }
                #else
                extern "C" void run{{function}}(const u64* in, u64* out, int n) {
                    for (int row = 0; row < n; row++) {
                        alignas(16) u64 scratch[{{ScratchWords}}], shared_scratch[{{ScratchWords}}];
                        out[row] = fn{{function}}(in[row], in[n + row], in[2 * n + row], in[3 * n + row], scratch, shared_scratch);
                    }
                }
                #endif
                """);
        }

        return text.ToString();
    }
}
