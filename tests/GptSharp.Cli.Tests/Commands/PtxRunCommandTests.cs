using System.Globalization;
using System.Text.Json;
using GptSharp.Files.Safetensors;
using Xunit;

namespace GptSharp.Cli.Tests.Commands;

public sealed class PtxRunCommandTests : IDisposable
{
    // y[i] = a x[i]; the second kernel adds to what a third argument holds.
    private const string Ptx = """
        .version 7.0
        .target sm_80
        .address_size 64
        .visible .entry scale(.param .u64 y, .param .u64 x, .param .f32 a, .param .u32 n)
        {
            .reg .pred %p;
            .reg .b32 %r<5>;
            .reg .b64 %rd<6>;
            .reg .f32 %f<4>;
            ld.param.u64 %rd1, [y];
            ld.param.u64 %rd2, [x];
            ld.param.f32 %f1, [a];
            ld.param.u32 %r1, [n];
            mov.u32 %r2, %ctaid.x;
            mov.u32 %r3, %ntid.x;
            mov.u32 %r4, %tid.x;
            mad.lo.s32 %r2, %r2, %r3, %r4;
            setp.ge.s32 %p, %r2, %r1;
            @%p bra END;
            mul.wide.s32 %rd3, %r2, 4;
            add.s64 %rd4, %rd2, %rd3;
            add.s64 %rd5, %rd1, %rd3;
            ld.global.f32 %f2, [%rd4];
            mul.rn.f32 %f3, %f1, %f2;
            st.global.f32 [%rd5], %f3;
        END:
            ret;
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("gptsharp-ptx-").FullName;

    public PtxRunCommandTests()
    {
        File.WriteAllText(InFolder("scale.ptx"), Ptx);
        var writer = new SafetensorsWriter();
        writer.Add("x", [2L, 50L], Enumerable.Range(0, 100).Select(i => (float)i).ToArray());
        writer.Save(InFolder("data.safetensors"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Buffers_come_from_safetensors_and_outputs_are_saved_by_position()
    {
        (int code, string text, string error) = Run("--arg", "out:f32[100]", "--arg", $"in:@{InFolder("data.safetensors")}:x", "--arg", "f32:0.5", "--arg", "i32:100", "--out", InFolder("out.safetensors"));
        Assert.Equal((0, ""), (code, error));
        using SafetensorsFile file = SafetensorsFile.Open(InFolder("out.safetensors"));
        Assert.Equal(["arg0"], file.Entries.Select(entry => entry.Name));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => i * 0.5f), file.ReadSingles("arg0"));
        Assert.Contains("arg0 f32[100]: 0 0.5 1 1.5 2 2.5 3 3.5 …", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_buffer_changed_in_place_keeps_its_type_and_shape()
    {
        string x = $"inout:@{InFolder("data.safetensors")}:x";
        (int code, _, _) = Run("--arg", x, "--arg", x, "--arg", "f32:2", "--arg", "u32:0x64", "--out", InFolder("out.safetensors"));
        Assert.Equal(0, code);
        using SafetensorsFile file = SafetensorsFile.Open(InFolder("out.safetensors"));
        Assert.Equal(["arg0", "arg1"], file.Entries.Select(entry => entry.Name));
        Assert.Equal([2L, 50L], file["arg0"].Shape);
        Assert.Equal(198, file.ReadSingles("arg0")[99]);
        Assert.Equal(99, file.ReadSingles("arg1")[99]);
    }

    [Fact]
    public void A_mistake_of_the_kernel_is_one_sentence_with_its_place_and_exit_code_1()
    {
        (int code, string text, string error) = Run("--arg", "out:f32[99]", "--arg", $"in:@{InFolder("data.safetensors")}:x", "--arg", "f32:0.5", "--arg", "i32:100", "--out", InFolder("out.safetensors"));
        Assert.Equal((1, ""), (code, text));
        Assert.Equal(
            $"gptsharp: {InFolder("scale.ptx")}: scale, block (1,0,0), thread (35,0,0), line 25: writes 4 bytes directly behind the end of buffer arg0 (396 bytes). [st.global.f32 [%rd5], %f3;]\n",
            error);
        Assert.False(File.Exists(InFolder("out.safetensors")));
    }

    [Fact]
    public void An_output_starts_as_never_written()
    {
        (int code, _, string error) = Run("--arg", "out:f32[100]", "--arg", "out:f32[100]", "--arg", "f32:0.5", "--arg", "i32:100");
        Assert.Equal(1, code);
        Assert.Contains("reads byte 0 of buffer arg1, which nothing wrote", error, StringComparison.Ordinal);
        (code, string text, _) = Run("--arg", "out:f32[100]", "--arg", "out:f32[100]", "--arg", "f32:0.5", "--arg", "i32:100", "--check", "race,async");
        Assert.Equal(0, code);
        Assert.Contains("arg1 f32[100]", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_holds_the_counters_and_the_model_and_nothing_else()
    {
        (int code, string text, _) = Run("--arg", "out:f32[100]", "--arg", $"in:@{InFolder("data.safetensors")}:x", "--arg", "f32:0.5", "--arg", "i32:100", "--json", "--gpu", "a100");
        Assert.Equal(0, code);
        JsonElement root = JsonDocument.Parse(text).RootElement;
        JsonElement counters = root.GetProperty("counters");
        Assert.True(root.GetProperty("passed").GetBoolean());
        Assert.Equal(8, counters.GetProperty("globalRequests").GetInt64());
        Assert.Equal(2 * 13, counters.GetProperty("sectors").GetInt64());
        Assert.Equal(400, counters.GetProperty("uniqueBytesStored").GetInt64());
        Assert.Equal("model", root.GetProperty("model").GetProperty("label").GetString());
    }

    [Fact]
    public void Annotated_lines_tell_who_executed_them_and_what_their_addresses_cost()
    {
        (_, string text, _) = Run("--arg", "out:f32[100]", "--arg", $"in:@{InFolder("data.safetensors")}:x", "--arg", "f32:0.5", "--arg", "i32:100", "--annotate");
        string load = Assert.Single(text.Split('\n'), line => line.Contains("ld.global.f32 %f2", StringComparison.Ordinal));
        Assert.StartsWith("   23            4  ████████    78%  ", load, StringComparison.Ordinal);
        Assert.EndsWith("◄ 3.3 sectors", load, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("takes 4 arguments, not 1", "--arg", "i32:1")]
    [InlineData("'i32:many' is no argument of a kernel", "--arg", "i32:many")]
    [InlineData("'out:f32' is no argument of a kernel", "--arg", "out:f32")]
    [InlineData("'i8:128' is no argument of a kernel", "--arg", "i8:128")]
    [InlineData("there is no check 'races'", "--check", "races")]
    [InlineData("there is no model of 'V100'", "--gpu", "V100")]
    [InlineData("there is no model 'volta'", "--mma", "volta")]
    [InlineData("'0,1' is no extent", "--grid", "0,1")]
    [InlineData("is not possible", "--block", "2048")]
    [InlineData("232449 bytes of shared memory", "--shared", "232449")]
    [InlineData("there is no option '--blok'", "--blok", "1")]
    public void A_wrong_command_line_is_one_sentence_and_exit_code_2(string expected, params string[] arguments)
    {
        string[] block = arguments.Contains("--block") ? [] : ["--block", "64"];
        string[] rest = arguments.Contains("--arg") ? [] : ["--arg", "out:f32[1]", "--arg", "out:f32[1]", "--arg", "f32:1", "--arg", "i32:0"];
        (int code, string text, string error) = Start(["ptx", "run", InFolder("scale.ptx"), "scale", .. block, .. arguments, .. rest]);
        Assert.Equal((2, ""), (code, text));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("missing.ptx", "missing.ptx")]
    [InlineData("line 1", "data.safetensors")]
    public void A_file_that_is_no_ptx_is_one_sentence_and_exit_code_1(string expected, string file)
    {
        (int code, _, string error) = Start(["ptx", "run", InFolder(file), "scale"]);
        Assert.Equal(1, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    private string InFolder(string name) => Path.Combine(_folder, name);

    [Fact]
    public void A_file_that_does_not_match_the_source_beside_it_is_refused_by_run_and_lint()
    {
        File.WriteAllText(InFolder("scale.cu"), "// its source");
        File.SetLastWriteTimeUtc(InFolder("scale.cu"), File.GetLastWriteTimeUtc(InFolder("scale.ptx")).AddSeconds(5));
        string sentence = $"gptsharp: {InFolder("scale.ptx")}: scale.ptx is older than scale.cu beside it, which has changed since; "
            + "compile it again, or, if nothing but its date did, touch scale.ptx.\n";

        Assert.Equal((1, "", sentence), Run("--arg", "out:f32[4]", "--arg", "out:f32[4]", "--arg", "f32:1", "--arg", "i32:4"));
        Assert.Equal((1, "", sentence), Start(["ptx", "lint", InFolder("scale.ptx")]));

        // Where build.sh puts its results, their stamp tells.
        string folder = Directory.CreateDirectory(InFolder(Path.Combine("ptx", "sm_80"))).FullName, file = Path.Combine(folder, "scale.ptx");
        File.WriteAllText(InFolder("build.sh"), "flags=(-O3)\ncompile \"$name\" sm_80 ptx70\n");
        File.WriteAllText(file, $"// gptsharp source {new string('0', 64)} compiler clang\n{Ptx}");
        Assert.Equal(
            (1, "", $"gptsharp: {file}: scale.ptx for sm_80 was compiled from another scale.cu, or other headers or flags, than are there now; run kernels/build.sh scale.\n"),
            Start(["ptx", "run", file, "scale"]));
    }

    private (int Code, string Text, string Error) Run(params string[] arguments) =>
        Start(["ptx", "run", InFolder("scale.ptx"), "scale", "--grid", "2", "--block", "64", .. arguments]);

    private static (int Code, string Text, string Error) Start(string[] arguments)
    {
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        return (CommandLine.Run(arguments, new CommandOutput(output, error)), output.ToString(), error.ToString());
    }
}
