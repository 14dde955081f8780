using GptSharp.Cuda;

namespace GptSharp.Tensors.Backends.Cuda.AttentionRoutes;

/// <summary>What a flash kernel is ready for besides causality and grouped queries: the constants of <c>attention_flash.cuh</c>.</summary>
[Flags]
internal enum FlashFeatures
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Dropout of weights.</summary>
    Dropout = 1,

    /// <summary>A window or documents: keys that are too far away.</summary>
    Local = 2,

    /// <summary>Soft cap or ALiBi: scores that are more than products.</summary>
    Shaped = 4,

    /// <summary>All of it.</summary>
    All = Dropout | Local | Shaped,
}

/// <summary>A kernel of <c>attention_flash.cuh</c>: what it is for and how it divides the work.</summary>
/// <param name="Image">The file.</param>
/// <param name="Name">The kernel.</param>
/// <param name="HeadSize">D.</param>
/// <param name="ShortestTime">The sequence length from which on it is chosen.</param>
/// <param name="Features">What it is ready for.</param>
/// <param name="Queries">Queries of a block.</param>
/// <param name="Keys">Keys that a block takes at a time.</param>
/// <param name="Threads">Threads of a block.</param>
internal readonly record struct FlashTile(
    string Image, string Name, int HeadSize, int ShortestTime, FlashFeatures Features, int Queries, int Keys, int Threads)
{
    // From here on there are enough blocks of 128 queries for a GPU, and reading keys half as often counts for more than their number.
    private const int LongTime = 512;

    /// <summary>All of them, in the order in which they are tried.</summary>
    public static FlashTile[] All { get; } =
    [
        new("attention_d64", "attention_d64_long_plain_bf16", 64, LongTime, FlashFeatures.None, 128, 64, 128),
        new("attention_d64", "attention_d64_plain_bf16", 64, 0, FlashFeatures.None, 64, 64, 128),
        new("attention_d64", "attention_d64_dropout_bf16", 64, 0, FlashFeatures.Dropout, 64, 64, 128),
        new("attention_d64", "attention_d64_long_local_bf16", 64, LongTime, FlashFeatures.Local, 128, 64, 128),
        new("attention_d64", "attention_d64_local_bf16", 64, 0, FlashFeatures.Local, 64, 64, 128),
        new("attention_d64", "attention_d64_all_bf16", 64, 0, FlashFeatures.All, 64, 64, 128),
        new("attention_d128", "attention_d128_plain_bf16", 128, 0, FlashFeatures.None, 128, 64, 256),
        new("attention_d128", "attention_d128_dropout_bf16", 128, 0, FlashFeatures.Dropout, 128, 64, 256),
        new("attention_d128", "attention_d128_local_bf16", 128, 0, FlashFeatures.Local, 128, 64, 256),
        new("attention_d128", "attention_d128_all_bf16", 128, 0, FlashFeatures.All, 128, 32, 256),
    ];

    /// <summary>Whether it can do it and is meant for it.</summary>
    public bool Takes(int headSize, int time, FlashFeatures features) =>
        headSize == HeadSize && time >= ShortestTime && (features & ~Features) == 0;

    /// <summary>The launch.</summary>
    /// <param name="sequences">B H.</param>
    /// <param name="time">T.</param>
    public LaunchShape Shape(int sequences, int time) =>
        new((sequences, (time + Queries - 1) / Queries), Threads, 2 * HeadSize * (Queries + (4 * Keys)));  // Q, and two stages of K and V
}
