using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class ScaleTests : OpConformanceTests<ScaleCases>;
