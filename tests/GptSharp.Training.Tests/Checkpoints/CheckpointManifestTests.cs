using System.Text.Json.Nodes;
using GptSharp.Files;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Tests.Runs;

namespace GptSharp.Training.Tests.Checkpoints;

public sealed class CheckpointManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _checkpoint;
    private readonly string _manifest;

    public CheckpointManifestTests()
    {
        SmallRun.Run(SmallRun.Config(_folder), interruptAfter: 1);
        _checkpoint = new CheckpointStore(_folder.At("run")).FolderOf(1);
        _manifest = Path.Combine(_checkpoint, CheckpointManifest.FileName);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_names_format_writer_schemes_arithmetic_and_optimizer()
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(_manifest))!;
        string[] keys = ["format", "writer", "random_scheme", "position_scheme", "device", "optimizer", "seed", "step", "next_batch", "next_batch_hash", "micro_batch", "checksum"];
        Assert.All(keys, key => Assert.NotNull(json[key]));
        Assert.StartsWith("GptSharp ", (string)json["writer"]!, StringComparison.Ordinal);
        Assert.StartsWith("cpu (", (string)json["device"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_anywhere_in_it_is_refused()
    {
        byte[] sound = File.ReadAllBytes(_manifest);
        for (int bit = 0; bit < 8 * sound.Length; bit += 13)
        {
            byte[] damaged = [.. sound];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(_manifest, damaged);
            string problem = Assert.Throws<RefusedFileException>(() => CheckpointManifest.Load(_checkpoint)).Message;
            Assert.StartsWith(_manifest, problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_later_format_is_refused_by_name_whatever_else_it_holds()
    {
        File.WriteAllText(_manifest, """{"format": 3, "writer": "GptSharp 9.1.0", "shards": []}""");
        Assert.Equal(
            $"{_manifest}: it has format 3, written by GptSharp 9.1.0, and this version of GptSharp reads formats up to 2; use a later version.",
            Assert.Throws<RefusedFileException>(() => Checkpoint.Verify(_checkpoint)).Message);
    }

    [Fact]
    public void A_checkpoint_of_the_first_format_is_still_read_and_its_hashes_checked()
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(_manifest))!.AsObject();
        json["format"] = 1;
        foreach (string later in new[] { "random_scheme", "position_scheme", "next_batch_hash", "checksum" })
        {
            json.Remove(later);
        }

        string model = Path.Combine(_checkpoint, Checkpoint.ModelFile);
        foreach (string file in new[] { Checkpoint.ModelFile, Checkpoint.OptimizerFile })
        {
            json["files"]![file] = FileHash.Sha256(Path.Combine(_checkpoint, file));
        }

        File.WriteAllText(_manifest, json.ToJsonString());
        byte[] sound = File.ReadAllBytes(model);
        File.WriteAllBytes(model, [.. sound[..^1], (byte)(sound[^1] ^ 1)]);
        Assert.Contains("SHA-256", Assert.Throws<RefusedFileException>(() => Checkpoint.Verify(_checkpoint)).Message, StringComparison.Ordinal);

        File.WriteAllBytes(model, sound);
        Assert.Equal(1, Checkpoint.Verify(_checkpoint).Step);
        Assert.Equal(11, SmallRun.Run(SmallRun.Config(_folder), resume: true).Steps.Count);
    }

    [Fact]
    public void Another_version_or_scheme_is_announced_when_the_run_goes_on()
    {
        (CheckpointManifest.Load(_checkpoint) with { Writer = "GptSharp 0.0.1", RandomScheme = "dice", PositionScheme = "chance", NextBatchHash = "0000000000000000" })
            .Save(_checkpoint);

        RunRecord resumed = SmallRun.Run(SmallRun.Config(_folder), resume: true);

        Assert.Equal(4, resumed.Notices.Count);
        Assert.All(resumed.Notices, notice => Assert.EndsWith("not bit-exact from here.", notice, StringComparison.Ordinal));
        Assert.Contains(resumed.Notices, notice => notice.Contains("dice", StringComparison.Ordinal));
        Assert.Contains(resumed.Notices, notice => notice.Contains("GptSharp 0.0.1", StringComparison.Ordinal));
    }
}
