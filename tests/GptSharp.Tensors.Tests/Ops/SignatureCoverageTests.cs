using System.Reflection;
using GptSharp.OpCases;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Ops;

/// <summary>The suite would not notice an operation, or a combination of storage types, that no case reaches: this does.</summary>
public sealed class SignatureCoverageTests
{
    // Not called on activations, so not by cases: their own tests go through their signatures.
    private static readonly string[] TestedApart = ["adamw", "copy", "fill", "gradient norm", "sgd"];

    [Fact]
    public void Every_signature_of_every_operation_is_reached_by_a_case()
    {
        HashSet<(string Operation, string Types)> reached = [.. TestPrecisions.Names.SelectMany(Run)];
        string[] missing =
        [
            .. from info in Operations()
               where !TestedApart.Contains(info.Name)
               from signature in info.Signatures
               where !signature.Contains(DType.F64) // what all are compared with
               let types = string.Join(' ', signature)
               where !reached.Any(call => call.Operation == info.Name && Fits(call.Types, types))
               select $"{info.Name}: {types}",
        ];
        Assert.Empty(missing);
    }

    private static bool Fits(string call, string signature) =>
        call.Split(' ').Zip(signature.Split(' ')).All(pair => pair.First == "-" || pair.First == pair.Second);

    private static IEnumerable<OpInfo> Operations() =>
        from type in typeof(IOp).Assembly.GetTypes()
        where type.IsValueType && typeof(IOp).IsAssignableFrom(type)
        select (OpInfo)type.GetProperty(nameof(IOp.Info), BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    private static HashSet<(string Operation, string Types)> Run(string precision)
    {
        using Engine engine = TestBackends.NewEngine();
        HashSet<(string, string)> reached = [];
        engine.Observer = new Signatures(reached);
        foreach (OpCase opCase in OpSuite.Cases)
        {
            OpResult.Of(engine, opCase, TestPrecisions.Find(precision));
        }

        return reached;
    }

    private sealed class Signatures(HashSet<(string Operation, string Types)> reached) : IOpObserver
    {
        public void OnStarting(OpInfo info, in TensorList operands)
        {
            List<string> types = [];
            for (int i = 0; i < operands.Count; i++)
            {
                types.Add(operands[i].IsNone ? "-" : operands[i].DType.ToString());
            }

            reached.Add((info.Name, string.Join(' ', types)));
        }

        public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay)
        {
        }
    }
}
