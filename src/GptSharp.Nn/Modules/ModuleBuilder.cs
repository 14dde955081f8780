using System.Globalization;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.Modules;

/// <summary>
/// What a module needs while it is being built: a place for its parameters, the prefix of their names, and numbers for its
/// random sites. Parameters get their memory and first values together, once the whole model is declared.
/// </summary>
public sealed class ModuleBuilder
{
    private readonly Shared _shared;
    private readonly string _prefix;

    /// <summary>Starts a model in an empty arena.</summary>
    public ModuleBuilder(ModelArena arena)
        : this(new Shared(arena), "")
    {
    }

    private ModuleBuilder(Shared shared, string prefix)
    {
        _shared = shared;
        _prefix = prefix;
    }

    /// <summary>A builder whose parameters are named <c>name.</c> something.</summary>
    public ModuleBuilder In(string name) => new(_shared, $"{_prefix}{name}.");

    /// <summary>A builder for one of several equal modules: <c>name.index.</c> something.</summary>
    public ModuleBuilder In(string name, int index) =>
        In($"{name}.{index.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>Declares a parameter.</summary>
    /// <param name="name">Its name within the module.</param>
    /// <param name="shape">Its shape in memory, padding included.</param>
    /// <param name="start">Its first values.</param>
    public Parameter Declare(string name, Shape shape, Initialization start)
    {
        Parameter parameter = _shared.Arena.Declare(_prefix + name, shape);
        _shared.Starts.Add((parameter, start));
        return parameter;
    }

    /// <summary>The next number for a random operation; the same model always numbers them the same way.</summary>
    public uint NextSite() => _shared.NextSite++;

    /// <summary>Lays the parameters out.</summary>
    /// <returns>What fills them with their first values, given a seed.</returns>
    public Action<ulong> Commit()
    {
        _shared.Arena.Commit();
        List<(Parameter Parameter, Initialization Start)> starts = _shared.Starts;
        return seed =>
        {
            for (int i = 0; i < starts.Count; i++)
            {
                starts[i].Start.Fill(starts[i].Parameter, seed, (uint)i);
            }
        };
    }

    private sealed class Shared(ModelArena arena)
    {
        public ModelArena Arena { get; } = arena;

        public List<(Parameter Parameter, Initialization Start)> Starts { get; } = [];

        public uint NextSite { get; set; }
    }
}
