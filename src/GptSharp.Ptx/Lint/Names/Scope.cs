using System.Globalization;

namespace GptSharp.Ptx.Lint.Names;

/// <summary>The names that one pair of braces declares; what it does not declare, the scope around it does.</summary>
/// <param name="parent">The scope around it, or null for a module.</param>
internal sealed class Scope(Scope? parent)
{
    // Digits of a register's number that still fits into an int.
    private const int LongestNumber = 9;

    private readonly Dictionary<string, Symbol> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Range> _ranges = new(StringComparer.Ordinal);

    // By each way to cut a number off a name: the lowest number. Only names that could clash with a range are here.
    private readonly Dictionary<string, int> _lowestNumbers = new(StringComparer.Ordinal);

    /// <summary>What a name stands for, or null when nobody declared it.</summary>
    public Symbol? Find(string name)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._names.TryGetValue(name, out Symbol? symbol) || scope.InRange(name, out symbol))
            {
                return symbol;
            }
        }

        return SpecialRegisters.Find(name);
    }

    /// <summary>The scope that declares a name, or null when none does.</summary>
    public Scope? OwnerOf(string name)
    {
        Scope? scope = this;
        while (scope is not null && !scope._names.ContainsKey(name) && !scope.InRange(name, out _))
        {
            scope = scope.Parent;
        }

        return scope;
    }

    private Scope? Parent { get; } = parent;

    /// <summary>Declares a name; false when this scope has it already.</summary>
    public bool TryDeclare(string name, Symbol symbol)
    {
        if (InRange(name, out _) || !_names.TryAdd(name, symbol))
        {
            return false;
        }

        foreach (int length in Cuts(name))
        {
            string prefix = name[..length];
            int number = int.Parse(name.AsSpan(length), NumberStyles.None, CultureInfo.InvariantCulture);
            _lowestNumbers[prefix] = Math.Min(number, _lowestNumbers.GetValueOrDefault(prefix, int.MaxValue));
        }

        return true;
    }

    /// <summary>Replaces what a name stands for: a definition in place of its prototype.</summary>
    public void Replace(string name, Symbol symbol) => _names[name] = symbol;

    /// <summary>Declares the registers <c>name0</c> to <c>name(count-1)</c>; false when this scope has one of them already.</summary>
    public bool TryDeclareRange(string prefix, int count, RegisterSymbol register) =>
        _lowestNumbers.GetValueOrDefault(prefix, int.MaxValue) >= count && _ranges.TryAdd(prefix, new Range(count, register));

    // The digits at the end of a name are the number of a register; those before them may belong to the prefix.
    private bool InRange(string name, out Symbol? symbol)
    {
        if (_ranges.Count > 0)
        {
            var lookup = _ranges.GetAlternateLookup<ReadOnlySpan<char>>();
            foreach (int length in Cuts(name))
            {
                if (lookup.TryGetValue(name.AsSpan(0, length), out Range? range)
                    && int.Parse(name.AsSpan(length), NumberStyles.None, CultureInfo.InvariantCulture) < range.Count)
                {
                    symbol = range.Register;
                    return true;
                }
            }
        }

        symbol = null;
        return false;
    }

    // Where a name can be cut into a prefix and a number without leading zeros.
    private static IEnumerable<int> Cuts(string name)
    {
        for (int length = name.Length - 1; length > 0 && name.Length - length <= LongestNumber && char.IsAsciiDigit(name[length]); length--)
        {
            if (name[length] != '0' || length == name.Length - 1)
            {
                yield return length;
            }
        }
    }

    private sealed record Range(int Count, RegisterSymbol Register);
}
