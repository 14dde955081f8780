using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Training.Tracing;

/// <summary>The tokens that a trace runs on, read from a safetensors file and checked against the model.</summary>
public sealed class TraceBatch
{
    // What PyTorch's cross-entropy leaves out unless told otherwise.
    private const long IgnoredByPyTorch = -100;

    private readonly string _path;
    private readonly GptConfig _config;

    private TraceBatch(SafetensorsFile file, GptConfig config)
    {
        _path = file.Path;
        _config = config;
        (Tokens, TokenShape) = ReadIndices(file, "tokens", rank: 2, mayBeIgnored: false);
        CheckLength("tokens", TokenShape[1], predicted: 0);
        if (file.Find("targets") is not null)
        {
            (Targets, int[] shape) = ReadIndices(file, "targets", rank: 2, mayBeIgnored: true);
            if (!shape.SequenceEqual(TokenShape))
            {
                throw new RefusedFileException(
                    _path, $"targets has shape {Text(shape)}, but must have that of tokens, {Text(TokenShape)}.");
            }

            if (Targets.All(target => target == Ops.IgnoredTarget))
            {
                throw new RefusedFileException(_path, "every one of targets is ignored, so there is no loss.");
            }
        }

        if (file.Find("batches") is not null)
        {
            (Batches, BatchShape) = ReadIndices(file, "batches", rank: 3, mayBeIgnored: false);
            if (BatchShape[2] < 2)
            {
                throw new RefusedFileException(_path, "batches has sequences of one token, which have no target; (steps, B, T + 1) is needed.");
            }

            CheckLength("batches", BatchShape[2], predicted: 1);
        }
    }

    /// <summary>Tokens of the forward and backward pass, (B, T).</summary>
    public int[] Tokens { get; }

    /// <summary>The lengths B and T.</summary>
    public int[] TokenShape { get; }

    /// <summary>What follows each token, (B, T), with <see cref="Ops.IgnoredTarget"/> where nothing is scored; null without targets.</summary>
    public int[]? Targets { get; }

    /// <summary>Sequences to train on, (steps, B, T + 1); null when there are none.</summary>
    public int[]? Batches { get; }

    /// <summary>The lengths of <see cref="Batches"/>.</summary>
    public int[] BatchShape { get; } = [0, 0, 0];

    /// <summary>
    /// Reads <c>tokens</c> and, where present, <c>targets</c> (B, T) and <c>batches</c> (steps, B, T + 1), as I32 or I64. Other
    /// tensors are ignored; so are targets of -1 and -100.
    /// </summary>
    /// <exception cref="RefusedFileException">
    /// <c>tokens</c> is missing, a shape or type is wrong, a token is outside the vocabulary or a sequence longer than the block.
    /// </exception>
    public static TraceBatch Read(string path, GptConfig config)
    {
        if (!File.Exists(path))
        {
            throw new RefusedFileException(path, "there is no such file; a safetensors file with the tensor tokens is needed.");
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        return new TraceBatch(file, config);
    }

    /// <summary>Checks that there is a batch for every step.</summary>
    /// <exception cref="RefusedFileException">There are too few.</exception>
    public void RequireBatches(int steps)
    {
        if (Batches is null)
        {
            throw new RefusedFileException(_path, "it holds no tensor 'batches' (steps, B, T + 1), which optimizer steps need.");
        }

        if (steps > BatchShape[0])
        {
            throw new RefusedFileException(_path, $"batches holds {BatchShape[0]} steps, but {steps} were asked for.");
        }
    }

    /// <summary>Tokens and targets of one optimizer step, (B, T) each.</summary>
    public (int[] Tokens, int[] Targets) Batch(int step)
    {
        (int rows, int length) = (BatchShape[1], BatchShape[2]);
        var tokens = new int[rows * (length - 1)];
        var targets = new int[tokens.Length];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<int> sequence = Batches.AsSpan(((step * rows) + row) * length, length);
            sequence[..^1].CopyTo(tokens.AsSpan(row * (length - 1)));
            sequence[1..].CopyTo(targets.AsSpan(row * (length - 1)));
        }

        return (tokens, targets);
    }

    private static string Text(IEnumerable<int> shape) => $"({string.Join(", ", shape)})";

    private (int[] Values, int[] Shape) ReadIndices(SafetensorsFile file, string name, int rank, bool mayBeIgnored)
    {
        SafetensorsEntry entry = file[name];
        if (entry.Shape.Count != rank || entry.Count is 0 or > int.MaxValue)
        {
            string expected = rank == 2 ? "(B, T)" : "(steps, B, T + 1)";
            throw new RefusedFileException(_path, $"{name} has shape {entry.ShapeText}, but must be {expected} and not empty.");
        }

        int[] shape = [.. entry.Shape.Select(length => checked((int)length))];
        long[] values = file.ReadIntegers(name);
        for (int i = 0; i < values.Length; i++)
        {
            if (mayBeIgnored && values[i] is IgnoredByPyTorch or Ops.IgnoredTarget)
            {
                values[i] = Ops.IgnoredTarget;
            }
            else if (values[i] < 0 || values[i] >= _config.VocabularySize)
            {
                throw new RefusedFileException(
                    _path,
                    $"{name}[{string.Join(", ", Place(i, shape))}] is {values[i]}, but the model's tokens are 0 to {_config.VocabularySize - 1}.");
            }
        }

        return (Array.ConvertAll(values, value => (int)value), shape);
    }

    private void CheckLength(string name, int length, int predicted)
    {
        if (length - predicted > _config.BlockSize)
        {
            string last = predicted == 0 ? "" : ", the last of them only a target";
            throw new RefusedFileException(
                _path, $"{name} has sequences of {length} tokens{last}, but the model sees at most {_config.BlockSize}.");
        }
    }

    private static int[] Place(int index, int[] shape)
    {
        var place = new int[shape.Length];
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            (index, place[axis]) = Math.DivRem(index, shape[axis]);
        }

        return place;
    }
}
