using GptSharp.Ptx.Arithmetic;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

// What the lanes of a warp and the warps of a block do together.
internal sealed unsafe partial class FunctionDecoder
{
    private void DecodeWarp(InstructionSyntax statement)
    {
        switch (statement.Opcode)
        {
            case "shfl":
                Shuffle(statement);
                break;
            case "vote":
                Vote(statement);
                break;
            case "match":
                Match(statement);
                break;
            case "redux":
                Reduce(statement);
                break;
            case "elect":
                Elect(statement);
                break;
            case "activemask":
                Need(statement, 1, 1);
                Instruction step = Instruction.Create(Operation.ActiveMask);
                step.D = Write(statement.Operands[0], NumberType.B32);
                EmitStep(step);
                break;
            default:
                Barrier(statement);
                break;
        }
    }

    private static (OperandSyntax First, OperandSyntax? Second) Pair(OperandSyntax operand) =>
        operand is PairOperand pair ? (pair.First, pair.Second) : (operand, null);

    // shfl.sync.mode.b32 d{|p}, a, b, c, membermask
    private void Shuffle(InstructionSyntax statement)
    {
        if (statement.Modifiers is not ["sync", "up" or "down" or "bfly" or "idx", "b32"])
        {
            throw Refuse($"The emulator does not know {statement.Name}.");
        }

        Need(statement, 5, 5);
        Instruction step = Instruction.Create(Operation.Shuffle);
        step.Control = (int)(statement.Modifiers[1] switch
        {
            "up" => ShuffleMode.Up,
            "down" => ShuffleMode.Down,
            "bfly" => ShuffleMode.Butterfly,
            _ => ShuffleMode.Index,
        });
        step.A = Read(statement.Operands[1], NumberType.B32);
        step.B = Read(statement.Operands[2], NumberType.B32);
        step.C = Read(statement.Operands[3], NumberType.B32);
        step.E = Read(statement.Operands[4], NumberType.B32);
        (OperandSyntax value, OperandSyntax? valid) = Pair(statement.Operands[0]);
        step.D = Write(value, NumberType.B32);
        step.Detail = valid is null ? Instruction.None : WritePredicate(valid);
        if (statement.Operands[2] is LiteralOperand distance && statement.Operands[3] is LiteralOperand clamp
            && statement.Operands[4] is LiteralOperand named && (uint)named.Bits == WarpSize.Full)
        {
            step.Operation = Operation.ShuffleFixed;
            step.Table = _program.AddShuffle(new ShuffleTable((ShuffleMode)step.Control, (uint)distance.Bits, (uint)clamp.Bits));
        }

        EmitStep(step);
    }

    private void Vote(InstructionSyntax statement)
    {
        if (statement.Modifiers is not (["sync", "all" or "any" or "uni", "pred"] or ["sync", "ballot", "b32"]))
        {
            throw Refuse($"The emulator does not know {statement.Name}.");
        }

        Need(statement, 3, 3);
        Instruction step = Instruction.Create(Operation.Vote);
        step.A = Read(statement.Operands[1], NumberType.Predicate);
        step.E = Read(statement.Operands[2], NumberType.B32);
        step.Control = (int)(statement.Modifiers[1] switch
        {
            "all" => VoteMode.All,
            "any" => VoteMode.Any,
            "uni" => VoteMode.Uniform,
            _ => VoteMode.Ballot,
        });
        step.D = step.Control == (int)VoteMode.Ballot ? Write(statement.Operands[0], NumberType.B32) : WritePredicate(statement.Operands[0]);
        EmitStep(step);
    }

    private void Match(InstructionSyntax statement)
    {
        if (statement.Modifiers is not ["any" or "all", "sync", "b32" or "b64"])
        {
            throw Refuse($"The emulator does not know {statement.Name}.");
        }

        Need(statement, 3, 3);
        bool wide = statement.Modifiers[2] == "b64";
        Instruction step = Instruction.Create(Operation.Match);
        step.A = Read(statement.Operands[1], wide ? NumberType.B64 : NumberType.B32);
        step.E = Read(statement.Operands[2], NumberType.B32);
        step.Control = (wide ? 1 : 0) | (statement.Modifiers[0] == "all" ? 2 : 0);
        (OperandSyntax mask, OperandSyntax? all) = Pair(statement.Operands[0]);
        step.D = Write(mask, NumberType.B32);
        step.Detail = all is null ? Instruction.None : WritePredicate(all);
        EmitStep(step);
    }

