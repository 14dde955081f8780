using System.Globalization;

namespace GptSharp.Samples.Tests;

public sealed class AutogradTests
{
    private static readonly Lazy<string[]> Output = new(() => SampleProgram.Run("01-Autograd"));

    private static string[] Words(string name) =>
        Assert.Single(Output.Value, line => line.TrimStart().StartsWith(name + " ", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static double Number(string word) => double.Parse(word, CultureInfo.InvariantCulture);

    // GELU's tanh form and its slope, written down from the paper.
    private static (double Value, double Slope) Gelu(double x)
    {
        double root = Math.Sqrt(2 / Math.PI);
        double t = Math.Tanh(root * (x + (0.044715 * x * x * x)));
        return (x / 2 * (1 + t), ((1 + t) / 2) + (x / 2 * (1 - (t * t)) * root * (1 + (3 * 0.044715 * x * x))));
    }

    [Fact]
    public void The_gradients_of_the_expression_are_those_of_calculus()
    {
        double slope = Gelu((1.5 * -0.8) + 0.3).Slope;
        Assert.Equal((-0.8 * slope) + 0.5, Number(Words("df/da")[2]), 1e-9);
        Assert.Equal(1.5 * slope, Number(Words("df/db")[2]), 1e-9);
        Assert.Equal(slope, Number(Words("df/dc")[2]), 1e-9);
    }

    [Fact]
    public void Every_node_of_the_expression_shows_its_value_and_gradient()
    {
        (double bent, double slope) = Gelu(-0.9);
        (string Name, double Value, double Gradient)[] nodes =
        [
            ("f", bent + 0.75, 1), ("half", 0.75, 1), ("bent", bent, 1), ("sum", -0.9, slope), ("product", -1.2, slope),
            ("c", 0.3, slope), ("b", -0.8, 1.5 * slope), ("a", 1.5, (-0.8 * slope) + 0.5),
        ];
        foreach ((string name, double value, double gradient) in nodes)
        {
            string[] words = Words(name);
            Assert.Equal(value, Number(words[2]), 1e-6);
            Assert.Equal(gradient, Number(words[4]), 1e-6);
        }
    }

    [Fact]
    public void Every_gradient_stands_beside_an_equal_finite_difference()
    {
        string[] pairs = [.. Output.Value.Where(line => line.Contains("finite difference ", StringComparison.Ordinal))];
        Assert.Equal(3 + 9, pairs.Length);
        foreach (string line in pairs)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(Number(words[2]), Number(words[^1]), 1e-8);
        }
    }

    [Fact]
    public void The_layer_starts_undecided_and_learns_all_points()
    {
        double[] losses = [.. Output.Value
            .Where(line => line.Contains("loss after", StringComparison.Ordinal))
            .Select(line => Number(line.Split(' ')[^1]))];
        Assert.Equal(4, losses.Length);
        Assert.Equal(Math.Log(3), losses[0], 1e-6);
        Assert.Equal(losses.OrderDescending(), losses);
        Assert.True(losses[^1] < 0.05, $"The last loss is {losses[^1]}.");
        Assert.Contains("   points in the right group: 5 of 5", Output.Value);

        // With equal odds, a bias's gradient is 1/3 less the group's share of the points.
        Assert.Equal((1.0 / 3) - (2.0 / 5), Number(Words("dL/db[0]")[2]), 1e-9);
        Assert.Equal((1.0 / 3) - (1.0 / 5), Number(Words("dL/db[2]")[2]), 1e-9);
    }
}
