namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>Attention's options by words, for test data: "window 5 cap alibi documents" or fewer of them.</summary>
internal static class AttentionOptions
{
    // One document is a single token; others begin on a tile of 64 keys, or far from one.
    private static readonly int[] Documents = [0, 2, 3, 20, 64, 71, 140, 192, 260];

    public static AttentionForm Form(int heads, int keyHeads, string options)
    {
        string[] words = options.Split(' ');
        int window = Array.IndexOf(words, "window");
        return new AttentionForm(heads, keyHeads)
        {
            Window = window < 0 ? 0 : int.Parse(words[window + 1], System.Globalization.CultureInfo.InvariantCulture),
            SoftCap = words.Contains("cap") ? 1.5 : 0,
            Alibi = words.Contains("alibi"),
        };
    }

    /// <summary>(B, T), null without the word; later samples' documents begin a little later.</summary>
    public static int[]? DocumentStarts(int batch, int time, string options)
    {
        if (!options.Contains("documents", StringComparison.Ordinal))
        {
            return null;
        }

        var starts = new int[batch * time];
        for (int i = 0; i < starts.Length; i++)
        {
            (int b, int t) = (i / time, i % time);
            starts[i] = Documents.Select(first => first == 0 ? 0 : first + b).Last(first => first <= t);
        }

        return starts;
    }
}
