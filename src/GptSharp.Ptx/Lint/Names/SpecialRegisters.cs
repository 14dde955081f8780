using System.Collections.Frozen;
using GptSharp.Ptx.Lint.Forms;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Names;

/// <summary>The registers that the GPU fills, from the embedded file <c>special-registers.txt</c>.</summary>
internal static class SpecialRegisters
{
    private static readonly Lazy<FrozenDictionary<string, SpecialRegisterSymbol>> ByName = new(Load);

    /// <summary>The special register of a name (<c>%tid.x</c>), or null.</summary>
    public static SpecialRegisterSymbol? Find(string name) => name.StartsWith('%') ? ByName.Value.GetValueOrDefault(name) : null;

    private static FrozenDictionary<string, SpecialRegisterSymbol> Load()
    {
        using StreamReader reader = new(typeof(SpecialRegisters).Assembly.GetManifestResourceStream("special-registers.txt")!);
        var registers = new Dictionary<string, SpecialRegisterSymbol>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0 && words[0][0] != '#')
            {
                var symbol = new SpecialRegisterSymbol(words[1].Split('|').Select(ScalarTypes.Parse).ToArray(), Requirement.Parse(words[2][1..]));
                foreach (string name in FormReader.ReadWords(words[0]))
                {
                    registers.Add($"%{name}", symbol);
                }
            }
        }

        return registers.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
