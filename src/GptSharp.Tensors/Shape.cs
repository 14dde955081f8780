using System.Globalization;
using System.Runtime.CompilerServices;

namespace GptSharp.Tensors;

/// <summary>The lengths of a tensor's axes, outermost first; rank 0 to 4, row-major and contiguous.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The largest rank a tensor can have.</summary>
    public const int MaximumRank = 4;

    private readonly Lengths _lengths;

    /// <summary>Creates a shape from its axis lengths, outermost first.</summary>
    /// <exception cref="TensorException">More than four axes, or a negative length.</exception>
    public Shape(params ReadOnlySpan<int> lengths)
    {
        if (lengths.Length > MaximumRank)
        {
            throw new TensorException($"A shape has at most {MaximumRank} axes, not {lengths.Length}.");
        }

        Rank = lengths.Length;
        for (int axis = 0; axis < lengths.Length; axis++)
        {
            if (lengths[axis] < 0)
            {
                throw new TensorException($"Axis {axis} of a shape has the negative length {lengths[axis]}.");
            }

            _lengths[axis] = lengths[axis];
        }
    }

    /// <summary>Number of axes.</summary>
    public int Rank { get; }

    /// <summary>Number of elements: the product of all lengths (1 for a scalar).</summary>
    public long Count
    {
        get
        {
            long count = 1;
            for (int axis = 0; axis < Rank; axis++)
            {
                count *= _lengths[axis];
            }

            return count;
        }
    }

    /// <summary>Length of the innermost axis; 1 for a scalar.</summary>
    public int Last => Rank == 0 ? 1 : _lengths[Rank - 1];

    /// <summary>Number of rows when every axis but the innermost is folded into one.</summary>
    public long Rows => Last == 0 ? 0 : Count / Last;

    /// <summary>Length of one axis; <c>^1</c> is the innermost.</summary>
    public int this[Index axis]
    {
        get
        {
            int offset = axis.GetOffset(Rank);
            return (uint)offset < (uint)Rank
                ? _lengths[offset]
                : throw new TensorException($"Shape {this} has no axis {axis}.");
        }
    }

    /// <summary>The same shape with another innermost length.</summary>
    public Shape WithLast(int length)
    {
        Span<int> lengths = stackalloc int[Rank];
        for (int axis = 0; axis < Rank; axis++)
        {
            lengths[axis] = _lengths[axis];
        }

        lengths[^1] = length;
        return new Shape(lengths);
    }

    /// <summary>A vector.</summary>
    public static implicit operator Shape(int length) => new(length);

    /// <summary>A matrix.</summary>
    public static implicit operator Shape((int A, int B) lengths) => new(lengths.A, lengths.B);

    /// <summary>Three axes.</summary>
    public static implicit operator Shape((int A, int B, int C) lengths) => new(lengths.A, lengths.B, lengths.C);

    /// <summary>Four axes.</summary>
    public static implicit operator Shape((int A, int B, int C, int D) lengths) =>
        new(lengths.A, lengths.B, lengths.C, lengths.D);

    /// <summary>Equal rank and lengths.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Different rank or lengths.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Shape other) =>
        Rank == other.Rank && ((ReadOnlySpan<int>)_lengths).SequenceEqual(other._lengths);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, _lengths[0], _lengths[1], _lengths[2], _lengths[3]);

    /// <summary>For example <c>(2, 64, 384)</c>.</summary>
    public override string ToString()
    {
        var parts = new string[Rank];
        for (int axis = 0; axis < Rank; axis++)
        {
            parts[axis] = _lengths[axis].ToString(CultureInfo.InvariantCulture);
        }

        return $"({string.Join(", ", parts)})";
    }

    [InlineArray(MaximumRank)]
    private struct Lengths
    {
        private int _first;
    }
}
