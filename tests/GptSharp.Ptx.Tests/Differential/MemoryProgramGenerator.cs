using System.Globalization;
using System.Text;

namespace GptSharp.Ptx.Tests.Differential;

/// <summary>
/// Random programs over memory: arrays in local, shared and global memory, all initialised and all of 128 bytes, seen through elements
/// of any width; pointers that may lead to any of them; loops, branches, switches, calls, copies of structures.
/// </summary>
internal sealed class MemoryProgramGenerator
{
    private const int ArrayBytes = TwoTargets.ScratchWords * 8;
    private static readonly string[] Elements = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "f32", "f64"];
    private static readonly string[] Arrays = ["local", "shared", "global", "other"];

    private readonly Random _random;
    private readonly ExpressionGenerator _expressions;
    private readonly StringBuilder _text = new();
    private int _names;

    public MemoryProgramGenerator(int seed)
    {
        _random = new Random(seed);
        _expressions = new ExpressionGenerator(_random);
        _expressions.Words.Add("h");
    }

    /// <summary>What the functions need before them.</summary>
    public static string Prelude => """
        struct Record { u32 x; u16 y; u8 z[6]; i32 w; };
        typedef u32 u32x4 __attribute__((ext_vector_type(4)));
        typedef f32 f32x2 __attribute__((ext_vector_type(2)));
        """;

    /// <summary>A function called by the program, and the program.</summary>
    public string Function(int index)
    {
        _text.Clear();
        _text.AppendLine(CultureInfo.InvariantCulture, $$"""
            CALLED u64 called{{index}}(u64 a, u32 b0, u16 c0, const u32* pointer, f32 x) {
                u64 b = b0, c = c0, d = bits_of(x), h = 0;
                for (u32 i = 0; i < (b & 7); i++) h = mix(h, pointer[i * 3 & 31]);
                return mix(h, (u64)({{_expressions.Expression("u32", 2)}}));
            }
            FN u64 fn{{index}}(u64 a, u64 b, u64 c, u64 d, u64* global, u64* shared) {
                u64 h = 1;
                alignas(16) u64 local[{{TwoTargets.ScratchWords}}], other[{{TwoTargets.ScratchWords}}];
                for (u32 i = 0; i < {{TwoTargets.ScratchWords}}; i++) {
                    local[i] = mix(a, i); other[i] = mix(b, i); shared[i] = mix(c, i); global[i] = mix(d, i);
                }
            """);
        Statements(index, 9, 2, inLoop: false);
        _text.AppendLine(CultureInfo.InvariantCulture, $"    for (u32 i = 0; i < {TwoTargets.ScratchWords}; i++) h = mix(h, local[i] ^ other[i] ^ shared[i] ^ global[i]);");
        _text.AppendLine("    return h;\n}");
        return _text.ToString();
    }

    private void Statements(int index, int count, int depth, bool inLoop)
    {
        for (int statement = 0; statement < count; statement++)
        {
            Statement(index, depth, inLoop);
        }
    }

    private void Statement(int index, int depth, bool inLoop)
    {
        string element = Pick(Elements);
        string array = Pick(Arrays);
        string name = "v" + _names++.ToString(CultureInfo.InvariantCulture);
        switch (_random.Next(depth > 0 ? 15 : 9))
        {
            case 0 or 1:
                Line($"(({element}*){array})[{Index(Size(element))}] = ({element})({Value(element)});");
                break;
            case 2 or 3:
                Line($"h = mix(h, {Bits(element, $"(({element}*){array})[{Index(Size(element))}]")});");
                break;
            case 4:
                Line($"{{ {element}* p = ({element}*)({Expression("u32")} & 1 ? {array} : {Pick(Arrays)}) + {Index(Size(element) * 2)};");
                Line($"  h = mix(h, {Bits(element, "p[1]")}); *p = ({element})({Value(element)}); }}");
                break;
            case 5:
                Line($"{{ Record r = ((Record*){array})[{Index(32)}]; r.y += r.z[{Index(32)}]; r.w ^= (i32)r.x; ((Record*){Pick(Arrays)})[{Index(32)}] = r; }}");
                break;
            case 6:
                Line($"((u32x4*){array})[{Index(16)}] += ((u32x4*){Pick(Arrays)})[{Index(16)}];");
                break;
            case 7:
                string from = Pick(Arrays);
                string to = Arrays[(Array.IndexOf(Arrays, from) + 1) % Arrays.Length];
                Line($"__builtin_memcpy((u8*){to} + {_random.Next(16)}, (u8*){from} + {_random.Next(16)}, {_random.Next(1, 64)});");
                break;
            case 8:
                Line($"h = mix(h, called{index}(h, (u32)({Expression("u32")}), (u16)({Expression("u32")}), (u32*){array}, f32_of((u32)h)));");
                break;
            case 9 or 10:
                _expressions.Words.Add(name);
                Line($"for (u32 {name} = 0; {name} < ({Expression("u32")} & 7); {name}++) {{");
                Statements(index, 2, depth - 1, inLoop: true);
                Line("}");
                _expressions.Words.Remove(name);
                break;
            case 11 or 12:
                Line($"if (({Expression("i32")}) > ({Expression("i32")})) {{");
                Statements(index, 2, depth - 1, inLoop);
                Line("} else {");
                Statements(index, 1, depth - 1, inLoop);
                Line("}");
                break;
            case 13:
                Line($"switch (({Expression("u32")}) % 7) {{");
                for (int label = 0; label < 5; label++)
                {
                    Line($"case {label}:");
                    Statements(index, 1, depth - 1, inLoop: false);
                    Line(_random.Next(4) == 0 ? "" : "break;");
                }

                Line($"default: h = mix(h, {_random.Next(1000)}); }}");
                break;
            default:
                string jump = inLoop ? Pick(["break;", "continue;", "return h;"]) : "return h;";
                Line($"if ((({Expression("u32")}) & 15) == 7) {jump}");
                break;
        }
    }

    private static int Size(string element) => int.Parse(element[1..], CultureInfo.InvariantCulture) / 8;

    // An index of an element of so many bytes, within the array; records count as 32.
    private string Index(int bytes) => $"({Expression("u32")} & {(ArrayBytes / bytes) - 1})";

    private string Expression(string type) => _expressions.Expression(type, _random.Next(1, 3));

    // A NaN's bits must not be looked at: in memory there is one NaN.
    private string Value(string element)
    {
        string value = _expressions.Expression(element, _random.Next(1, 3));
        return element[0] == 'f' ? $"{element}_of(bits_of(({element})({value})))" : value;
    }

    private static string Bits(string element, string value) => element[0] == 'f' ? $"bits_of({value})" : $"(u64)({value})";

    private string Pick(string[] choices) => choices[_random.Next(choices.Length)];

    private void Line(string text) => _text.Append("    ").AppendLine(text);
}
