// 01-Autograd: where gradients come from.
//
//   dotnet run -c Release --project samples/01-Autograd
//
// Training a network means asking, for every number in it: if this number were a little larger, by how much would the loss
// change? That ratio is the number's gradient. There are two ways to find it:
//
//   the slow way   Nudge the number, compute the loss again, and divide. It needs no theory, but two more passes per number.
//   autograd       Write down every operation while computing the loss, then walk the list backward and apply the chain rule.
//                  One pass gives all gradients, however many numbers there are.
//
// This sample does both and prints them side by side. It runs on the Reference backend, whose arithmetic is double precision:
// in single precision the slow way would be too noisy to prove anything.

using System.Globalization;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Reference;

using var engine = new Engine(new ReferenceBackend());

// The nudge. Small, so that the function is nearly a straight line; not too small, so that rounding stays far away.
const double H = 1e-5;

Expression();
Fit();

// ---------------------------------------------------------------------------------------------------------------------------
// Part 1. An expression of three numbers: f = gelu(a b + c) + a / 2.
// ---------------------------------------------------------------------------------------------------------------------------
void Expression()
{
    double[] inputs = [1.5, -0.8, 0.3];

    Console.WriteLine("1. The expression f = gelu(a b + c) + a / 2");
    Console.WriteLine();

    // Everything between BeginStep and the end of the block is one step: forward, then backward. The step owns the memory.
    using (Step step = engine.BeginStep())
    {
        // An input is asked for its gradient explicitly; data, for example, never needs one.
        Tensor a = step.Input([inputs[0]], (1, 1), requiresGradient: true);    // (1, 1)
        Tensor b = step.Input([inputs[1]], (1, 1), requiresGradient: true);    // (1, 1)
        Tensor c = step.Input([inputs[2]], (1, 1), requiresGradient: true);    // (1, 1)

        // Forward. Each operation computes its result and puts itself on the step's list, the tape.
        // Buffers on the way are recycled once nobody needs them; Watch keeps one, so that we can look at it later.
        Tensor product = step.Watch(Ops.Linear(a, b), "product");              // (1, 1)   a b: a 1 x 1 matrix product
        Tensor sum = step.Watch(Ops.Add(product, c), "sum");                   // (1, 1)   a b + c
        Tensor bent = step.Watch(Ops.Gelu(sum), "bent");                       // (1, 1)   gelu(a b + c)
        Tensor half = step.Watch(Ops.Scale(a, 0.5), "half");                   // (1, 1)   a / 2
        Tensor f = step.Watch(Ops.Add(bent, half), "f");                       // (1, 1)

        // Backward. It starts with df/df = 1 and visits the tape from the last operation to the first.
        step.Backward(f);

        Console.WriteLine("   Backward, from the result to the inputs:");
        PrintNode("f", f, "1, where the walk starts");
        PrintNode("half", half, "df/df: an addition passes its gradient on to both of its inputs");
        PrintNode("bent", bent, "the same");
        PrintNode("sum", sum, "df/dbent times the slope of gelu at sum");
        PrintNode("product", product, "df/dsum: an addition again");
        PrintNode("c", c, "the same");
        PrintNode("b", b, "df/dproduct times a");
        PrintNode("a", a, "df/dproduct times b, plus df/dhalf times 1/2: a was used twice, so its gradients add up");
        Console.WriteLine();

        Console.WriteLine("   Each input's gradient, and (f(x + h) - f(x - h)) / 2h:");
        PrintPair("df/da", a.Gradient.Item(), Slope(Value, inputs, 0));
        PrintPair("df/db", b.Gradient.Item(), Slope(Value, inputs, 1));
        PrintPair("df/dc", c.Gradient.Item(), Slope(Value, inputs, 2));
        Console.WriteLine();
    }

    // The same expression without a tape: all that the slow way needs.
    double Value(double[] x)
    {
        using Step step = engine.BeginStep(StepOptions.Evaluate);
        Tensor a = step.Input(x.AsSpan(0, 1), (1, 1));                         // (1, 1)
        Tensor b = step.Input(x.AsSpan(1, 1), (1, 1));                         // (1, 1)
        Tensor c = step.Input(x.AsSpan(2, 1), (1, 1));                         // (1, 1)
        Tensor bent = Ops.Gelu(Ops.Add(Ops.Linear(a, b), c));                  // (1, 1)
        return Ops.Add(bent, Ops.Scale(a, 0.5)).Item();
    }
}

