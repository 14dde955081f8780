using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors;

/// <summary>
/// A handle to a contiguous row-major array that lives in an <see cref="Memory.Arena"/>. The handle is three words and owns
/// nothing, so nobody disposes it: the arena recycles the buffer, and a handle whose buffer was recycled carries an old
/// generation number and throws instead of reading somebody else's values.
/// </summary>
public readonly struct Tensor : IEquatable<Tensor>
{
    internal Tensor(Arena arena, int slotIndex, int generation)
    {
        Arena = arena;
        SlotIndex = slotIndex;
        Generation = generation;
    }

    /// <summary>The absent tensor: an optional operand (a bias, say) that is not there.</summary>
    public static Tensor None => default;

    /// <summary>True for <see cref="None"/>.</summary>
    [MemberNotNullWhen(false, nameof(Arena))]
    public bool IsNone => Arena is null;

    /// <summary>Axis lengths.</summary>
    public Shape Shape => Slot.Shape;

    /// <summary>Storage type of the elements.</summary>
    public DType DType => Slot.DType;

    /// <summary>Number of elements.</summary>
    public long Count => Slot.Shape.Count;

    /// <summary>Bytes of the elements.</summary>
    public long Bytes => Slot.Shape.Count * Slot.DType.Size();

    /// <summary>The name given at creation or by <see cref="Step.Watch"/>; null for an unnamed one.</summary>
    public string? Name => Slot.Name;

    /// <summary>True if backward computes a gradient for this tensor.</summary>
    public bool RequiresGradient => Slot.RequiresGradient;

    /// <summary>
    /// The gradient that backward has collected: during backward for any activation, afterwards for inputs, watched tensors
    /// and parameters. <see cref="None"/> if nothing reached the tensor.
    /// </summary>
    public Tensor Gradient => Slot.GradientWritten ? Slot.Gradient : None;

    /// <summary>True while the buffer behind this handle is the one it was made for.</summary>
    public bool IsAlive => Arena is not null && Arena.Holds(this) && Slot.Address != 0;

    /// <summary>Where the elements stand in the tensor that they are a part of: that tensor's shape, and how many of its elements come before.</summary>
    internal (Shape Whole, long First) Place => Slot.IsPart ? (Slot.Whole, Slot.FirstInWhole) : (Slot.Shape, 0);

    internal Arena? Arena { get; }

    internal int SlotIndex { get; }

    internal int Generation { get; }

    /// <summary>Where the values are on the device; 0 for an absent tensor.</summary>
    internal nint Address => IsNone ? 0 : Arena.ResolveAddress(this);

    internal ref Slot Slot
    {
        get
        {
            if (IsNone)
            {
                throw new TensorException("An absent tensor (Tensor.None) was used where values are needed.");
            }

            return ref Arena.Resolve(this);
        }
    }

    /// <summary>Copies all elements into new memory, converted to double.</summary>
    public double[] ToDoubles()
    {
        var values = new double[Count];
        switch (DType)
        {
            case DType.F64:
                Download<double>(values);
                break;
            case DType.F32:
                var singles = new float[Count];
                Download<float>(singles);
                for (int i = 0; i < singles.Length; i++)
                {
                    values[i] = singles[i];
                }

                break;
            case DType.BF16:
                var halves = new BF16[Count];
                Download<BF16>(halves);
                for (int i = 0; i < halves.Length; i++)
                {
                    values[i] = halves[i];
                }

                break;
            default:
                var integers = new int[Count];
                Download<int>(integers);
                for (int i = 0; i < integers.Length; i++)
                {
                    values[i] = integers[i];
                }

                break;
        }

        return values;
    }

    /// <summary>Copies all elements to <paramref name="destination"/>, whose type must be the storage type.</summary>
    /// <exception cref="TensorException">Another element type or length.</exception>
    public void Download<T>(Span<T> destination)
        where T : unmanaged
    {
        CheckHostSpan<T>(destination.Length, "Download");
        Arena!.Engine.Download(MemoryMarshal.AsBytes(destination), Address);
    }

    /// <summary>Copies a part as it is stored, whatever the type.</summary>
    /// <param name="start">First byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    public void DownloadBytes(long start, Span<byte> destination)
    {
        CheckBytes(start, destination.Length);
        Arena!.Engine.Backend.Download(destination, Address + (nint)start);
    }

    /// <summary>Overwrites a part with bytes as they are stored, whatever the type.</summary>
    /// <param name="start">First byte.</param>
    /// <param name="source">The bytes.</param>
    public void UploadBytes(long start, ReadOnlySpan<byte> source)
    {
        CheckBytes(start, source.Length);
        Arena!.Engine.Backend.Upload(Address + (nint)start, source);
    }

    /// <summary>Overwrites all elements with <paramref name="source"/>, whose type must be the storage type.</summary>
    /// <exception cref="TensorException">Another element type or length.</exception>
    public void Upload<T>(ReadOnlySpan<T> source)
        where T : unmanaged
    {
        CheckHostSpan<T>(source.Length, "Upload");
        Arena!.Engine.Upload(Address, MemoryMarshal.AsBytes(source));
    }

    /// <summary>Overwrites all elements of a float tensor, rounding to its storage type.</summary>
    public void UploadDoubles(ReadOnlySpan<double> source)
    {
        if (source.Length != Count)
        {
            throw new TensorException($"UploadDoubles got {source.Length} elements for a tensor {this}.");
        }

        UploadDoubles(source, first: 0);
    }

    /// <summary>Overwrites elements from <paramref name="first"/> on of a float tensor, rounding to its storage type.</summary>
    internal void UploadDoubles(ReadOnlySpan<double> source, long first)
    {
        if (DType == DType.F64)
        {
            UploadAt(source, first);
            return;
        }

        if (DType == DType.BF16)
        {
            var halves = new BF16[source.Length];
            for (int i = 0; i < halves.Length; i++)
            {
                halves[i] = (BF16)source[i];
            }

            UploadAt<BF16>(halves, first);
            return;
        }

        var singles = new float[source.Length];
        for (int i = 0; i < singles.Length; i++)
        {
            singles[i] = (float)source[i];
        }

        UploadAt<float>(singles, first);
    }

    /// <summary>The value of a tensor with one element, a loss for example.</summary>
    /// <exception cref="TensorException">The tensor has another number of elements.</exception>
    public double Item()
    {
        if (Count != 1)
        {
            throw new TensorException($"Item() reads a tensor of one element, not one of shape {Shape}.");
        }

        if (DType == DType.F32)
        {
            Span<float> single = stackalloc float[1];
            Download(single);
            return single[0];
        }

        return ToDoubles()[0];
    }

    /// <inheritdoc/>
    public bool Equals(Tensor other) =>
        ReferenceEquals(Arena, other.Arena) && SlotIndex == other.SlotIndex && Generation == other.Generation;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(SlotIndex, Generation);

    /// <summary>Same buffer, same generation.</summary>
    public static bool operator ==(Tensor left, Tensor right) => left.Equals(right);

    /// <summary>Another buffer or generation.</summary>
    public static bool operator !=(Tensor left, Tensor right) => !left.Equals(right);

    /// <summary>For example <c>F32 (2, 64, 384) "h.0.attn"</c>.</summary>
    public override string ToString() =>
        IsNone ? "none" : !Arena.Holds(this) ? "recycled tensor" : $"{DType} {Shape}{(Name is null ? "" : $" \"{Name}\"")}";

    internal unsafe T* Pointer<T>()
        where T : unmanaged => (T*)Address;

    private void CheckBytes(long start, int count)
    {
        if (start < 0 || start + count > Bytes)
        {
            throw new TensorException($"Bytes {start} to {start + count - 1} of a tensor {this}, which has {Bytes}.");
        }
    }

    private void UploadAt<T>(ReadOnlySpan<T> source, long first)
        where T : unmanaged => Arena!.Engine.Upload(Address + (nint)(first * DType.Size()), MemoryMarshal.AsBytes(source));

    private void CheckHostSpan<T>(int length, string verb)
    {
        bool sameType = DType switch
        {
            DType.F32 => typeof(T) == typeof(float),
            DType.F64 => typeof(T) == typeof(double),
            DType.BF16 => typeof(T) == typeof(BF16),
            _ => typeof(T) == typeof(int),
        };
        if (!sameType || length != Count)
        {
            throw new TensorException($"{verb} got {length} elements of {typeof(T).Name} for a tensor {this}.");
        }
    }
}
