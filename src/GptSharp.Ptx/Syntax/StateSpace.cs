namespace GptSharp.Ptx.Syntax;

/// <summary>Where a variable lives.</summary>
public enum StateSpace
{
    /// <summary>No space named: a generic address.</summary>
    Generic,

    /// <summary>Registers.</summary>
    Register,

    /// <summary>Constant memory.</summary>
    Constant,

    /// <summary>Global memory.</summary>
    Global,

    /// <summary>Memory private to a thread.</summary>
    Local,

    /// <summary>Parameters of kernels and functions.</summary>
    Parameter,

    /// <summary>Memory that the threads of a block share.</summary>
    Shared,

    /// <summary>Textures.</summary>
    Texture,
}

/// <summary>How a function or variable is seen by other modules.</summary>
public enum Linkage
{
    /// <summary>By this module only.</summary>
    Internal,

    /// <summary>By all modules (<c>.visible</c>).</summary>
    Visible,

    /// <summary>Defined elsewhere (<c>.extern</c>).</summary>
    Extern,

    /// <summary>By all modules, which may define it too (<c>.weak</c>).</summary>
    Weak,

    /// <summary>By all modules, merged with their definitions (<c>.common</c>).</summary>
    Common,
}
