using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GptSharp.Cli.Tokenizers;

/// <summary>Tokens in a terminal: their text in changing colours, and below each its id. Lines end at the window's edge and behind line feeds.</summary>
internal sealed class TokenPicture(IReadOnlyList<ShownToken> tokens) : Renderable
{
    private static readonly Style[] Colours =
    [
        new(Color.Black, Color.SkyBlue1), new(Color.Black, Color.PaleGreen1), new(Color.Black, Color.LightGoldenrod1),
        new(Color.Black, Color.Plum1), new(Color.Black, Color.LightSalmon1),
    ];

    private static readonly Style Special = new(Color.White, Color.DarkRed);
    private static readonly Style Ids = new(Color.Grey);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        var texts = new List<Segment>();
        var ids = new List<Segment>();
        int used = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            ShownToken token = tokens[i];
            string id = token.Id.ToString(CultureInfo.InvariantCulture);
            Style style = token.IsSpecial ? Special : Colours[i % Colours.Length];
            string[] parts = Cut(TokenText.Picture(token.Bytes), Math.Max(maxWidth - 1, 1));
            for (int part = 0; part < parts.Length; part++)
            {
                // The id stands below the first part of a token that is longer than a line.
                string below = part == 0 ? id : "";
                int width = Math.Max(parts[part].GetCellWidth(), below.Length);
                if (used > 0 && used + width > maxWidth)
                {
                    foreach (Segment segment in EndLine(texts, ids))
                    {
                        yield return segment;
                    }

                    used = 0;
                }

                texts.Add(new Segment(parts[part], style));
                texts.Add(new Segment(new string(' ', width - parts[part].GetCellWidth() + 1)));
                ids.Add(new Segment(below.PadRight(width + 1), Ids));
                used += width + 1;
            }

            if (token.Bytes is [.., (byte)'\n'] || i == tokens.Count - 1)
            {
                foreach (Segment segment in EndLine(texts, ids))
                {
                    yield return segment;
                }

                used = 0;
            }
        }
    }

    private static List<Segment> EndLine(List<Segment> texts, List<Segment> ids)
    {
        // The space behind the last token could stand beyond the window's edge.
        texts.RemoveAt(texts.Count - 1);
        ids[^1] = new Segment(ids[^1].Text.TrimEnd(), Ids);
        List<Segment> line = [.. texts, Segment.LineBreak, .. ids, Segment.LineBreak];
        texts.Clear();
        ids.Clear();
        return line;
    }

    private static string[] Cut(string text, int width)
    {
        var parts = new List<string>();
        string part = "";
        int used = 0;
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
        {
            string element = elements.GetTextElement();
            int cells = element.GetCellWidth();
            if (part.Length > 0 && used + cells > width)
            {
                parts.Add(part);
                (part, used) = ("", 0);
            }

            part += element;
            used += cells;
        }

        parts.Add(part);
        return [.. parts];
    }
}
