using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace GptSharp.Data.Tests.Downloads;

/// <summary>A web server on this machine that has one file, misbehaves as it is told, and remembers what it was asked.</summary>
internal sealed class LocalServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;

    public LocalServer(byte[] content)
    {
        Content = content;
        _listener.Start();
        _work = Task.Run(ServeAsync);
    }

    /// <summary>The file.</summary>
    public byte[] Content { get; set; }

    /// <summary>Where it is.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/file");

    /// <summary>SHA-256 of the file.</summary>
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Content));

    /// <summary>The status of every answer, if it is not to be the right one.</summary>
    public string? Status { get; set; }

    /// <summary>Whether requests for a part are answered with the whole.</summary>
    public bool IgnoresRange { get; set; }

    /// <summary>Whether the file has an entity tag.</summary>
    public bool HasTag { get; set; } = true;

    /// <summary>Bytes of the body after which the connection breaks; then it is whole again.</summary>
    public int? CutAfter { get; set; }

    /// <summary>Whether the connection stays open and silent instead of breaking.</summary>
    public bool FallsSilent { get; set; }

    /// <summary>The requests' headers, names in lower case.</summary>
    public List<Dictionary<string, string>> Requests { get; } = [];

    /// <summary>Bytes of the bodies that were sent.</summary>
    public List<int> Sent { get; } = [];

    private string Tag => $"\"{Sha256[..16]}\"";

    public void Dispose()
    {
        _stop.Cancel();
        _work.Wait();
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var silent = new List<TcpClient>();
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                try
                {
                    await AnswerAsync(client.GetStream());
                }
                catch (IOException)
                {
                    // The client hung up.
                }

                if (FallsSilent)
                {
                    silent.Add(client);
                }
                else
                {
                    client.Dispose();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
            silent.ForEach(client => client.Dispose());
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        Dictionary<string, string> request = await ReadRequestAsync(stream);
        Requests.Add(request);
        bool isPartial = !IgnoresRange && request.ContainsKey("range") && (!request.TryGetValue("if-range", out string? tag) || tag == Tag);
        int from = isPartial ? int.Parse(request["range"]["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;
        string status = Status ?? (!isPartial ? "200 OK" : from < Content.Length ? "206 Partial Content" : "416 Range Not Satisfiable");
        bool hasBody = status[0] == '2';
        var head = new StringBuilder($"HTTP/1.1 {status}\r\nConnection: close\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {(hasBody ? Content.Length - from : 0)}\r\n");
        if (HasTag)
        {
            head.Append(CultureInfo.InvariantCulture, $"ETag: {Tag}\r\n");
        }

        if (isPartial && hasBody)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Range: bytes {from}-{Content.Length - 1}/{Content.Length}\r\n");
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        int length = hasBody ? Math.Min(Content.Length - from, CutAfter ?? int.MaxValue) : 0;
        CutAfter = null;
        Sent.Add(length);
        await stream.WriteAsync(Content.AsMemory(from < Content.Length ? from : 0, length));
    }

    private static async Task<Dictionary<string, string>> ReadRequestAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        await reader.ReadLineAsync();
        Dictionary<string, string> headers = [];
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            string[] parts = line.Split(": ", 2);
            headers[parts[0].ToLowerInvariant()] = parts[1];
        }

        return headers;
    }
}