// ---------------------------------------------------------------------------------------------------------------------------
// Part 2. One layer that learns: which of three groups does a point in the plane belong to? This is the last layer of a GPT in
// small, whose groups are the words that can come next: scores from a linear layer, then softmax and cross-entropy.
// ---------------------------------------------------------------------------------------------------------------------------
void Fit()
{
    const int pointCount = 5;
    const int axes = 2;
    const int groups = 3;
    double[] points = [1.0, 0.2, 1.2, -0.1, -0.7, 0.9, -0.4, 1.1, -0.5, -0.8];    // (5, 2)
    int[] labels = [0, 0, 1, 1, 2];                                               // (5)

    // All nine parameters in one row: the weight (3, 2) first, then the bias (3). They start at zero: no opinion.
    double[] parameters = new double[(groups * axes) + groups];
    string[] names = ["W[0,0]", "W[0,1]", "W[1,0]", "W[1,1]", "W[2,0]", "W[2,1]", "b[0]", "b[1]", "b[2]"];

    Console.WriteLine("2. One layer learns to tell three groups of points apart");
    Console.WriteLine();
    (double firstLoss, double[] firstGradient) = LossAndGradient(parameters);
    PrintLoss(0, firstLoss);
    Console.WriteLine("   (equal odds for three groups: ln 3)");
    Console.WriteLine();
    Console.WriteLine("   The gradient of each parameter, and the finite difference:");
    for (int i = 0; i < parameters.Length; i++)
    {
        PrintPair($"dL/d{names[i]}", firstGradient[i], Slope(x => LossAndGradient(x).Loss, parameters, i));
    }

    // Gradient descent: the gradient points uphill, so every parameter takes a small step the other way. Again and again.
    Console.WriteLine();
    const double learningRate = 1.0;
    for (int update = 1; update <= 100; update++)
    {
        (double _, double[] gradient) = LossAndGradient(parameters);
        for (int i = 0; i < parameters.Length; i++)
        {
            parameters[i] -= learningRate * gradient[i];
        }

        if (update is 1 or 10 or 100)
        {
            PrintLoss(update, LossAndGradient(parameters).Loss);
        }
    }

    Console.WriteLine($"   points in the right group: {CountRight()} of {pointCount}");

    (double Loss, double[] Gradient) LossAndGradient(double[] values)
    {
        using Step step = engine.BeginStep();
        Tensor x = step.Input(points, (pointCount, axes));                                                      // (5, 2)
        Tensor target = step.Input(labels, pointCount);                                                         // (5)
        Tensor weight = step.Input(values.AsSpan(0, groups * axes), (groups, axes), requiresGradient: true);    // (3, 2)
        Tensor bias = step.Input(values.AsSpan(groups * axes), groups, requiresGradient: true);                 // (3)
        Tensor scores = Ops.Linear(x, weight, bias);                                                            // (5, 3)
        Tensor loss = Ops.CrossEntropy(scores, target, groups, validCount: pointCount);                         // (1)
        double value = loss.Item();
        step.Backward(loss);
        return (value, [.. weight.Gradient.ToDoubles(), .. bias.Gradient.ToDoubles()]);
    }

    int CountRight()
    {
        using Step step = engine.BeginStep(StepOptions.Evaluate);
        Tensor x = step.Input(points, (pointCount, axes));                                         // (5, 2)
        Tensor weight = step.Input(parameters.AsSpan(0, groups * axes), (groups, axes));           // (3, 2)
        Tensor bias = step.Input(parameters.AsSpan(groups * axes), groups);                        // (3)
        double[] scores = Ops.Linear(x, weight, bias).ToDoubles();                                 // (5, 3)
        int right = 0;
        for (int point = 0; point < pointCount; point++)
        {
            double[] row = scores[(point * groups)..((point + 1) * groups)];                       // (3)
            if (Array.IndexOf(row, row.Max()) == labels[point])
            {
                right++;
            }
        }

        return right;
    }
}

// The slow way: the central difference of a function at x, along one of its inputs.
static double Slope(Func<double[], double> function, double[] x, int index)
{
    double[] above = [.. x];
    double[] below = [.. x];
    above[index] += H;
    below[index] -= H;
    return (function(above) - function(below)) / (2 * H);
}

static void PrintNode(string name, Tensor tensor, string why) => Print(
    $"   {name,-8} value {tensor.Item(),9:0.000000}   gradient {tensor.Gradient.Item(),9:0.000000}   {why}");

static void PrintPair(string name, double gradient, double difference) => Print(
    $"   {name,-10} autograd {gradient,13:0.0000000000}   finite difference {difference,13:0.0000000000}");

static void PrintLoss(int updates, double loss) => Print($"   loss after {updates,3} updates: {loss:0.000000}");

static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
