using System.Text;

namespace GptSharp.Data.Tokenizers.Pipeline.Normalizers;

/// <summary>Changes the characters of a text; what is no UTF-8 stays between them as it is.</summary>
internal sealed class CharacterNormalizer(Func<string, string> change) : INormalizer
{
    public byte[] Normalize(byte[] text)
    {
        var result = new List<byte>(text.Length);
        int position = 0;
        while (position < text.Length)
        {
            int invalid = Utf8Text.IndexOfInvalid(text.AsSpan(position));
            int valid = invalid < 0 ? text.Length - position : invalid;
            result.AddRange(Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(text, position, valid))));
            position += valid;
            if (invalid >= 0)
            {
                result.Add(text[position++]);
            }
        }

        return [.. result];
    }
}
