using System.Security.Cryptography;
using GptSharp.Data.Downloads;

namespace GptSharp.Data.Tests.Downloads;

public sealed class DownloadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalServer _server = new(RandomNumberGenerator.GetBytes(500_000));
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });

    private string Target => _folder.At("new", "file.txt");

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
        _folder.Dispose();
    }

    private Download Make(string? sha256 = null) => new(_client, _server.Address, Target, sha256 ?? _server.Sha256);

    private Task RunAsync(Action<DownloadProgress>? progress = null) => Make().RunAsync(progress, TestContext.Current.CancellationToken);

    private async Task<string> FailureAsync(string? sha256 = null) =>
        (await Assert.ThrowsAsync<DownloadException>(() => Make(sha256).RunAsync(null, TestContext.Current.CancellationToken))).Message;

    private void IsWholeAndAlone()
    {
        Assert.Equal(_server.Content, File.ReadAllBytes(Target));
        Assert.Equal([Target], Directory.EnumerateFiles(Path.GetDirectoryName(Target)!));
    }

    [Fact]
    public async Task A_file_arrives_whole_and_tells_how_far_it_is()
    {
        List<DownloadProgress> steps = [];
        await RunAsync(steps.Add);
        IsWholeAndAlone();
        Assert.Equal(steps.Select(step => step.Received).Order(), steps.Select(step => step.Received));
        Assert.Equal(new DownloadProgress(0, 500_000, 500_000), steps[^1]);
        Assert.DoesNotContain("range", _server.Requests[0].Keys);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_download_that_broke_off_goes_on_where_it_stopped(bool hasTag)
    {
        _server.HasTag = hasTag;
        _server.CutAfter = 200_000;
        Assert.Equal($"The download of {_server.Address} broke off after 200000 of 500000 bytes; the same command goes on from there.", await FailureAsync());
        Assert.False(File.Exists(Target));

        List<DownloadProgress> steps = [];
        await RunAsync(steps.Add);

        IsWholeAndAlone();
        Assert.Equal("bytes=200000-", _server.Requests[1]["range"]);
        Assert.Equal(hasTag, _server.Requests[1].ContainsKey("if-range"));
        Assert.Equal([200_000, 300_000], _server.Sent);
        Assert.Equal(new DownloadProgress(200_000, 500_000, 500_000), steps[^1]);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_given_up_on_and_what_came_is_kept()
    {
        _server.FallsSilent = true;
        _server.CutAfter = 200_000;
        var download = new Download(_client, _server.Address, Target, _server.Sha256) { Patience = TimeSpan.FromSeconds(1) };
        string problem = (await Assert.ThrowsAsync<DownloadException>(() => download.RunAsync(null, TestContext.Current.CancellationToken))).Message;
        Assert.Equal($"The download of {_server.Address} fell silent after 200000 of 500000 bytes; the same command goes on from there.", problem);
        Assert.Equal(200_000, new FileInfo(Target + ".part").Length);
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_sends_everything_again()
    {
        _server.CutAfter = 200_000;
        await FailureAsync();
        _server.IgnoresRange = true;
        await RunAsync();
        IsWholeAndAlone();
        Assert.Contains("range", _server.Requests[1].Keys);
        Assert.Equal([200_000, 500_000], _server.Sent);
    }

    [Fact]
    public async Task A_file_that_changed_since_is_fetched_from_its_start()
    {
        _server.CutAfter = 200_000;
        await FailureAsync();
        _server.Content = RandomNumberGenerator.GetBytes(400_000);
        await RunAsync();
        IsWholeAndAlone();
        Assert.Equal(400_000, _server.Sent[1]);
    }

    [Fact]
    public async Task A_part_longer_than_the_file_is_dropped()
    {
        _folder.Put("new/file.txt.part", new byte[600_000]);
        await RunAsync();
        IsWholeAndAlone();
        Assert.Equal([0, 500_000], _server.Sent);
    }

    [Fact]
    public async Task A_part_that_is_complete_needs_no_more_than_to_be_fetched_once()
    {
        _folder.Put("new/file.txt.part", _server.Content);
        await RunAsync();
        IsWholeAndAlone();
    }

    [Fact]
    public async Task Cancelling_keeps_what_came()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Make().RunAsync(step => stop.Cancel(), stop.Token));
        long kept = new FileInfo(Target + ".part").Length;
        Assert.InRange(kept, 1, 499_999);
        await RunAsync();
        IsWholeAndAlone();
        Assert.Equal(500_000 - kept, _server.Sent[1]);
    }

    [Theory]
    [InlineData("404 Not Found")]
    [InlineData("503 Service Unavailable")]
    public async Task A_refusal_is_repeated_in_a_sentence(string status)
    {
        _server.Status = status;
        Assert.Equal($"{_server.Address} answered {status}.", await FailureAsync());
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(Target)!));
    }

    [Fact]
    public async Task A_refusal_keeps_what_an_earlier_attempt_got()
    {
        _server.CutAfter = 200_000;
        await FailureAsync();
        _server.Status = "503 Service Unavailable";
        await FailureAsync();
        _server.Status = null;
        await RunAsync();
        IsWholeAndAlone();
        Assert.Equal([200_000, 0, 300_000], _server.Sent);
    }

    [Fact]
    public async Task A_wrong_file_is_named_with_both_hashes_and_removed()
    {
        string expected = new('0', 64);
        Assert.Equal(
            $"{_server.Address} gave a file with SHA-256 {_server.Sha256} instead of {expected}, so it was removed: the file was changed, or damaged on its way.",
            await FailureAsync(expected));
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(Target)!));
    }

    [Fact]
    public async Task A_file_that_is_there_is_checked_and_not_fetched()
    {
        await RunAsync();
        await RunAsync();
        Assert.Single(_server.Requests);

        File.AppendAllText(Target, "more");
        Assert.Equal($"{Target} is there already, but is not the file that {_server.Address} should give: its SHA-256 differs; move it away.", await FailureAsync());
        Assert.Equal(500_004, new FileInfo(Target).Length);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        Uri nobody;
        using (var closed = new LocalServer([]))
        {
            nobody = closed.Address;
        }

        var error = await Assert.ThrowsAsync<DownloadException>(() => new Download(_client, nobody, Target, "").RunAsync(null, TestContext.Current.CancellationToken));
        Assert.StartsWith($"{nobody} cannot be reached: ", error.Message, StringComparison.Ordinal);
    }
}
