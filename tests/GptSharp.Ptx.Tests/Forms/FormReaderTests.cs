using GptSharp.Ptx.Lint.Forms;
using Xunit;

namespace GptSharp.Ptx.Tests.Forms;

public sealed class FormReaderTests
{
    private static Form Read(string line, string before = "") => Assert.Single(new FormReader("test.forms", $"{before}\n{line}").Read());

    private static bool Takes(Form form, string words) => new WordMatch(words.Length == 0 ? [] : words.Split('.')).Match(form);

    [Theory]
    [InlineData("add.(rn|rz)?.ftz?.(t:f32|f64)", "f32", true)]
    [InlineData("add.(rn|rz)?.ftz?.(t:f32|f64)", "rz.ftz.f64", true)]
    [InlineData("add.(rn|rz)?.ftz?.(t:f32|f64)", "ftz.rz.f64", true)]
    [InlineData("add.(rn|rz)?.ftz?.(t:f32|f64)", "f64.rz", true)]
    [InlineData("add.(rn|rz)?.ftz?.(t:f32|f64)", "rn.rz.f32", false)]
    [InlineData("add.(rn|rz)?.ftz?.(t:f32|f64)", "rn", false)]
    [InlineData("add.(rn|rz)?.ftz?.(t:f32|f64)", "rn.f32.f32", false)]
    [InlineData("cvt.f32.s32", "s32.f32", false)]
    [InlineData("mma.(t:f16|bf16).=t", "bf16.bf16", true)]
    [InlineData("mma.(t:f16|bf16).=t", "bf16.f16", false)]
    [InlineData("mma.(row.col).f32", "row.col.f32", true)]
    [InlineData("mma.(row.col).f32", "col.row.f32", false)]
    [InlineData("mma.m64n{8..24/8}k16", "m64n16k16", true)]
    [InlineData("mma.m64n{8..24/8}k16", "m64n12k16", false)]
    [InlineData("mma.m64n{8..24/8}k16", "m64n32k16", false)]
    public void A_pattern_takes_the_words_that_it_describes(string pattern, string words, bool taken) => Assert.Equal(taken, Takes(Read(pattern), words));

    [Fact]
    public void A_set_stands_for_its_words_and_brings_their_requirements()
    {
        Form form = Read("ld.$space.u32   =u32, []", "let space = global shared::cluster@7.8/90");
        var match = new WordMatch(["shared::cluster", "u32"]);
        Assert.True(match.Match(form));
        Assert.Equal("PTX 7.8 and sm_90", Assert.Single(match.Requirements).ToString());
        Assert.True(Takes(form, "global.u32"));
        Assert.False(Takes(form, "local.u32"));
    }

    [Fact]
    public void A_default_holds_for_the_lines_that_name_no_requirement()
    {
        Form[] forms = [.. new FormReader("test.forms", "default @8.6/100a,8.8/100f\na.b   =u32\n# a comment\nc.d   @9.0/120a\n").Read()];
        Assert.Equal(["PTX 8.6 and sm_100a, or PTX 8.8 and sm_100f", "PTX 9.0 and sm_120a"], forms.Select(form => form.Requirement.ToString()));
    }

    [Fact]
    public void Operands_have_the_properties_that_their_signs_say()
    {
        Form form = Read("x.(v:v2|v4)?.(h:hint)?.(t:u16|u32)   {=~t*v}, =b32/_|pred, !pred, &2t, {/b64}, #8..64/8, #1|3, %b64?h, t?");
        IReadOnlyList<OperandForm> operands = form.Operands;
        Assert.True(operands[0] is { Kind: OperandKind.Vector, IsResult: true, IsRelaxed: true, Count.Capture: not null });
        Assert.True(operands[1] is { IsResult: true, TakesSink: true, Second: SecondResult.Required });
        Assert.True(operands[2] is { IsNegatable: true, IsResult: false });
        Assert.True(operands[3] is { TakesSymbols: true, Type.IsDoubled: true });
        Assert.True(operands[4] is { Kind: OperandKind.Vector, IsPacked: true });
        Assert.True(operands[5] is { Kind: OperandKind.Constant, Lowest: 8, Highest: 64, Step: 8 });
        Assert.Equal([1, 3], operands[6].Values);
        Assert.True(operands[7] is { RegisterOnly: true, OnlyWith: not null });
        Assert.True(operands[8] is { IsOptional: true, Type.Capture: not null });
    }

    [Theory]
    [InlineData("add.(t:u32   =t", "')' is missing")]
    [InlineData("add.$none   =u32", "there is no set 'none'")]
    [InlineData("add.=t   =u32", "there is no slot 't'")]
    [InlineData("add.u32   =q32", "'q32' is neither a slot nor a type")]
    [InlineData("add.u32   %b64?h", "there is no slot for '%b64?h'")]
    public void A_mistake_in_a_table_is_named_with_file_and_line(string line, string problem)
    {
        FormatException exception = Assert.Throws<FormatException>(() => new FormReader("test.forms", $"# first\n{line}").Read().ToList());
        Assert.StartsWith($"test.forms, line 2: {problem}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_form_of_the_tables_takes_a_name_made_of_its_first_choices()
    {
        int forms = 0;
        foreach (string opcode in FormTable.Opcodes)
        {
            foreach (Form form in FormTable.For(opcode))
            {
                var captured = new Dictionary<int, string>();
                var words = new List<string>();
                foreach (FormSlot slot in form.Slots)
                {
                    words.AddRange(slot is ChoiceSlot choices ? choices.Choices[0].Words : [captured[((RepeatSlot)slot).Capture]]);
                    if (slot is ChoiceSlot taken)
                    {
                        captured[taken.Capture] = taken.Choices[0].Words[0];
                    }
                }

                Assert.True(new WordMatch(words).Match(form), $"{opcode}.{string.Join('.', words)}");
                forms++;
            }
        }

        Assert.InRange(forms, 600, 2000);
    }
}
