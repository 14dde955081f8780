using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class LayerNormTests : OpConformanceTests<LayerNormCases>;
