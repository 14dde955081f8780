namespace GptSharp.Tensors.Backends.Cuda.AttentionRoutes;

/// <summary>What a form asks of the kernels beyond causal attention with grouped queries: the constants of <c>attention_backward.cuh</c>.</summary>
internal enum AttentionFeatures
{
    /// <summary>Nothing.</summary>
    Plain,

    /// <summary>A window or documents.</summary>
    Local,

    /// <summary>A soft cap, ALiBi or dropout, perhaps with a window or documents.</summary>
    Full,
}

/// <summary>What decides which kernel of attention's backward pass is launched.</summary>
/// <param name="Type">How the tensors are stored.</param>
/// <param name="HeadSize">D.</param>
/// <param name="Time">T.</param>
/// <param name="TensorCores">The tensor cores can take it.</param>
/// <param name="Features">What the form asks.</param>
/// <param name="OwnsKeys">A block owns keys and values, not queries.</param>
internal readonly record struct AttentionBackwardRoute(
    DType Type, int HeadSize, int Time, bool TensorCores, AttentionFeatures Features, bool OwnsKeys)
{
    private const int LongTile = 128;

    /// <summary>The least kernel that knows all that is asked.</summary>
    public static AttentionFeatures FeaturesOf(in AttentionForm form, bool hasDocuments, double dropoutRate) =>
        form.SoftCap != 0 || form.Alibi || dropoutRate > 0 ? AttentionFeatures.Full
        : form.Window != 0 || hasDocuments ? AttentionFeatures.Local
        : AttentionFeatures.Plain;

    /// <summary>The same route for all lengths that go the same way.</summary>
    public AttentionBackwardRoute Representative => this with { Time = Math.Min(Time, LongTile) };

    /// <summary>The kernels that can serve, the best first; the next serves where the driver's compiler spills registers of the one before.</summary>
    public AttentionBackwardTile[] Tiles()
    {
        string part = OwnsKeys ? "keys" : "queries";
        if (!TensorCores)
        {
            return [AttentionBackwardTile.Generic(part, HeadSize, Type)];
        }

        return (HeadSize, Features) switch
        {
            (64, AttentionFeatures.Plain) when Time >= LongTile => [Tile("", 128, 32, 2), Tile("", 64, 64)],
            (64, AttentionFeatures.Plain) => [Tile("", 64, 64)],
            (64, AttentionFeatures.Local) => [Tile("local_", 64, 64)],
            (64, _) => [Tile("full_", 64, 32)],
            (_, AttentionFeatures.Plain) => [Tile("", 64, 32)],
            (_, AttentionFeatures.Local) => [Tile("local_", 64, 32)],
            _ => [Tile("full_", 64, OwnsKeys ? 16 : 32)],
        };
    }

    private AttentionBackwardTile Tile(string features, int owned, int streamed, int rowsPerWarp = 1) => OwnsKeys
        ? AttentionBackwardTile.Keys(HeadSize, features, owned, streamed, rowsPerWarp)
        : AttentionBackwardTile.Queries(HeadSize, features, owned, streamed, rowsPerWarp);
}
