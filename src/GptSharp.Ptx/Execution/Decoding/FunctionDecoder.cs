using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

/// <summary>
/// Turns a function's statements into steps. It runs twice over the same statements and asks for the same things in the same
/// order: the first pass finds out which registers, constants and labels there are; the second one writes the final steps.
/// </summary>
internal sealed unsafe partial class FunctionDecoder
{
    private const int FrameAlignment = 16;

    private readonly ProgramBuilder _program;
    private readonly FunctionUnit _unit;
    private readonly FramePlan _plan;
    private readonly List<RegisterAccess> _accesses = [];
    private readonly List<Instruction> _after = [];
    private readonly List<StatementSyntax?> _sources = [];
    private readonly List<Instruction> _code = [];
    private readonly List<bool> _counted = [];
    private Scope _scope = new(null);
    private InstructionSyntax? _statement;
    private int _guard = Instruction.None;
    private uint _usedBytes = uint.MaxValue;
    private int _branches;
    private bool _isPreparing;
    private bool _isCounted;

    private FunctionDecoder(ProgramBuilder program, FunctionUnit unit)
    {
        (_program, _unit, _plan) = (program, unit, unit.Plan);
    }

    private bool IsKernel => _unit.Function.IsEntry;

    // Index that the next step will have in the program.
    private int Here => _unit.FirstInstruction + _code.Count;

    /// <summary>The first pass: finds registers and control flow, and plans the frame.</summary>
    public static void Survey(ProgramBuilder program, FunctionUnit unit)
    {
        var decoder = new FunctionDecoder(program, unit);
        decoder.Decode();
        ControlFlow flow = decoder.BuildControlFlow();
        decoder.FindReconvergence(flow);
        var liveness = new Liveness(flow, unit.Plan, decoder._accesses);
        unit.MaximumPressure = liveness.MaximumPressure();
        unit.Cleared.AddRange(liveness.LiveAtEntry());
        unit.Plan.Place(liveness.Lives());
        unit.OutgoingBase = FunctionUnit.Align(unit.LocalBytes, FrameAlignment);
    }

    /// <summary>The second pass: the steps, with branch targets still as numbers of labels.</summary>
    public static void Emit(ProgramBuilder program, FunctionUnit unit)
    {
        var decoder = new FunctionDecoder(program, unit);
        decoder.Decode();
        for (int i = 0; i < decoder._code.Count; i++)
        {
            Instruction step = decoder._code[i];
            step.Target = step.Target == Instruction.None ? Instruction.None : unit.LabelPlaces[step.Target];
            step.Reconvergence = step.Reconvergence == Instruction.None ? Instruction.None : unit.LabelPlaces[step.Reconvergence];
            if (step.Operation == Operation.BranchIndexed)
            {
                program.TargetLists[step.Detail] = [.. program.TargetLists[step.Detail].Select(label => unit.LabelPlaces[label])];
            }

            program.Add(step, decoder._sources[i], decoder._counted[i]);
        }
    }

    private void Decode()
    {
        _unit.BeginPass();
        DeclareParameters();
        if (!IsKernel)
        {
            LoadRegisterParameters();
        }

        BlockSyntax body = _unit.Function.Body!;
        DecodeScope(body.Statements, _scope);
        PlaceLabel(FunctionUnit.EpilogueLabel, null);
        if (!IsKernel)
        {
            StoreRegisterResults();
        }

        EmitStep(Instruction.Create(IsKernel ? Operation.Exit : Operation.Return));
    }

    private void DecodeScope(IReadOnlyList<StatementSyntax> statements, Scope scope)
    {
        Scope outer = _scope;
        _scope = scope;
        DeclareLabels(statements);
        foreach (StatementSyntax statement in statements)
        {
            switch (statement)
            {
                case BlockSyntax block:
                    DecodeScope(block.Statements, new Scope(_scope));
                    break;
                case DeclarationSyntax declaration:
                    Declare(declaration);
                    break;
                case LabelSyntax label:
                    PlaceLabel(_scope.Labels[label.Name], label);
                    break;
                case PragmaSyntax pragma:
                    ReadPragma(pragma);
                    break;
                case InstructionSyntax instruction:
                    DecodeStatement(instruction);
                    _usedBytes = uint.MaxValue;
                    break;
                default:
                    break;
            }
        }

        _scope = outer;
    }

    // "used_bytes_mask 0xfff": only those bytes of the next load matter.
    private void ReadPragma(PragmaSyntax pragma)
    {
        const string Prefix = "used_bytes_mask ";
        foreach (string text in pragma.Texts)
        {
            string mask = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..].Trim() : "";
            bool hex = mask.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            if (uint.TryParse(hex ? mask[2..] : mask, hex ? System.Globalization.NumberStyles.AllowHexSpecifier : System.Globalization.NumberStyles.None, null, out uint bytes))
            {
                _usedBytes = bytes;
            }
        }
    }

    private void DecodeStatement(InstructionSyntax statement)
    {
        _statement = statement;
        _isCounted = false;
        OrRefuse(() =>
        {
            _guard = statement.Guard is { } guard ? PredicateRegister(guard.Register) : Instruction.None;
            DecodeInstruction(statement);
        });
        _guard = Instruction.None;
        _statement = null;
    }

    // Decodes something; when it cannot be, a step that says so takes its place.
    private void OrRefuse(Action decode)
    {
        int length = _code.Count;
        int accesses = _accesses.Count;
        try
        {
            decode();
            foreach (Instruction step in _after)
            {
                EmitStep(step);
            }
        }
        catch (NotEmulatedException refusal)
        {
            // Only steps of this statement go; nobody else refers to them.
            _isCounted = false;
            _isPreparing = false;
            _code.RemoveRange(length, _code.Count - length);
            _sources.RemoveRange(length, _sources.Count - length);
            _counted.RemoveRange(length, _counted.Count - length);
            _accesses.RemoveRange(accesses, _accesses.Count - accesses);
            Instruction step = Instruction.Create(Operation.Unsupported);
            step.Detail = _program.AddReason(refusal.Message);
            EmitStep(step);
        }

        _after.Clear();
    }

    // Adds a step under the statement's guard.
    private void EmitStep(Instruction step)
    {
        if (_guard != Instruction.None)
        {
            Record(_guard, isWrite: false);
            step.Guard = _plan.Offset(_guard);
            step.GuardNegated = _statement!.Guard!.Negated;
        }

        // The first step that does the statement's own work is counted for all of them.
        bool isCounted = !_isPreparing && !_isCounted;
        _isCounted |= isCounted;
        AddStep(step, _statement, isCounted);
    }

    private void AddStep(Instruction step, StatementSyntax? source, bool isCounted)
    {
        _code.Add(step);
        _sources.Add(source);
        _counted.Add(isCounted);
    }

    private void PlaceLabel(int label, StatementSyntax? source)
    {
        // In the first pass every label is a step, so that it can begin a block; in the second one only those where sides meet.
        bool joins = _unit.Joins.Contains(label);
        _unit.PlaceLabel(label, Here);
        if (!_plan.IsPlaced || joins)
        {
            AddStep(Instruction.Create(joins ? Operation.Join : Operation.Label), source, isCounted: false);
        }
    }

    private void Record(int item, bool isWrite)
    {
        if (!_plan.IsPlaced && item >= 0)
        {
            _accesses.Add(new RegisterAccess(_code.Count, item, isWrite, _guard == Instruction.None));
        }
    }

    private static NotEmulatedException Refuse(string reason) => new(reason);
}