    private void Reduce(InstructionSyntax statement)
    {
        if (statement.Modifiers is not (["sync", "add" or "min" or "max", "u32" or "s32"] or ["sync", "and" or "or" or "xor", "b32"]))
        {
            throw Refuse($"The emulator does not know {statement.Name}.");
        }

        Need(statement, 3, 3);
        Instruction step = Instruction.Create(Operation.Reduce);
        step.A = Read(statement.Operands[1], NumberType.B32);
        step.E = Read(statement.Operands[2], NumberType.B32);
        step.Control = (int)((statement.Modifiers[1], statement.Modifiers[2]) switch
        {
            ("add", _) => ReduceMode.Add,
            ("min", "u32") => ReduceMode.MinUnsigned,
            ("min", _) => ReduceMode.MinSigned,
            ("max", "u32") => ReduceMode.MaxUnsigned,
            ("max", _) => ReduceMode.MaxSigned,
            ("and", _) => ReduceMode.And,
            ("or", _) => ReduceMode.Or,
            _ => ReduceMode.Xor,
        });
        step.D = Write(statement.Operands[0], NumberType.B32);
        EmitStep(step);
    }

    private void Elect(InstructionSyntax statement)
    {
        Need(statement, 2, 2);
        Instruction step = Instruction.Create(Operation.Elect);
        step.E = Read(statement.Operands[1], NumberType.B32);
        (OperandSyntax leader, OperandSyntax? isLeader) = Pair(statement.Operands[0]);
        step.D = Write(leader, NumberType.B32);
        step.Detail = isLeader is null ? Instruction.None : WritePredicate(isLeader);
        EmitStep(step);
    }

    // bar{.cta}.sync a {, b}; barrier{.cta}.arrive{.aligned} a, b; bar.red.op.type d, a {, b}, {!}c; bar.warp.sync mask
    private void Barrier(InstructionSyntax statement)
    {
        List<string> words = [.. statement.Modifiers];
        int behind = SkipUnlessGuarded();
        if (words is ["warp", "sync"])
        {
            Need(statement, 1, 1);
            Instruction sync = Instruction.Create(Operation.SyncWarp);
            sync.E = Read(statement.Operands[0], NumberType.B32);
            EmitStep(sync);
            PlaceSkipped(behind);
            return;
        }

        words.Remove("cta");
        bool aligned = words.Remove("aligned") || statement.Opcode == "bar";
        BarrierMode? mode = words switch
        {
            ["sync"] => BarrierMode.Sync,
            ["arrive"] => BarrierMode.Arrive,
            ["red", "popc", "u32"] => BarrierMode.Count,
            ["red", "and", "pred"] => BarrierMode.And,
            ["red", "or", "pred"] => BarrierMode.Or,
            _ => null,
        };
        if (mode is null)
        {
            throw Refuse($"{statement.Name} is not emulated yet.");
        }

        bool reduces = mode is BarrierMode.Count or BarrierMode.And or BarrierMode.Or;
        int first = reduces ? 1 : 0;
        Need(statement, reduces ? 3 : mode == BarrierMode.Arrive ? 2 : 1, reduces ? 4 : 2);
        Instruction step = Instruction.Create(Operation.Barrier);
        step.Control = (int)mode.Value | (aligned ? BarrierModes.Aligned : 0);
        step.A = Read(statement.Operands[first], NumberType.U32);
        int rest = statement.Operands.Count - first - (reduces ? 1 : 0);
        step.B = rest == 2 ? Read(statement.Operands[first + 1], NumberType.U32) : Instruction.None;
        if (reduces)
        {
            step.C = Read(statement.Operands[^1], NumberType.Predicate);
            step.D = mode == BarrierMode.Count ? Write(statement.Operands[0], NumberType.U32) : WritePredicate(statement.Operands[0]);
        }

        EmitStep(step);
        PlaceSkipped(behind);
    }

    // A split stands at a barrier as a whole: a guard becomes a branch around it.
    private int SkipUnlessGuarded()
    {
        if (_guard == Instruction.None)
        {
            return Instruction.None;
        }

        int behind = _unit.NewLabel();
        Instruction skip = Instruction.Create(Operation.BranchIf);
        skip.Target = behind;
        skip.A = ReadItem(_guard);
        skip.Control = _statement!.Guard!.Negated ? 0 : 1;
        skip.Reconvergence = Meeting();
        _guard = Instruction.None;
        EmitStep(skip);
        PlaceLabel(_unit.NewLabel(), null);
        return behind;
    }

    private void PlaceSkipped(int label)
    {
        if (label != Instruction.None)
        {
            PlaceLabel(label, null);
        }
    }
}
