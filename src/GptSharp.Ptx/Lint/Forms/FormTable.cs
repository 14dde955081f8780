using System.Reflection;

namespace GptSharp.Ptx.Lint.Forms;

/// <summary>All forms of all instructions, from the embedded <c>.forms</c> files.</summary>
internal static class FormTable
{
    private static readonly Lazy<Dictionary<string, Form[]>> ByOpcode = new(Load);

    /// <summary>The forms of an instruction; none when there is no such instruction.</summary>
    public static IReadOnlyList<Form> For(string opcode) => ByOpcode.Value.GetValueOrDefault(opcode, []);

    /// <summary>The instructions that the table knows.</summary>
    public static IEnumerable<string> Opcodes => ByOpcode.Value.Keys;

    private static Dictionary<string, Form[]> Load()
    {
        Assembly assembly = typeof(FormTable).Assembly;
        var forms = new Dictionary<string, List<Form>>(StringComparer.Ordinal);
        foreach (string resource in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".forms", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using StreamReader reader = new(assembly.GetManifestResourceStream(resource)!);
            foreach (Form form in new FormReader(resource, reader.ReadToEnd()).Read())
            {
                foreach (string opcode in form.Opcodes)
                {
                    if (!forms.TryGetValue(opcode, out List<Form>? known))
                    {
                        forms[opcode] = known = [];
                    }

                    known.Add(form);
                }
            }
        }

        return forms.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray(), StringComparer.Ordinal);
    }
}
