// 02-Attention: what happens inside one layer of causal self-attention, number by number.
//
//   dotnet run -c Release --project samples/02-Attention
//
// Five tokens go in, each a row of C numbers. Attention lets every token collect something from the tokens before it:
//
//   query   what a token looks for
//   key     what a token offers to be found by
//   value   what a token hands over when it is found
//
// Two heads do this side by side, each with its own D = C / H columns of the queries, keys and values. Every intermediate is
// computed below with plain loops over arrays, printed under its name, and at the end compared with what Ops.Attention gives,
// the one fast operation that a model uses instead and that never stores the T x T tables we are about to see.
//
// Vaswani et al. 2017, "Attention is all you need", arXiv:1706.03762, section 3.2.

using System.Globalization;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Reference;

string[] tokens = ["the", "cat", "saw", "the", "dog"];
const int T = 5;        // tokens
const int C = 4;        // channels: numbers per token
const int H = 2;        // heads
const int D = C / H;    // channels per head

// What a trained model would have learnt is made up here: small numbers, the same in every run. The word "the" occurs twice; its
// two rows of x differ all the same, because a GPT adds each position's own embedding to the token's.
double[,] x = Numbers(seed: 1, T, C);                  // (T, C)    the five rows that go in
double[,] queryKeyValue = Numbers(seed: 2, 3 * C, C);  // (3C, C)   one matrix for q, k and v, one row per output
double[,] projection = Numbers(seed: 3, C, C);         // (C, C)    mixes the heads at the end

Print("x: the tokens that go in, (T, C)", x);

// Step 1. A linear layer turns every token into its query, key and value: 3C numbers side by side.
double[,] qkv = Linear(x, queryKeyValue);              // (T, 3C)

double[,] joined = new double[T, C];                   // (T, C)
for (int head = 0; head < H; head++)
{
    // Step 2. Each head takes its own D columns of each third.
    double[,] q = Columns(qkv, (0 * C) + (head * D), D);    // (T, D)
    double[,] k = Columns(qkv, (1 * C) + (head * D), D);    // (T, D)
    double[,] v = Columns(qkv, (2 * C) + (head * D), D);    // (T, D)
    Print($"q of head {head}: what each token looks for, (T, D)", q);
    Print($"k of head {head}: what each token offers, (T, D)", k);
    Print($"v of head {head}: what each token hands over, (T, D)", v);

    // Step 3. How well does the query of token i match the key of token j? Their dot product says it. Dot products of longer
    // vectors are larger by nature, so they are divided by sqrt(D): otherwise softmax would soon see one winner only.
    double[,] scores = new double[T, T];                    // (T, T)
    for (int i = 0; i < T; i++)
    {
        for (int j = 0; j < T; j++)
        {
            double dot = 0;
            for (int d = 0; d < D; d++)
            {
                dot += q[i, d] * k[j, d];
            }

            scores[i, j] = dot / Math.Sqrt(D);
        }
    }

    Print($"scores of head {head}: row i, column j: q_i . k_j / sqrt(D), (T, T)", scores);

    // Step 4. Causal: a token must not see what comes after it, for that is what the model is asked to predict.
    // A score of minus infinity becomes a weight of exactly zero in the next step.
    double[,] masked = new double[T, T];                    // (T, T)
    for (int i = 0; i < T; i++)
    {
        for (int j = 0; j < T; j++)
        {
            masked[i, j] = j <= i ? scores[i, j] : double.NegativeInfinity;
        }
    }

    Print($"masked scores of head {head}: the future is out of sight, (T, T)", masked);

    // Step 5. Softmax makes weights of each row: all positive, together 1. The row's largest score is subtracted first; that
    // cancels in the quotient, and keeps exp from overflowing.
    double[,] weights = new double[T, T];                   // (T, T)
    for (int i = 0; i < T; i++)
    {
        double largest = double.NegativeInfinity;
        for (int j = 0; j < T; j++)
        {
            largest = Math.Max(largest, masked[i, j]);
        }

        double total = 0;
        for (int j = 0; j < T; j++)
        {
            total += Math.Exp(masked[i, j] - largest);
        }

        for (int j = 0; j < T; j++)
        {
            weights[i, j] = Math.Exp(masked[i, j] - largest) / total;
        }
    }

    Print($"weights of head {head}: softmax of each row, (T, T)", weights);

    // Step 6. Each token receives the values of the tokens it attends to, in proportion to the weights.
    double[,] collected = new double[T, D];                 // (T, D)
    for (int i = 0; i < T; i++)
    {
        for (int j = 0; j < T; j++)
        {
            for (int d = 0; d < D; d++)
            {
                collected[i, d] += weights[i, j] * v[j, d];
            }
        }
    }

    Print($"weighted sum of head {head}: what each token has collected, (T, D)", collected);

    // Step 7. The heads' results stand side by side again.
    for (int i = 0; i < T; i++)
    {
        for (int d = 0; d < D; d++)
        {
            joined[i, (head * D) + d] = collected[i, d];
        }
    }
}

