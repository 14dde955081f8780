using System.Buffers.Binary;
using System.Text;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokens;
using GptSharp.Data.Tokens.Foreign;
using GptSharp.Files;

namespace GptSharp.Data.Tests.Tokens;

public sealed class BinaryTokensTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // As llm.c's data_common.py describes it.
    private static byte[] Llmc(int magic, int version, int count, int width, params int[] tokens)
    {
        var bytes = new byte[1024 + (tokens.Length * width)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), count);
        for (int i = 0; i < tokens.Length; i++)
        {
            for (int b = 0; b < width; b++)
            {
                bytes[1024 + (i * width) + b] = (byte)(tokens[i] >> (8 * b));
            }
        }

        return bytes;
    }

    private static int[] Read(ITokenSource source)
    {
        var tokens = new int[source.Count];
        source.Read(0, tokens);
        return tokens;
    }

    private string Refusal(byte[] content, int vocabulary = 1000)
    {
        string path = _folder.Put("a.bin", content);
        string message = Assert.Throws<RefusedFileException>(() =>
        {
            using BinaryTokens tokens = BinaryTokens.Open(path, vocabulary);
            Read(tokens);
        }).Message;
        Assert.StartsWith(path + ": ", message, StringComparison.Ordinal);
        return message[(path.Length + 2)..];
    }

    [Fact]
    public void The_three_layouts_are_read()
    {
        using BinaryTokens small = BinaryTokens.Open(_folder.Put("a.bin", Llmc(20240520, 1, 3, 2, 5, 50256, 7)), 50257);
        Assert.Equal((true, 3L), (small.IsLlmc, small.Count));
        Assert.Equal([5, 50256, 7], Read(small));
        using BinaryTokens wide = BinaryTokens.Open(_folder.Put("b.bin", Llmc(20240801, 7, 2, 4, 128000, 9)), 128256);
        Assert.Equal([128000, 9], Read(wide));
        using BinaryTokens plain = BinaryTokens.Open(_folder.Put("c.bin", [1, 0, 0, 1]), 1000);
        Assert.Equal((false, 2L), (plain.IsLlmc, plain.Count));
        Assert.Equal([1, 256], Read(plain));
    }

    [Fact]
    public void What_is_no_such_file_is_refused()
    {
        Assert.Equal("it has 1030 bytes, but the 4 tokens that its header speaks of make 1032; it is truncated or damaged.", Refusal(Llmc(20240520, 1, 4, 2, 1, 2, 3)));
        Assert.Equal("it is a token file of llm.c with magic number 20240520 and version 2; version 1 can be read.", Refusal(Llmc(20240520, 2, 1, 2, 1)));
        Assert.Contains("-1 tokens", Refusal(Llmc(20240801, 7, -1, 4)), StringComparison.Ordinal);
        Assert.Contains("is no number of 16-bit tokens", Refusal([1, 2, 3]), StringComparison.Ordinal);
        Assert.Contains("it is a pickle, which can run any program", Refusal([0x80, 4, 0x95, 0]), StringComparison.Ordinal);
        Assert.Equal("its token 1 is 256, but the tokenizer has 200 tokens; it was made with another one.", Refusal([1, 0, 0, 1], 200));
        Assert.Equal("its token 0 is 4294967295, but the tokenizer has 1000 tokens; it was made with another one.", Refusal(Llmc(20240801, 7, 1, 4, -1)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_data_set_goes_out_and_comes_back_with_its_documents(bool isLlmc)
    {
        string source = _folder.Put("a.jsonl", string.Concat(Enumerable.Range(0, 60).Select(i => Preparation.Corpora.Line($"text number {i} é"))));
        DatasetBuilder.Build(TextCorpus.Open(source), _folder.At("set"), new DatasetOptions { Tokenizer = new ByteTokenizer(), Separator = "\f" }, null, TestContext.Current.CancellationToken);
        using Dataset dataset = Dataset.Open(_folder.At("set"));
        IReadOnlyList<string> files = isLlmc ? DatasetExport.ToLlmc(dataset, _folder.At("out"), shardTokens: 300) : DatasetExport.ToNanoGpt(dataset, _folder.At("out"));
        Assert.Equal(
            isLlmc ? ["set_val_000000.bin", "set_train_000001.bin", "set_train_000002.bin", "set_train_000003.bin", "set_train_000004.bin"] : ["train.bin", "val.bin"],
            files.Select(Path.GetFileName));

        DatasetImport.Run(_folder.At("out"), new ByteTokenizer(), "\f", _folder.At("back"), TestContext.Current.CancellationToken);
        using Dataset back = Dataset.Open(_folder.At("back"));
        Assert.Equal(Read(dataset.Train), Read(back.Train));
        Assert.Equal(Read(dataset.Validation), Read(back.Validation));
        Assert.Equal(dataset.Train.DocumentStarts, back.Train.DocumentStarts);
        Assert.Equal((SplitKind.Given, 12), (back.Manifest.Split, back.Manifest.SeparatorToken));
        Assert.Contains("already exists", Assert.Throws<CorpusException>(() => DatasetExport.ToLlmc(dataset, _folder.At("out"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_vocabulary_of_characters_is_written_as_the_pickle_that_nanoGPT_reads()
    {
        string source = _folder.Put("a.txt", string.Concat(Enumerable.Repeat("ba", 50)));
        DatasetBuilder.Build(TextCorpus.Open(source), _folder.At("set"), new DatasetOptions(), null, TestContext.Current.CancellationToken);
        using Dataset dataset = Dataset.Open(_folder.At("set"));
        DatasetExport.ToNanoGpt(dataset, _folder.At("out"));
        byte[] expected =
        [
            0x80, 2, .. "}("u8, .. Text("vocab_size"), .. Number(2), .. Text("itos"), .. "}("u8, .. Number(0), .. Text("a"), .. Number(1), .. Text("b"), .. "u"u8,
            .. Text("stoi"), .. "}("u8, .. Text("a"), .. Number(0), .. Text("b"), .. Number(1), .. "uu."u8,
        ];
        Assert.Equal(expected, File.ReadAllBytes(_folder.At("out", "meta.pkl")));

        static byte[] Text(string text) => [(byte)'X', (byte)text.Length, 0, 0, 0, .. Encoding.UTF8.GetBytes(text)];
        static byte[] Number(int value) => [(byte)'J', (byte)value, 0, 0, 0];
    }

    [Fact]
    public void Shards_read_as_one_source()
    {
        var one = new MemoryTokens([1, 2, 3], 10, [0, 2]);
        var two = new MemoryTokens([4], 10, [0]);
        var three = new MemoryTokens([5, 6, 7, 8], 10, [0, 1, 3]);
        var all = new ShardedTokens([one, two, three]);
        Assert.Equal([0, 2, 3, 4, 5, 7], all.DocumentStarts);
        Assert.Equal([0, 2, 3, 4, 5, 7], Enumerable.Range(0, 6).Select(i => all.DocumentStarts[i]));
        for (int start = 0; start <= 8; start++)
        {
            for (int length = 0; start + length <= 8; length++)
            {
                var tokens = new int[length];
                all.Read(start, tokens);
                Assert.Equal(Enumerable.Range(start + 1, length), tokens);
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => all.Read(5, new int[4]));
    }
}
