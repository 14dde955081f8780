using GptSharp.Tensors;
using GptSharp.TestKit;

namespace GptSharp.OpCases;

/// <summary>The conformance suite: the cases of all operations that are called on activations. <see cref="BufferOps"/> has the others.</summary>
public static class OpSuite
{
    /// <summary>Every set of cases, by name.</summary>
    public static IReadOnlyList<(string Name, IReadOnlyList<OpCase> Cases)> Operations { get; } =
    [
        Of<ActivationCases>(),
        Of<AddCases>(),
        Of<AttentionCases>(),
        Of<AttentionHeadSizeCases>(),
        Of<AttentionMaskCases>(),
        Of<CachedAttentionCases>(),
        Of<CrossEntropyCases>(),
        Of<DropoutCases>(),
        Of<EmbeddingCases>(),
        Of<GatedUnitCases>(),
        Of<GradientNormCases>(),
        Of<HeadNormCases>(),
        Of<LayerNormCases>(),
        Of<LinearCases>(),
        Of<LinearActivationCases>(),
        Of<LinearCrossEntropyCases>(),
        Of<RMSNormCases>(),
        Of<RopeCases>(),
        Of<ScaleCases>(),
        Of<SoftCapCases>(),
    ];

    /// <summary>All cases.</summary>
    public static IEnumerable<OpCase> Cases => Operations.SelectMany(operation => operation.Cases);

    /// <summary>The precisions that stand for all of an operation's signatures, by name.</summary>
    public static IReadOnlyList<(string Name, Precision Precision)> Precisions { get; } =
        [("fp32", Precision.Fp32), ("bf16", Precision.Bf16), ("bf16-pure", Precision.Bf16Pure)];

    private static (string Name, IReadOnlyList<OpCase> Cases) Of<TCases>()
        where TCases : IOpCases => (typeof(TCases).Name[..^"Cases".Length], TCases.Cases);
}
