using System.Text;
using Google.Protobuf;
using GptSharp.Files;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>A SentencePiece model file, a protocol buffer, field by field: what GptSharp needs of it, and what it must refuse.</summary>
internal sealed class SentencePieceModel
{
    private readonly string _path;

    private SentencePieceModel(string path) => _path = path;

    /// <summary>The vocabulary, in the order of the ids.</summary>
    public List<(string Text, float Score, SentencePieceType Type)> Pieces { get; } = [];

    /// <summary>The kind of model: 1 is unigram, 2 byte-pair encoding.</summary>
    public int Kind { get; private set; } = 1;

    public bool ByteFallback { get; private set; }

    public bool SpaceIsSuffix { get; private set; }

    public int BeginId { get; private set; } = 1;

    public int EndId { get; private set; } = 2;

    public string RulesName { get; private set; } = "";

    public byte[] CharacterMap { get; private set; } = [];

    public bool AddsPrefix { get; private set; } = true;

    public bool RemovesExtraSpaces { get; private set; } = true;

    public bool EscapesSpaces { get; private set; } = true;

    /// <summary>Reads a file.</summary>
    /// <exception cref="RefusedFileException">It is damaged.</exception>
    public static SentencePieceModel Read(string path, byte[] file)
    {
        var model = new SentencePieceModel(path);
        try
        {
            model.ReadMessage(file, "the model", model.ReadModelField);
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidOperationException)
        {
            throw new RefusedFileException(path, $"it is no sound SentencePiece model: {exception.Message}", exception);
        }

        return model;
    }

    private bool ReadModelField(int field, CodedInputStream input)
    {
        switch (field)
        {
            case 1:
                ReadPiece(input.ReadBytes().Memory);
                return true;
            case 2:
                ReadMessage(input.ReadBytes().Memory, "the trainer's settings", ReadTrainerField);
                return true;
            case 3:
                ReadMessage(input.ReadBytes().Memory, "the normalizer's settings", ReadNormalizerField);
                return true;
            default:
                return false;
        }
    }

    private void ReadPiece(ReadOnlyMemory<byte> message)
    {
        string place = FormattableString.Invariant($"piece {Pieces.Count}");
        (string text, float score, int type) = ("", 0f, (int)SentencePieceType.Normal);
        ReadMessage(message, place, (field, input) =>
        {
            switch (field)
            {
                case 1:
                    text = ReadText(input, place);
                    return true;
                case 2:
                    score = input.ReadFloat();
                    return true;
                case 3:
                    type = input.ReadEnum();
                    return true;
                default:
                    return false;
            }
        });
        if (text.Length == 0 || !float.IsFinite(score) || !Enum.IsDefined((SentencePieceType)type))
        {
            throw new RefusedFileException(
                _path,
                FormattableString.Invariant($"{place} has the text '{text}', the score {score} and the type {type}, but needs a text, a finite score and a type from 1 to 6."));
        }

        Pieces.Add((text, score, (SentencePieceType)type));
    }

    private bool ReadTrainerField(int field, CodedInputStream input)
    {
        switch (field)
        {
            case 3:
                Kind = input.ReadEnum();
                return true;
            case 24:
                SpaceIsSuffix = input.ReadBool();
                return true;
            case 35:
                ByteFallback = input.ReadBool();
                return true;
            case 41:
                BeginId = input.ReadInt32();
                return true;
            case 42:
                EndId = input.ReadInt32();
                return true;
            default:
                return false;
        }
    }

    private bool ReadNormalizerField(int field, CodedInputStream input)
    {
        switch (field)
        {
            case 1:
                RulesName = ReadText(input, "the normalizer's name");
                return true;
            case 2:
                CharacterMap = input.ReadBytes().ToByteArray();
                return true;
            case 3:
                AddsPrefix = input.ReadBool();
                return true;
            case 4:
                RemovesExtraSpaces = input.ReadBool();
                return true;
            case 5:
                EscapesSpaces = input.ReadBool();
                return true;
            default:
                return false;
        }
    }

    private void ReadMessage(ReadOnlyMemory<byte> message, string place, Func<int, CodedInputStream, bool> read)
    {
        using var input = new CodedInputStream(message.ToArray());
        try
        {
            for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
            {
                if (!read(WireFormat.GetTagFieldNumber(tag), input))
                {
                    input.SkipLastField();
                }
            }
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new RefusedFileException(_path, FormattableString.Invariant($"it is damaged at byte {input.Position} of {place}: {exception.Message}"), exception);
        }
    }

    private string ReadText(CodedInputStream input, string place)
    {
        ReadOnlySpan<byte> bytes = input.ReadBytes().Span;
        return Utf8Text.IndexOfInvalid(bytes) < 0
            ? Encoding.UTF8.GetString(bytes)
            : throw new RefusedFileException(_path, $"{place} is no text in UTF-8.");
    }
}
