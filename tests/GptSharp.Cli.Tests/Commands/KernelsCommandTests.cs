using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GptSharp.Cli.Kernels.Ladders;
using GptSharp.Tensors.Backends.Cuda.Images;
using Xunit;

namespace GptSharp.Cli.Tests.Commands;

public sealed class KernelsCommandTests : IDisposable
{
    // One thread per element of C; "{0}" is where tests go wrong.
    private const string Ptx = """
        // A row of A times a row of B, one thread each.
        // type: f32
        // counter: sectors per request
        // launch: grid (M*N/64), block 64
        .version 7.0
        .target sm_80
        .address_size 64
        .visible .entry product(.param .u64 c, .param .u64 a, .param .u64 b, .param .u32 M, .param .u32 N, .param .u32 K)
        {
            .reg .pred %p<3>;
            .reg .b32 %r<12>;
            .reg .b64 %d<12>;
            .reg .f32 %f<4>;
            ld.param.u32 %r1, [M];
            ld.param.u32 %r2, [N];
            ld.param.u32 %r3, [K];
            mul.lo.u32 %r4, %r1, %r2;
            mov.u32 %r5, %ctaid.x;
            mov.u32 %r6, %ntid.x;
            mov.u32 %r7, %tid.x;
            mad.lo.u32 %r8, %r5, %r6, %r7;
            setp.ge.u32 %p1, %r8, %r4;
            @%p1 ret;
            div.u32 %r9, %r8, %r2;
            rem.u32 %r10, %r8, %r2;
            ld.param.u64 %d1, [a];
            ld.param.u64 %d2, [b];
            ld.param.u64 %d3, [c];
            mul.lo.u32 %r9, %r9, %r3;
            mul.lo.u32 %r10, %r10, %r3;
            mul.wide.u32 %d4, %r9, 4;
            mul.wide.u32 %d5, %r10, 4;
            add.u64 %d6, %d1, %d4;
            add.u64 %d7, %d2, %d5;
            mov.f32 %f1, 0f00000000;
        MORE:
            ld.global.f32 %f2, [%d6];
            ld.global.f32 %f3, [%d7];
            fma.rn.f32 %f1, %f2, %f3, %f1;
            add.u64 %d6, %d6, 4;
            add.u64 %d7, %d7, 4;
            sub.u32 %r3, %r3, 1;
            setp.ne.u32 %p2, %r3, 0;
            @%p2 bra MORE;
            mul.wide.u32 %d8, %r8, 4;
            add.u64 %d9, %d3, %d8;
            st.global.f32 [%d9], %f1;
            ret;
        }
        """;

