namespace GptSharp.Ptx.Memory;

/// <content>Asynchronous copies.</content>
internal sealed unsafe partial class AccessChecker
{
    /// <summary>A <c>cp.async</c> may write its targets from now on, until it is waited for.</summary>
    public void IssueCopies(MemoryInstruction op, int warp, MemoryRegion shared, AsyncCopy copy)
    {
        RaceShadow shadow = shared.Shadow!;
        _judge.Consider(op, shared, warp);
        ShadowAccess access = Describe(op.Index, warp, new Segment(shared, 0, 0, 1, copy.LaneBytes), shadow);
        int count = Entries(copy.LaneBytes, shadow.Shift);
        for (uint rest = copy.Mask; rest != 0; rest &= rest - 1)
        {
            int lane = int.TrailingZeroCount((int)rest);
            var first = (nuint)copy.Targets[lane] >> shadow.Shift;
            shadow.OnIssue(first, count, access with { Mine = access.Mine + lane }, shared.Host + copy.Targets[lane], _judge);
        }
    }

    /// <summary>The copies of some lanes have been waited for: they count as written now.</summary>
    public void CompleteCopies(int warp, AsyncCopy copy, uint lanes)
    {
        MemoryRegion shared = Regions.Shared;
        RaceShadow shadow = shared.Shadow!;
        ShadowAccess access = Describe(copy.Instruction, warp, new Segment(shared, 0, 0, 1, copy.LaneBytes), shadow);
        int count = Entries(copy.LaneBytes, shadow.Shift);
        bool isChecked = _launch.Checks.HasFlag(Checks.AsyncCopies);
        for (uint rest = lanes; rest != 0; rest &= rest - 1)
        {
            int lane = int.TrailingZeroCount((int)rest);
            if (isChecked && !copy.SourceIsUnchanged(lane))
            {
                _launch.Findings.Report(
                    FindingKind.AsyncCopy, "copies memory that was changed before the copy was waited for.", _block, warp, lane, copy.Instruction);
            }

            var first = (nuint)copy.Targets[lane] >> shadow.Shift;
            shadow.Fill(first, count, access.Mine + lane, access.Detail);

            AsyncCopies.Move(shared.Host + copy.Targets[lane], copy.Data + (lane * AsyncCopy.LargestLane), copy.LaneBytes, copy.LaneBytes);
        }
    }
}