Print("heads joined: the results of all heads side by side, (T, C)", joined);

// Step 8. So far the heads know nothing of each other; one more linear layer mixes what they have found.
double[,] output = Linear(joined, projection);              // (T, C)
Print("projection: what attention adds to the tokens, (T, C)", output);

// The same with the library's operations. B, the batch, is 1: one sequence.
using var engine = new Engine(new ReferenceBackend());
using Step step = engine.BeginStep(StepOptions.Evaluate);
Tensor xTensor = step.Input(Flat(x), (1, T, C));                                              // (B, T, C)
Tensor qkvTensor = Ops.Linear(xTensor, step.Input(Flat(queryKeyValue), (3 * C, C)));          // (B, T, 3C)
Tensor joinedTensor = Ops.Attention(qkvTensor, H);                                            // (B, T, C)
Tensor outputTensor = Ops.Linear(joinedTensor, step.Input(Flat(projection), (C, C)));         // (B, T, C)

Compare("Ops.Attention and the heads joined", joinedTensor, joined);
Compare("Ops.Linear after it and the projection", outputTensor, output);

// y = x Wᵀ: each output is the dot product of a row of x with a row of the weight.
static double[,] Linear(double[,] x, double[,] weight)
{
    double[,] y = new double[x.GetLength(0), weight.GetLength(0)];
    for (int i = 0; i < y.GetLength(0); i++)
    {
        for (int n = 0; n < y.GetLength(1); n++)
        {
            for (int c = 0; c < x.GetLength(1); c++)
            {
                y[i, n] += x[i, c] * weight[n, c];
            }
        }
    }

    return y;
}

static double[,] Columns(double[,] matrix, int first, int count)
{
    double[,] part = new double[matrix.GetLength(0), count];
    for (int i = 0; i < part.GetLength(0); i++)
    {
        for (int d = 0; d < count; d++)
        {
            part[i, d] = matrix[i, first + d];
        }
    }

    return part;
}

// Numbers from -1 to 1 with one digit after the point.
static double[,] Numbers(int seed, int rows, int columns)
{
    var random = new Random(seed);
    double[,] matrix = new double[rows, columns];
    for (int i = 0; i < rows; i++)
    {
        for (int c = 0; c < columns; c++)
        {
            matrix[i, c] = random.Next(-10, 11) / 10.0;
        }
    }

    return matrix;
}

// Row-major, as tensors are stored.
static double[] Flat(double[,] matrix) => [.. matrix.Cast<double>()];

void Print(string name, double[,] matrix)
{
    Console.WriteLine(name);
    for (int i = 0; i < matrix.GetLength(0); i++)
    {
        Console.Write($"  {i} {tokens[i],-3}");
        for (int c = 0; c < matrix.GetLength(1); c++)
        {
            Console.Write(double.IsInfinity(matrix[i, c])
                ? "       -inf"
                : matrix[i, c].ToString("0.00000", CultureInfo.InvariantCulture).PadLeft(11));
        }

        Console.WriteLine();
    }

    Console.WriteLine();
}

static void Compare(string what, Tensor tensor, double[,] matrix)
{
    double largest = tensor.ToDoubles().Zip(Flat(matrix), (a, b) => Math.Abs(a - b)).Max();
    Console.WriteLine($"largest difference between {what}: {largest.ToString("0.0e+00", CultureInfo.InvariantCulture)}");
    if (!(largest < 1e-12))
    {
        throw new InvalidOperationException($"{what} should agree to 1e-12, but differ by {largest}.");
    }
}
