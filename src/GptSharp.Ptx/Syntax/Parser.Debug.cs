namespace GptSharp.Ptx.Syntax;

// What only debuggers read is skipped: .file, .loc and .section.
public sealed partial class Parser
{
    // .file 1 "name" {, timestamp, size}
    private bool SkipFile()
    {
        _at++;
        if (Current.Kind != TokenKind.Number || Ahead(1).Kind != TokenKind.Quoted)
        {
            return Fail("a number and a name in quotes were expected behind '.file'");
        }

        _at += 2;
        while (Is(",") && Ahead(1).Kind == TokenKind.Number)
        {
            _at += 2;
        }

        return true;
    }

    // .loc 2 216 16 {, function_name $L__info_string0 {+ 12}, inlined_at 1 10 13}
    private bool SkipLocation()
    {
        _at++;
        if (!SkipNumbers())
        {
            return Fail("the numbers of a file, a line and a column were expected behind '.loc'");
        }

        while (Is(",") && (IsAt(1, "function_name") || IsAt(1, "inlined_at")))
        {
            bool named = IsAt(1, "function_name");
            _at += 2;
            if (named && (ExpectName("a label") is null || !Offset(out _)))
            {
                return false;
            }

            if (!named && !SkipNumbers())
            {
                return Fail("the numbers of a file, a line and a column were expected behind 'inlined_at'");
            }
        }

        return true;
    }

    private bool SkipNumbers()
    {
        int first = _at;
        while (Current.Kind == TokenKind.Number)
        {
            _at++;
        }

        return _at > first;
    }

    // .section .debug_info { ... }
    private bool SkipSection()
    {
        _at++;
        while (Current.Kind is TokenKind.Dotted or TokenKind.Name or TokenKind.Quoted || Is(","))
        {
            _at++;
        }

        if (!Expect("{", "behind '.section'"))
        {
            return false;
        }

        int depth = 1;
        while (depth > 0 && Current.Kind != TokenKind.End)
        {
            depth += BraceStep(Current);
            _at++;
        }

        return depth == 0 || Fail("'}' was expected at the end of a section");
    }
}
