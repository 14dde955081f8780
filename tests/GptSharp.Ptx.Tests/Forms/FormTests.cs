using GptSharp.Ptx.Lint;

namespace GptSharp.Ptx.Tests.Forms;

/// <summary>The linter against NVIDIA's assembler, statement by statement: <c>ptx-forms.tsv</c> holds the assembler's verdicts.</summary>
public sealed class FormTests
{
    private static readonly string[] Pairs =
        ["6.0/sm_70", "7.0/sm_80", "7.8/sm_80", "7.8/sm_90", "8.0/sm_90a", "8.7/sm_100", "9.0/sm_80", "9.0/sm_100a"];

    [Fact]
    public void The_linter_agrees_with_the_assembler_and_refuses_nothing_that_it_takes()
    {
        (int cells, int agreed, List<string> wronglyRefused) = (0, 0, []);
        foreach ((string statement, string verdicts) in Statements())
        {
            for (int i = 0; i < Pairs.Length; i++)
            {
                bool accepted = Linter.Lint(Program(statement, Pairs[i])).Accepted;
                cells++;
                agreed += accepted == (verdicts[i] == '1') ? 1 : 0;
                if (!accepted && verdicts[i] == '1')
                {
                    wronglyRefused.Add($"{Pairs[i]}: {statement}");
                }
            }
        }

        Assert.Equal(2079 * Pairs.Length, cells);
        Assert.Empty(wronglyRefused);
        Assert.InRange(agreed / (double)cells, 0.99, 1);
    }

    private static IEnumerable<(string Statement, string Verdicts)> Statements() =>
        from line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Forms", "ptx-forms.tsv"))
        let cells = line.Split('\t')
        where cells.Length == Pairs.Length + 1 && cells[1].Length == 1
        select (cells[0], string.Concat(cells[1..]));

    // The surroundings that the file's head describes.
    private static string Program(string statement, string pair)
    {
        string[] parts = pair.Split('/');
        string wide = string.CompareOrdinal(parts[0], "8.3") >= 0 ? ".reg .b128 %q<8>;" : "";
        return $$"""
            .version {{parts[0]}}
            .target {{parts[1]}}
            .address_size 64
            .global .align 16 .b8 buf[64];
            .extern .shared .align 16 .b8 sm[];
            .visible .entry k()
            {
                .reg .b32 %r<60>; .reg .b64 %d<40>; .reg .b16 %h<40>; .reg .f32 %f<60>; .reg .f64 %e<40>; .reg .pred %p<20>; {{wide}}
                {{statement}}
            L1:
                ret;
            }
            """;
    }
}
