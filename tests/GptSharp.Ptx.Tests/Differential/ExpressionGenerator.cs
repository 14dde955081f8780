namespace GptSharp.Ptx.Tests.Differential;

/// <summary>
/// Random expressions of C whose value the language defines (with -fwrapv): amounts of shifts are masked, divisors are not zero or
/// minus one, conversions to integers are guarded by the range.
/// </summary>
internal sealed class ExpressionGenerator(Random random)
{
    private static readonly string[] Integers = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "i32", "u32"];
    private static readonly string[] Floats = ["f32", "f64", "f32"];

    /// <summary>The words that expressions are made from.</summary>
    public List<string> Words { get; } = ["a", "b", "c", "d"];

    /// <summary>What the expressions are mostly about.</summary>
    public enum Kind
    {
        /// <summary>Integer arithmetic and bits.</summary>
        Integer,

        /// <summary>Floating-point arithmetic.</summary>
        Float,

        /// <summary>Conversions between all types.</summary>
        Conversion,
    }

    /// <summary>A function of the words a, b, c, d that returns a mixture of three expressions' bits.</summary>
    public string Function(int index, Kind kind)
    {
        string terms = string.Concat(Enumerable.Range(0, 3).Select(_ => $"    h = mix(h, {Bits(kind)});\n"));
        return $"FN u64 fn{index}(u64 a, u64 b, u64 c, u64 d, u64*, u64*) {{\n    u64 h = 0;\n{terms}    return h;\n}}";
    }

    /// <summary>An expression of a type, nested so deep at most.</summary>
    public string Expression(string type, int depth)
    {
        if (depth == 0)
        {
            return Leaf(type);
        }

        return type switch
        {
            "f16" => Half(depth),
            "f32" or "f64" => Float(type, depth),
            _ => Integer(type, depth),
        };
    }

    private string Bits(Kind kind)
    {
        string type = kind switch
        {
            Kind.Integer => Pick(Integers),
            Kind.Float => Pick(Floats),
            _ => Pick([.. Integers, .. Floats, "f16"]),
        };
        int depth = kind == Kind.Conversion ? 3 : 4;
        string expression = kind == Kind.Conversion ? Converted(type, depth) : Expression(type, depth);
        return type[0] == 'f' ? $"bits_of(({type})({expression}))" : $"(u64)({type})({expression})";
    }

    private string Pick(string[] choices) => choices[random.Next(choices.Length)];

    private string Leaf(string type)
    {
        string word = Words[random.Next(Words.Count)];
        return type switch
        {
            "f16" => $"f16_of((u16){word})",
            "f32" => random.Next(8) == 0 ? Pick(["1.5f", "-0.25f", "3e-39f", "16777216.0f"]) : $"f32_of((u32){word})",
            "f64" => random.Next(8) == 0 ? Pick(["1.5", "-0.25", "1e-310", "4503599627370496.0"]) : $"f64_of({word})",
            _ => random.Next(8) == 0 ? $"({type})({random.Next(-70, 70)})" : $"({type}){word}",
        };
    }

    private string Integer(string type, int depth)
    {
        string X() => $"({type})({Expression(type, depth - 1)})";
        string other = Pick(Integers);
        string Y() => $"({other})({Expression(other, depth - 1)})";
        int bits = int.Parse(type[1..], System.Globalization.CultureInfo.InvariantCulture);
        string unsigned = "u" + type[1..];
        string wide = bits == 64 ? "u64" : "u32";
        switch (random.Next(24))
        {
            case 0:
                return $"{X()} + {X()}";
            case 1:
                return $"{X()} - {X()}";
            case 2:
                return $"{X()} * {X()}";
            case 3:
                return $"({X()} {Pick(["&", "|", "^"])} {X()})";
            case 4:
                return $"~{X()}";
            case 5:
                return $"-{X()}";
            case 6:
                return $"({X()} << (({unsigned}){X()} & {bits - 1}))";
            case 7:
                return $"({X()} >> (({unsigned}){X()} & {bits - 1}))";
            case 8:
                return $"({Y()} {Pick(["<", "<=", ">", ">=", "==", "!="])} {Y()} ? {X()} : {X()})";
            case 9:
                // A divisor above zero: clang moves divisions ahead of the comparison that guards them.
                return $"({X()} {Pick(["/", "%"])} ({type})(({type})(({unsigned}){X()} >> 1) | 1))";
            case 10:
                return $"{X()} {Pick(["/", "%"])} ({type}){random.Next(2, 120)}";
            case 11:
                return $"({{ {type} x = {X()}, y = {X()}; x {Pick(["<", ">"])} y ? x : y; }})";
            case 12:
                return $"({{ {type} x = {X()}; x < 0 ? -x : x; }})";
            case 13:
                return bits == 64 ? $"({type})__builtin_popcountll({X()})" : $"({type})__builtin_popcount(({unsigned}){X()})";
            case 14:
                return bits == 64 ? $"({{ u64 x = {X()}; x ? __builtin_clzll(x) : 64; }})" : $"({{ u32 x = {X()}; x ? __builtin_clz(x) : 32; }})";
            case 15:
                return bits == 64 ? $"({{ u64 x = {X()}; x ? __builtin_ctzll(x) : 64; }})" : $"({{ u32 x = {X()}; x ? __builtin_ctz(x) : 32; }})";
            case 16:
                return bits == 64 ? $"__builtin_bitreverse64({X()})" : $"__builtin_bitreverse32({X()})";
            case 17:
                return bits == 64 ? $"__builtin_bswap64({X()})" : $"__builtin_bswap32({X()})";
            case 18:
                return $"({{ {wide} x = {X()}, s = ({wide}){X()} & {(bits == 64 ? 63 : 31)}; (x << s) | (x >> (-s & {(bits == 64 ? 63 : 31)})); }})";
            case 19:
                return $"(({X()} >> {random.Next(bits)}) & {(1 << random.Next(1, 8)) - 1})";
            case 20:
                return $"({type})(((u128){X()} * (u128){Y()} + (u128){Y()}) >> {random.Next(1, 100)})";
            case 21:
                return $"({{ u128 x = ((u128)(u64){X()} << 64 | (u64){Y()}) {Pick(["+", "-"])} ((u128)(u64){Y()} << 64 | (u64){X()}); ({type})(x ^ x >> 64); }})";
            case 22:
                return $"({type})(((i64)(i32){X()} * (i64)(i32){Y()}) >> {random.Next(16, 40)})";
            default:
                return $"({type})({Expression(other, depth - 1)})";
        }
    }

    private string Float(string type, int depth)
    {
        string suffix = type == "f32" ? "f" : "";
        string X() => $"({Expression(type, depth - 1)})";
        switch (random.Next(19))
        {
            case 16 or 17:
                string operation = Pick(["add", "sub", "mul", "div", "fma", "sqrt"]);
                string operands = operation switch
                {
                    "fma" => $"{X()}, {X()}, {X()}",
                    "sqrt" => X(),
                    _ => $"{X()}, {X()}",
                };
                return $"{operation}_{Pick(["rz", "rm", "rp"])}({operands})";
            case 18 when type == "f32":
                return Pick([$"add_ftz({X()}, {X()})", $"mul_ftz({X()}, {X()})", $"fma_ftz({X()}, {X()}, {X()})", $"div_ftz({X()}, {X()})"]);
            case 0 or 1 or 2:
                return $"({X()} + {X()})";
            case 3 or 4:
                return $"({X()} - {X()})";
            case 5 or 6 or 7:
                return $"({X()} * {X()})";
            case 8:
                return $"({X()} / {X()})";
            case 9 or 10:
                return $"__builtin_fma{suffix}({X()}, {X()}, {X()})";
            case 11:
                return $"__builtin_sqrt{suffix}({X()})";
            case 12:
                return $"({X()} {Pick(["<", "<=", ">", ">=", "==", "!="])} {X()} ? {X()} : {X()})";
            case 13:
                return Pick([$"__builtin_fabs{suffix}({X()})", $"(-{X()})", $"({{ {type} y = {X()}; __builtin_copysign{suffix}({X()}, y == y ? y : 1); }})"]);
            case 14:
                return $"({type})({Expression(type == "f32" ? "f64" : "f32", depth - 1)})";
            default:
                return $"__builtin_{Pick(["floor", "ceil", "trunc", "rint"])}{suffix}({X()})";
        }
    }

    // A sum of halves in single precision has more than twice the bits: both targets round the same.
    private string Half(int depth)
    {
        string X() => $"(f16)({Expression("f16", depth - 1)})";
        return random.Next(6) switch
        {
            0 => $"({X()} + {X()})",
            1 => $"({X()} - {X()})",
            2 => $"({X()} * {X()})",
            3 => $"({X()} < {X()} ? {X()} : {X()})",
            4 => $"(f16)({Expression("f32", depth - 1)})",
            _ => $"(f16)({Expression(Pick(["i16", "u16", "f64"]), depth - 1)})",
        };
    }

    private string Converted(string type, int depth)
    {
        if (random.Next(6) == 0 && type is "i32" or "i64" or "f32" or "f64")
        {
            return Directed(type, depth);
        }

        string from = Pick([.. Integers, .. Floats, "f16"]);
        string value = depth == 0 ? Expression(from, 1) : Converted(from, depth - 1);
        if (type[0] == 'f' || from[0] != 'f')
        {
            return $"({type})({value})";
        }

        // The range as the float's own numbers: out of it, C says nothing.
        int bits = int.Parse(type[1..], System.Globalization.CultureInfo.InvariantCulture);
        string wide = from == "f64" ? "f64" : "f32";
        string low = type[0] == 'u' ? "-1" : $"-{Power(bits - 1)}";
        string high = Power(type[0] == 'u' ? bits : bits - 1);
        string within = type[0] == 'u' || bits < 24 ? ">" : ">=";
        string rounding = Pick(["", "__builtin_floor", "__builtin_ceil", "__builtin_trunc", "__builtin_rint"]);
        string rounded = rounding.Length == 0 ? "x" : $"{rounding}{(wide == "f32" ? "f" : "")}(x)";
        return $"({{ {wide} x = ({wide})({value}); x = {rounded}; x {within} ({wide}){low} && x < ({wide}){high} ? ({type})x : ({type})0; }})";
    }

    // Conversions in the rounding modes that C has no cast for.
    private string Directed(string type, int depth)
    {
        string mode = Pick(["rn", "rz", "rm", "rp"]);
        string from = type switch
        {
            "f32" => Pick(["f64", "i32", "i64"]),
            "f64" => "i64",
            _ => Pick(["f32", "f64"]),
        };
        string value = depth == 0 ? Expression(from, 1) : Converted(from, depth - 1);
        return $"{type}_of_{from}_{mode}(({from})({value}))";
    }

    private static string Power(int exponent) => Math.Pow(2, exponent).ToString("F1", System.Globalization.CultureInfo.InvariantCulture);
}
