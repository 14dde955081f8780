using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Training.Tracing;

namespace GptSharp.Training.Tests.Tracing;

public sealed class TraceBatchTests : IDisposable
{
    private static readonly GptConfig Config = new() { VocabularySize = 10, BlockSize = 4, LayerCount = 1, HeadCount = 1, Width = 2 };

    private readonly TemporaryFolder _folder = new();

    private string BatchPath => _folder.At("batch.safetensors");

    public void Dispose() => _folder.Dispose();

    private TraceBatch Read(params (string Name, long[] Shape, long[] Values)[] tensors)
    {
        var writer = new SafetensorsWriter();
        foreach ((string name, long[] shape, long[] values) in tensors)
        {
            writer.Add(name, shape, values);
        }

        writer.Save(BatchPath);
        return TraceBatch.Read(BatchPath, Config);
    }

    private string Refusal(params (string Name, long[] Shape, long[] Values)[] tensors)
    {
        string message = Assert.Throws<RefusedFileException>(() => Read(tensors)).Message;
        Assert.StartsWith($"{BatchPath}: ", message, StringComparison.Ordinal);
        return message[(BatchPath.Length + 2)..];
    }

    [Fact]
    public void A_batch_of_a_step_is_every_token_but_the_last_with_its_successor()
    {
        TraceBatch batch = Read(("tokens", [1, 1], [0]), ("batches", [2, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7]));
        Assert.Null(batch.Targets);
        (int[] tokens, int[] targets) = batch.Batch(1);
        Assert.Equal([6, 7, 9, 8], tokens);
        Assert.Equal([7, 8, 8, 7], targets);
    }

    [Fact]
    public void Tokens_are_needed_and_must_be_a_matrix_of_integers()
    {
        Assert.Equal("it holds no tensor 'tokens'.", Refusal(("targets", [1, 1], [0])));
        Assert.Equal("tokens has shape (2), but must be (B, T) and not empty.", Refusal(("tokens", [2], [0, 1])));
        Assert.Equal("tokens has shape (2, 0), but must be (B, T) and not empty.", Refusal(("tokens", [2, 0], [])));
        var writer = new SafetensorsWriter();
        writer.Add("tokens", [1, 2], new float[] { 1, 2 });
        writer.Save(BatchPath);
        RefusedFileException error = Assert.Throws<RefusedFileException>(() => TraceBatch.Read(BatchPath, Config));
        Assert.EndsWith("tensor 'tokens' has type F32; I32 or I64 is needed.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(-1)]
    [InlineData(1L << 32)]
    public void A_token_outside_the_vocabulary_is_named_with_its_place(long token)
    {
        Assert.Equal($"tokens[1, 0] is {token}, but the model's tokens are 0 to 9.", Refusal(("tokens", [2, 3], [0, 0, 0, token, 0, 0])));
        Assert.Equal(
            $"batches[0, 1, 1] is {token}, but the model's tokens are 0 to 9.",
            Refusal(("tokens", [1, 1], [0]), ("batches", [1, 2, 2], [0, 0, 0, token])));
    }

    [Fact]
    public void A_target_outside_the_vocabulary_is_named_unless_it_means_ignored()
    {
        Assert.Equal([-1, -1, 9], Read(("tokens", [1, 3], [0, 0, 0]), ("targets", [1, 3], [-1, -100, 9])).Targets!);
        Assert.Equal("targets[0, 1] is -2, but the model's tokens are 0 to 9.", Refusal(("tokens", [1, 2], [0, 0]), ("targets", [1, 2], [0, -2])));
        Assert.Equal("every one of targets is ignored, so there is no loss.", Refusal(("tokens", [1, 1], [0]), ("targets", [1, 1], [-1])));
    }

    [Fact]
    public void Sequences_may_fill_the_block_and_no_more()
    {
        Assert.NotNull(Read(("tokens", [1, 4], new long[4]), ("batches", [1, 1, 5], new long[5])).Batches);
        Assert.Equal("tokens has sequences of 5 tokens, but the model sees at most 4.", Refusal(("tokens", [1, 5], new long[5])));
        Assert.Equal(
            "batches has sequences of 6 tokens, the last of them only a target, but the model sees at most 4.",
            Refusal(("tokens", [1, 1], [0]), ("batches", [1, 1, 6], new long[6])));
        Assert.Equal(
            "batches has sequences of one token, which have no target; (steps, B, T + 1) is needed.",
            Refusal(("tokens", [1, 1], [0]), ("batches", [1, 1, 1], [0])));
    }

    [Fact]
    public void Targets_must_have_the_shape_of_tokens() => Assert.Equal(
        "targets has shape (3, 1), but must have that of tokens, (1, 3).", Refusal(("tokens", [1, 3], [0, 0, 0]), ("targets", [3, 1], [0, 0, 0])));

    [Fact]
    public void Steps_need_a_batch_each()
    {
        RefusedFileException none = Assert.Throws<RefusedFileException>(() => Read(("tokens", [1, 1], [0])).RequireBatches(1));
        Assert.EndsWith("it holds no tensor 'batches' (steps, B, T + 1), which optimizer steps need.", none.Message, StringComparison.Ordinal);
        TraceBatch one = Read(("tokens", [1, 1], [0]), ("batches", [1, 1, 2], [0, 0]));
        RefusedFileException few = Assert.Throws<RefusedFileException>(() => one.RequireBatches(2));
        Assert.EndsWith("batches holds 1 steps, but 2 were asked for.", few.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        RefusedFileException error = Assert.Throws<RefusedFileException>(() => TraceBatch.Read(_folder.At("none"), Config));
        Assert.StartsWith($"{_folder.At("none")}: there is no such file", error.Message, StringComparison.Ordinal);
    }
}