    // The same in the prelude's words, stored as BF16.
    private const string Source = """
        // One thread computes one element of C.
        // launch: grid (M/16, N/16), block 256, shared 0
        #include "prelude.cuh"
        KERNEL __launch_bounds__(256) void matmul(bf16 *c, const bf16 *a, const bf16 *b, int M, int N, int K) {
            int m = block_x() * 16 + (thread() & 15), n = block_y() * 16 + (thread() >> 4);
            if (m >= M || n >= N) return;
            float sum = 0;
            for (int k = 0; k < K; k++) sum = fused(to_float(a[(i64)m * K + k]), to_float(b[(i64)n * K + k]), sum);
            c[(i64)m * N + n] = to_bf16(sum);
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("gptsharp-kernels-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_kernel_of_ones_own_is_run_checked_counted_and_modelled()
    {
        (int code, string text, string error) = Run("run", "matmul", "--shape", "20,24,10", "--add", Write("own.ptx", Ptx), "--device", "emulator");
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("matmul 20,24,10: C (M, N) = A (M, K) B (N, K)ᵀ", text, StringComparison.Ordinal);
        Assert.Contains("at least 9,600 FLOP and, stored as f32, 3,680 bytes", text, StringComparison.Ordinal);
        Assert.Contains("own.ptx: A row of A times a row of B, one thread each.", text, StringComparison.Ordinal);
        Assert.Contains("grid 8 x 1 x 1, 64 threads, 0 bytes shared: correct, and nothing found", text, StringComparison.Ordinal);
        Assert.Matches(@"sectors per request +[0-9.]+  <- what this rung is about", text);
        Assert.Contains("model, not measured", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 80));

        // 480 elements in 15 full warps: 10 terms of two loads each, and one store.
        Assert.Matches(@"global requests +315\n", text);
        Assert.Matches(@"loads through registers +300 *\n", text);
    }

    [Fact]
    public void A_comparison_for_a_program_is_one_object_with_every_counter()
    {
        (int code, string text, _) = Run("compare", "matmul", "--shape", "16,16,8", "--add", Write("own.ptx", Ptx), "--device", "emulator", "--json");
        Assert.Equal(0, code);
        using JsonDocument json = JsonDocument.Parse(text);
        Assert.Equal(8, json.RootElement.GetProperty("shape").GetProperty("K").GetInt32());
        JsonElement own = json.RootElement.GetProperty("rungs").EnumerateArray().Last();
        Assert.True(own.GetProperty("correct").GetBoolean());
        Assert.Equal("own.ptx", own.GetProperty("name").GetString());
        Assert.Equal([4, 1, 1], own.GetProperty("grid").EnumerateArray().Select(extent => extent.GetInt32()));
        Assert.Equal(136, own.GetProperty("counters").GetProperty("globalRequests").GetDouble());
        Assert.Equal(["A100", "H100", "RTX4090"], own.GetProperty("model").EnumerateArray().Select(model => model.GetProperty("gpu").GetString()));
        Assert.All(own.GetProperty("model").EnumerateArray(), model => Assert.Equal("model", model.GetProperty("label").GetString()));
    }

    [Theory]
    [InlineData("fma.rn.f32 %f1, %f2, %f3, %f1;", "add.rn.f32 %f1, %f2, %f1;", "c\\[0, 0\\] is [-0-9.E]+, but must be")]
    [InlineData("@%p1 ret;", "", "directly behind the end of buffer")]
    [InlineData("ld.param.u64 %d1, [a];", "mov.u64 %d1, 0;", "0x0|null")]
    [InlineData("st.global.f32 [%d9], %f1;", "", "nothing ever wrote byte 0")]
    public void A_kernel_that_is_wrong_is_called_so_and_fails(string right, string wrong, string what)
    {
        (int code, string text, _) = Run("run", "matmul", "--shape", "5,5,8", "--add", Write("wrong.ptx", Ptx.Replace(right, wrong, StringComparison.Ordinal)));
        Assert.Equal(1, code);
        Assert.Contains("NOT CORRECT", text, StringComparison.Ordinal);
        Assert.Matches(what, text.Replace("\n  ", " ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gptsharp: there is no ladder 'matmull'; did you mean 'matmul'?\n", "run", "matmull")]
    [InlineData("gptsharp: there is no ladder 'convolution'; there are matmul, attention, layer_norm.\n", "compare", "convolution")]
    [InlineData("gptsharp: --shape: '64,64' is no shape of matmul: expected M,N,K, for example 256,256,256.\n", "run", "matmul", "--shape", "64,64")]
    [InlineData("gptsharp: --shape: '64,0,64' is no shape of matmul: expected M,N,K, for example 256,256,256.\n", "compare", "matmul", "--shape", "64,0,64")]
    [InlineData("gptsharp: --device: there is no device 'gpu'; there are auto, emulator, cuda and cuda:N.\n", "compare", "matmul", "--device", "gpu")]
    [InlineData("gptsharp: --launch: it says how to launch what --add gives, but there is no --add.\n", "run", "matmul", "--launch", "grid (1), block 32")]
    public void A_wrong_command_line_gets_one_sentence_and_exit_code_2(string sentence, params string[] arguments) =>
        Assert.Equal((2, "", sentence), Run(arguments));

    [Fact]
    public void A_rung_that_is_not_there_is_refused_with_those_that_are()
    {
        (int code, _, string error) = Run("run", "matmul", "--rung", "99");
        Assert.Equal(2, code);
        Assert.StartsWith("gptsharp: --rung: the ladder matmul has no rung '99'; it has 1 ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("// launch: grid (M*N/64), block 64", "", "there is no line '// launch: grid (N/128, M/128), block 256, shared 0' among its first comments, and no --launch on the command line.")]
    [InlineData("grid (M*N/64)", "grid M*N/64", "the launch is 'grid M*N/64, block 64', but must have the form 'grid (N/128, M/128), block 256, shared 0'.")]
    [InlineData("(M*N/64)", "(M*X/64)", "the expression 'M*X/64' names X; the shape has M, N, K.")]
    [InlineData("(M*N/64)", "(M*N/)", "the expression 'M*N/' ends too early.")]
    [InlineData("(M*N/64)", "(M-M)", "'M-M' is 0 for this shape, but must be from 1 to 2147483647.")]
    [InlineData("// type: f32", "// type: f16", "the type is 'f16', but matmul has bf16 and f32.")]
    [InlineData("// type: f32", "// type: f32\n// needs: M even", "it needs 'M even', but a condition has the form 'D = 64' or 'K % 8 = 0'.")]
    [InlineData(", .param .u32 K)", ")", "the kernel product takes (pointer, pointer, pointer, int, int), but a rung of matmul takes (T *c, const T *a, const T *b, int M, int N, int K), which is (pointer, pointer, pointer, int, int, int).")]
    [InlineData(".param .u32 M", ".param .f32 M", "the kernel product takes (pointer, pointer, pointer, float, int, int), but")]
    [InlineData(".visible .entry product", ".func product", "has no kernel.")]
    public void A_file_that_breaks_the_contract_is_refused(string right, string wrong, string sentence)
    {
        string file = Write("own.ptx", Ptx.Replace(right, wrong, StringComparison.Ordinal));
        (int code, string text, string error) = Run("run", "matmul", "--add", file);
        Assert.Equal((1, ""), (code, text));
        Assert.StartsWith($"gptsharp: {file}", error, StringComparison.Ordinal);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(letter => letter == '\n'));
    }

    [Fact]
    public void A_shape_that_a_kernel_does_not_take_is_a_wrong_command_line_and_a_gap_in_a_comparison()
    {
        string file = Write("own.ptx", Ptx.Replace("// type: f32", "// type: f32\n// needs: K % 8 = 0", StringComparison.Ordinal));
        Assert.Equal((2, "", "gptsharp: --shape: own.ptx takes shapes with K % 8 = 0 only.\n"), Run("run", "matmul", "--add", file, "--shape", "4,4,9"));

        (_, string text, _) = Run("compare", "matmul", "--add", file, "--shape", "4,4,9");
        Assert.Contains("own.ptx takes shapes with K % 8 = 0 only.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_launch_can_come_from_the_command_line_and_the_scratch_memory_from_the_header()
    {
        string plain = Write("plain.ptx", Ptx.Replace("// launch:", "//", StringComparison.Ordinal));
        Assert.Equal(0, Run("run", "matmul", "--add", plain, "--launch", "grid (N*M/32), block 32", "--shape", "7,9,3").Code);

        string scratch = Ptx
            .Replace("// type: f32", "// type: f32\n// scratch: 4*M", StringComparison.Ordinal)
            .Replace(".param .u32 K)", ".param .u32 K, .param .u64 scratch)", StringComparison.Ordinal);
        Assert.Equal(0, Run("run", "matmul", "--add", Write("scratch.ptx", scratch), "--shape", "7,9,3").Code);
    }

    [Fact]
    public void A_file_that_is_neither_source_nor_ptx_or_is_not_there_is_refused()
    {
        string text = Write("own.txt", Ptx);
        Assert.Equal((2, "", $"gptsharp: --add: {text} is neither a .cu nor a .ptx file.\n"), Run("run", "matmul", "--add", text));
        Assert.Equal(1, Run("run", "matmul", "--add", Path.Combine(_folder, "missing.cu")).Code);
    }

    [Fact]
    public void A_compiled_file_that_does_not_match_the_source_beside_it_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "ptx", "sm_80"));
        Write("build.sh", "flags=(-O3)\ncompile \"$name\" sm_80 ptx70\n");
        string source = Write("own.cu", "// as it was compiled\n");
        string stamp = $"// gptsharp source {KernelStamp.HashOf(_folder, "own", "sm_80")} compiler clang\n";
        string file = Write(Path.Combine("ptx", "sm_80", "own.ptx"), stamp + Ptx);
        Assert.Equal(0, Run("run", "matmul", "--add", file, "--shape", "7,9,3").Code);

        File.AppendAllText(source, "// and what was added since\n");

        Assert.Equal(
            (1, "", $"gptsharp: {file}: own.ptx for sm_80 was compiled from another own.cu, or other headers or flags, than are there now; run kernels/build.sh own.\n"),
            Run("run", "matmul", "--add", file, "--shape", "7,9,3"));
    }

    [Fact]
    public void A_compiled_file_that_is_older_than_the_source_beside_it_is_refused()
    {
        string source = Write("own.cu", "// its source\n"), file = Write("own.ptx", Ptx);
        File.SetLastWriteTimeUtc(source, File.GetLastWriteTimeUtc(file).AddSeconds(-5));
        Assert.Equal(0, Run("run", "matmul", "--add", file, "--shape", "7,9,3").Code);

        File.SetLastWriteTimeUtc(source, File.GetLastWriteTimeUtc(file).AddSeconds(5));

        Assert.Equal(
            (1, "", $"gptsharp: {file}: own.ptx is older than own.cu beside it, which has changed since; compile it again, or, if nothing but its date did, touch own.ptx.\n"),
            Run("run", "matmul", "--add", file, "--shape", "7,9,3"));
    }

    [Fact]
    public void A_source_is_compiled_with_the_prelude_that_ships()
    {
        SkipWithoutCompiler();
        (int code, string text, string error) = Run("run", "matmul", "--add", Write("own.cu", Source), "--shape", "33,20,24");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("grid 3 x 2 x 1, 256 threads, 0 bytes shared: correct, and nothing found", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_that_the_compiler_refuses_is_refused_with_its_complaint()
    {
        SkipWithoutCompiler();
        string file = Write("own.cu", Source.Replace("float sum = 0;", "", StringComparison.Ordinal));
        (int code, _, string error) = Run("run", "matmul", "--add", file);
        Assert.Equal(1, code);
        Assert.StartsWith($"gptsharp: clang++-19 refuses {file}: ", error, StringComparison.Ordinal);
        Assert.Contains("use of undeclared identifier 'sum'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_compiler_a_source_is_refused_with_what_to_do()
    {
        string file = Write("own.cu", Source);
        Assert.Equal(
            (1, "", $"gptsharp: {file} needs clang++-19, which is not on the PATH: install it (Debian and Ubuntu: apt-get install clang-19), or add the kernel as .ptx.\n"),
            CommandProcess.Run(new Dictionary<string, string> { ["PATH"] = _folder }, "kernels", "run", "matmul", "--add", file));
    }

    private static void SkipWithoutCompiler()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(ClangCompiler.Compiler, "--version") { RedirectStandardOutput = true })!;
            process.WaitForExit();
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{ClangCompiler.Compiler} is not on the PATH (Debian and Ubuntu: apt-get install clang-19).");
        }
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static (int Code, string Out, string Error) Run(params string[] arguments)
    {
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int code = CommandLine.Run(["kernels", .. arguments], new CommandOutput(output, error));
        return (code, output.ToString(), error.ToString());
    }
}
