using GptSharp.Ptx.Lint.Forms;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Names;

/// <summary>What a name stands for.</summary>
internal abstract record Symbol;

/// <summary>A register.</summary>
/// <param name="Type">Its declared type.</param>
/// <param name="VectorLength">Its length when it is a vector, otherwise 1.</param>
internal sealed record RegisterSymbol(ScalarType Type, int VectorLength) : Symbol;

/// <summary>A register that the GPU fills: <c>%tid.x</c>.</summary>
/// <param name="Types">Its type, and the narrower ones that it may be read in.</param>
/// <param name="Requirement">What it needs.</param>
internal sealed record SpecialRegisterSymbol(IReadOnlyList<ScalarType> Types, Requirement Requirement) : Symbol;

/// <summary>A variable or parameter.</summary>
/// <param name="Variable">Its declaration.</param>
internal sealed record VariableSymbol(VariableSyntax Variable) : Symbol;

/// <summary>A kernel or function.</summary>
/// <param name="Function">Its declaration or definition.</param>
internal sealed record FunctionSymbol(FunctionSyntax Function) : Symbol;

/// <summary>A label.</summary>
internal sealed record LabelSymbol : Symbol;

/// <summary>A list of labels or functions.</summary>
/// <param name="List">The list.</param>
internal sealed record TargetListSymbol(TargetListSyntax List) : Symbol;

/// <summary>The signature of an indirect call.</summary>
/// <param name="Prototype">The signature.</param>
internal sealed record PrototypeSymbol(CallPrototypeSyntax Prototype) : Symbol;
