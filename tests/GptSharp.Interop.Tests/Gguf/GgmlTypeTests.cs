using System.Text.Json;
using GptSharp.Files.Gguf;

namespace GptSharp.Interop.Tests.Gguf;

public sealed class GgmlTypeTests
{
    [Fact]
    public void Numbers_and_sizes_of_types_are_those_of_ggml()
    {
        GgufTensorType[] types = Enum.GetValues<GgufTensorType>();

        string output = NodeProgram.RunOrSkip(
            "ggml-types.mjs", "node-llama-cpp", JsonSerializer.Serialize(types.Select(type => type.ToString())));

        Assert.Equal(
            types.Select(type => new[] { (int)type, type.Block().Elements, type.Block().Bytes }), JsonSerializer.Deserialize<int[][]>(output)!);
    }
}
