using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Ops;

/// <summary>The cases of one operation.</summary>
public interface IOpCases
{
    static abstract IReadOnlyList<OpCase> Cases { get; }
}

/// <summary>Runs every check of the conformance suite for the cases of one operation, on every backend that is here.</summary>
public abstract class OpConformanceTests<TCases>
    where TCases : IOpCases
{
    public static TheoryData<string> Names => [.. TCases.Cases.Select(opCase => opCase.Name)];

    public static TheoryData<string, string> NamesAndBackends =>
        new(from opCase in TCases.Cases from backend in TestBackends.Names select (opCase.Name, backend));

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_are_central_differences(string name)
    {
        OpCase opCase = Find(name);
        if (!opCase.Differentiable)
        {
            Assert.Skip("not differentiable");
        }

        OpConformance.CheckFiniteDifferences(opCase);
    }

    [Theory]
    [MemberData(nameof(NamesAndBackends))]
    public void Backend_agrees_with_Reference_inside_its_buffers(string name, string backend) =>
        OpConformance.CheckAgainstReference(Find(name), () => TestBackends.Create(backend));

    [Theory]
    [MemberData(nameof(NamesAndBackends))]
    public void Bits_do_not_depend_on_the_number_of_threads(string name, string backend) =>
        OpConformance.CheckRepeatable(Find(name), threads => TestBackends.Create(backend, threads));

    [Theory]
    [MemberData(nameof(NamesAndBackends))]
    public void Nothing_is_allocated_after_warm_up(string name, string backend) =>
        OpConformance.CheckAllocatesNothing(Find(name), () => TestBackends.Create(backend));

    private static OpCase Find(string name) => TCases.Cases.Single(opCase => opCase.Name == name);
}
