using System.Runtime.InteropServices;

namespace GptSharp.Inference;

/// <summary>One text in the making.</summary>
/// <param name="index">Place in the batch that was asked for.</param>
/// <param name="prompt">Its first tokens.</param>
internal sealed class Sequence(int index, int[] prompt)
{
    private readonly List<int> _tokens = [.. prompt];

    /// <summary>Place in the batch that was asked for.</summary>
    public int Index => index;

    /// <summary>Prompt and new tokens.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Tokens so far.</summary>
    public int Length => _tokens.Count;

    /// <summary>The tokens without the prompt.</summary>
    public int[] NewTokens => [.. Tokens[prompt.Length..]];

    /// <summary>Whether it gets no more tokens.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Appends a token, which may be the last.</summary>
    public void Add(int token, SamplingOptions options)
    {
        _tokens.Add(token);
        IsFinished = token == options.StopToken || options.MoreStopTokens.Contains(token) || Length - prompt.Length >= options.MaxTokens;
    }
}
