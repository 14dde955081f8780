using System.Runtime.CompilerServices;

namespace GptSharp.Tensors;

/// <summary>A short list of tensors that lives on the stack.</summary>
public struct TensorList
{
    private const int Capacity = 16;

    private Items _items;

    /// <summary>Lists up to sixteen tensors; absent ones keep their place.</summary>
    public TensorList(params ReadOnlySpan<Tensor> tensors)
    {
        Count = tensors.Length;
        tensors.CopyTo(_items);
    }

    /// <summary>How many places the list has.</summary>
    public int Count { get; }

    /// <summary>Bytes of all tensors together.</summary>
    public readonly long Bytes
    {
        get
        {
            long bytes = 0;
            for (int i = 0; i < Count; i++)
            {
                bytes += _items[i].IsNone ? 0 : _items[i].Bytes;
            }

            return bytes;
        }
    }

    /// <summary>The tensor at one place.</summary>
    public readonly Tensor this[int index] => _items[index];

    [InlineArray(Capacity)]
    private struct Items
    {
        private Tensor _first;
    }
}
