using Xunit;

namespace GptSharp.Ptx.Tests.Differential;

/// <summary>Random expressions, compiled by clang-19 for x86-64 and to PTX, agree to the bit on 10,000 inputs each.</summary>
public class ExpressionTests
{
    private const int Functions = 40;

    [Theory]
    [InlineData(nameof(ExpressionGenerator.Kind.Integer), 1)]
    [InlineData(nameof(ExpressionGenerator.Kind.Float), 2)]
    [InlineData(nameof(ExpressionGenerator.Kind.Conversion), 3)]
    public void Expressions_agree_with_the_processor(string kind, int seed)
    {
        Clang.SkipIfMissing();
        var generator = new ExpressionGenerator(new Random(seed));
        string[] functions = [.. Enumerable.Range(0, Functions).Select(index => generator.Function(index, Enum.Parse<ExpressionGenerator.Kind>(kind)))];
        TwoTargets.Compare(
            kind, string.Join('\n', functions), Functions, "-O2", index => functions[index], Inputs.Draw(seed + 100, TwoTargets.InputCount));
    }
}
