using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class ActivationTests : OpConformanceTests<ActivationCases>;
