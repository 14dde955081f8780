using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using GptSharp.Files;

namespace GptSharp.Data.Downloads;

/// <summary>
/// Fetches one file whose SHA-256 is known. What has arrived waits in <c>FILE.part</c>, so that a download that broke off goes on
/// where it stopped (RFC 9110, sections 13.1.5 and 14: If-Range and Range); the file itself appears whole and checked or not at all.
/// </summary>
public sealed class Download
{
    private readonly HttpClient _client;
    private readonly Uri _source;
    private readonly string _path;
    private readonly string _sha256;

    /// <summary>Describes a download.</summary>
    /// <param name="client">What asks.</param>
    /// <param name="source">The file's address, http or https.</param>
    /// <param name="path">Where it goes.</param>
    /// <param name="sha256">Its SHA-256, 64 lower-case hexadecimal digits.</param>
    public Download(HttpClient client, Uri source, string path, string sha256)
    {
        (_client, _source, _path, _sha256) = (client, source, path, sha256);
    }

    /// <summary>How long the server may be silent in the middle of a file.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    private string PartPath => _path + ".part";

    // What the server called the version of the file that the part belongs to.
    private string VersionPath => PartPath + ".version";

    /// <summary>Fetches the file, or what is missing of it. If it is there already, it is only checked.</summary>
    /// <param name="progress">Told after each piece that arrives.</param>
    /// <param name="cancellation">Stops; what has arrived is kept.</param>
    /// <exception cref="DownloadException">
    /// The server cannot be reached, refuses or breaks off; or the file has another SHA-256, in which case what came is removed.
    /// </exception>
    public async Task RunAsync(Action<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (File.Exists(_path))
        {
            if (FileHash.Sha256(_path) != _sha256)
            {
                throw new DownloadException($"{_path} is there already, but is not the file that {_source} should give: its SHA-256 differs; move it away.");
            }

            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);

        // A part that the server cannot go on with is dropped, after which one more request fetches the whole.
        if (!await FetchAsync(progress, cancellation).ConfigureAwait(false))
        {
            DeletePart();
            await FetchAsync(progress, cancellation).ConfigureAwait(false);
        }

        string received = FileHash.Sha256(PartPath);
        if (received != _sha256)
        {
            DeletePart();
            throw new DownloadException(
                $"{_source} gave a file with SHA-256 {received} instead of {_sha256}, so it was removed: the file was changed, or damaged on its way.");
        }

        File.Move(PartPath, _path);
        File.Delete(VersionPath);
        AtomicFile.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(_path))!);
    }

    private async Task<bool> FetchAsync(Action<DownloadProgress>? progress, CancellationToken cancellation)
    {
        long present = File.Exists(PartPath) ? new FileInfo(PartPath).Length : 0;
        using HttpResponseMessage response = await AskAsync(present, cancellation).ConfigureAwait(false);
        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent when present > 0 && response.Content.Headers.ContentRange?.From == present:
                break;
            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable when present > 0:
                return false;
            case HttpStatusCode.OK:
                present = 0;
                break;
            default:
                throw new DownloadException($"{_source} answered {(int)response.StatusCode} {response.ReasonPhrase}.");
        }

        if (present == 0)
        {
            DeletePart();
            if (Version(response) is { } version)
            {
                File.WriteAllText(VersionPath, version);
            }
        }

        await ReceiveAsync(response, present, progress, cancellation).ConfigureAwait(false);
        return true;
    }

    private async Task<HttpResponseMessage> AskAsync(long present, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _source);
        if (present > 0)
        {
            request.Headers.Range = new RangeHeaderValue(present, null);
            if (File.Exists(VersionPath))
            {
                request.Headers.TryAddWithoutValidation("If-Range", File.ReadAllText(VersionPath));
            }
        }

        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw new DownloadException($"{_source} cannot be reached: {exception.Message}.", exception);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new DownloadException($"{_source} did not answer within {_client.Timeout.TotalSeconds} seconds.", exception);
        }
    }

    private async Task ReceiveAsync(HttpResponseMessage response, long present, Action<DownloadProgress>? progress, CancellationToken cancellation)
    {
        long? total = present + response.Content.Headers.ContentLength;
        long received = present;
        var buffer = new byte[1 << 16];
        using var file = new FileStream(PartPath, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        using Stream content = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        while (true)
        {
            int count;
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            silence.CancelAfter(Patience);
            try
            {
                count = await content.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                string problem = exception is IOException ? "broke off" : "fell silent";
                string whole = total is { } bytes ? string.Create(CultureInfo.InvariantCulture, $" of {bytes}") : "";
                throw new DownloadException($"The download of {_source} {problem} after {received}{whole} bytes; the same command goes on from there.", exception);
            }

            if (count == 0)
            {
                break;
            }

            file.Write(buffer, 0, count);
            received += count;
            progress?.Invoke(new DownloadProgress(present, received, total));
        }

        file.Flush(flushToDisk: true);
    }

    // If-Range compares byte for byte, which a weak tag does not promise.
    private static string? Version(HttpResponseMessage response) =>
        response.Headers.ETag is { IsWeak: false } tag ? tag.ToString()
        : response.Content.Headers.LastModified is { } time ? time.ToString("R", CultureInfo.InvariantCulture)
        : null;

    private void DeletePart()
    {
        File.Delete(PartPath);
        File.Delete(VersionPath);
    }
}
