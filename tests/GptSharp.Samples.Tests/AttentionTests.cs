using System.Globalization;

namespace GptSharp.Samples.Tests;

public sealed class AttentionTests
{
    // Numbers are printed with five digits after the point; what is computed from them is a little coarser.
    private const double Printed = 1e-4;

    private static readonly Lazy<string[]> Output = new(() => SampleProgram.Run("02-Attention"));

    private static double[][] Table(string name)
    {
        int title = Array.FindIndex(Output.Value, line => line.StartsWith(name + ":", StringComparison.Ordinal));
        Assert.True(title >= 0, $"Nothing named \"{name}\" was printed.");
        return [.. Output.Value.Skip(title + 1).TakeWhile(line => line.Length > 0).Select(Row)];
    }

    private static double[] Row(string line) =>
        [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(2).Select(word =>
            word == "-inf" ? double.NegativeInfinity : double.Parse(word, CultureInfo.InvariantCulture))];

    [Fact]
    public void Every_intermediate_is_printed_with_its_name_in_the_order_of_the_computation()
    {
        string[] names = [.. Output.Value.Where(line => line.Contains(": ", StringComparison.Ordinal) && line.EndsWith(')')).Select(line => line.Split(':')[0])];
        string[] perHead = ["q of", "k of", "v of", "scores of", "masked scores of", "weights of", "weighted sum of"];
        Assert.Equal(
            ["x", .. perHead.Select(name => $"{name} head 0"), .. perHead.Select(name => $"{name} head 1"), "heads joined", "projection"],
            names);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_printed_weights_and_sums_follow_from_the_printed_queries_keys_and_values(int head)
    {
        (double[][] q, double[][] k, double[][] v) = (Table($"q of head {head}"), Table($"k of head {head}"), Table($"v of head {head}"));
        double[][] scores = Table($"scores of head {head}");
        double[][] masked = Table($"masked scores of head {head}");
        double[][] weights = Table($"weights of head {head}");
        double[][] sums = Table($"weighted sum of head {head}");
        for (int i = 0; i < 5; i++)
        {
            double[] terms = [.. Enumerable.Range(0, i + 1).Select(j => Math.Exp(((q[i][0] * k[j][0]) + (q[i][1] * k[j][1])) / Math.Sqrt(2)))];
            for (int j = 0; j < 5; j++)
            {
                Assert.Equal(((q[i][0] * k[j][0]) + (q[i][1] * k[j][1])) / Math.Sqrt(2), scores[i][j], Printed);
                Assert.Equal(j <= i ? scores[i][j] : double.NegativeInfinity, masked[i][j]);
                Assert.Equal(j <= i ? terms[j] / terms.Sum() : 0, weights[i][j], Printed);
            }

            for (int d = 0; d < 2; d++)
            {
                Assert.Equal(terms.Select((term, j) => term * v[j][d]).Sum() / terms.Sum(), sums[i][d], Printed);
            }
        }
    }

    [Fact]
    public void The_heads_stand_side_by_side()
    {
        double[][] joined = Table("heads joined");
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal([.. Table("weighted sum of head 0")[i], .. Table("weighted sum of head 1")[i]], joined[i]);
        }
    }

    [Theory]
    [InlineData("Ops.Attention")]
    [InlineData("Ops.Linear")]
    public void The_loops_agree_with_the_operation(string operation)
    {
        string line = Assert.Single(Output.Value, line => line.StartsWith($"largest difference between {operation} ", StringComparison.Ordinal));
        Assert.InRange(double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture), 0, 1e-12);
    }

    [Fact]
    public void The_example_is_no_trivial_one()
    {
        // Several tokens share the attention of the last one, in either head.
        Assert.All(new[] { 0, 1 }, head => Assert.True(Table($"weights of head {head}")[4].Count(weight => weight > 0.05) >= 3));
    }
}
