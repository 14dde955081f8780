using GptSharp.OpCases;
using GptSharp.Ptx.Memory;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Ops;

/// <summary>Runs every check of the conformance suite for the cases of one operation, on every backend that is here.</summary>
public abstract class OpConformanceTests<TCases>
    where TCases : IOpCases
{
    public static TheoryData<string> Names => [.. TCases.Cases.Select(opCase => opCase.Name)];

    public static TheoryData<string, string, string> Compared =>
        With([.. TestBackends.Names, TestBackends.OldEmulator, "reference"], TestPrecisions.Names);

    public static TheoryData<string, string, string> Repeated => With(TestBackends.Names, TestPrecisions.Names);

    public static TheoryData<string, string, string> Measured => With([.. TestBackends.OnHost, TestBackends.Silent], TestPrecisions.Names);

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
    [MemberData(nameof(Compared))]
    public void Backend_agrees_with_Reference_inside_its_buffers(string name, string backend, string precision) =>
        OpConformance.CheckAgainstReference(Find(name), TestPrecisions.Find(precision), () => TestBackends.Create(backend, threads: 1));

    [Theory]
    [MemberData(nameof(Repeated))]
    public void Bits_do_not_depend_on_the_number_of_threads(string name, string backend, string precision) =>
        OpConformance.CheckRepeatable(
            Find(name), TestPrecisions.Find(precision), threads => TestBackends.Create(backend, threads, Checks.None));

    [Theory]
    [MemberData(nameof(Measured))]
    public void Nothing_is_allocated_after_warm_up(string name, string backend, string precision) =>
        OpConformance.CheckAllocatesNothing(Find(name), TestPrecisions.Find(precision), () => TestBackends.Create(backend));

    // The device without BF16 has one precision. The trait lets a run choose a backend: --filter "Backend=cpu Neon".
    private static TheoryData<string, string, string> With(IReadOnlyList<string> backends, IReadOnlyList<string> precisions) => new(
        from opCase in TCases.Cases
        from backend in backends
        from precision in precisions
        where backend != TestBackends.OldEmulator || precision == "fp32"
        select new TheoryDataRow<string, string, string>(opCase.Name, backend, precision).WithTrait("Backend", backend));

    private static OpCase Find(string name) => TCases.Cases.Single(opCase => opCase.Name == name);
}
