namespace GptSharp.Ptx.Memory;

/// <content>What it says of an address that leads nowhere.</content>
internal sealed unsafe partial class ObservedMemory<TObserver>
{
    private void Refuse(MemoryInstruction op, int warp, int lane, ulong address, int bytes, string verb) =>
        Refuse(op.Space, op.Index, warp, lane, address, bytes, bytes, verb);

    private void Refuse(MemorySpace space, int instruction, int warp, int lane, ulong address, int bytes, int alignment, string verb)
    {
        if (space == MemorySpace.Generic)
        {
            space = AddressWindows.Classify(address);
            address -= AddressWindows.Base(space);
        }

        MemoryRegion? region = space switch
        {
            MemorySpace.Shared => _regions.Shared,
            MemorySpace.Local => _regions.Local(warp, lane),
            MemorySpace.Parameter => _regions.Parameters,
            _ => _regions.Find(address),
        };
        string plural = bytes == 1 ? "byte" : "bytes";
        if (region is null)
        {
            Report(FindingKind.OutOfBounds, $"{verb} {bytes} {plural} {Preposition(_launch.Device.Describe(address))}.");
        }
        else if (address - region.Address > region.ByteCount || (nuint)bytes > region.ByteCount - (nuint)(address - region.Address))
        {
            Report(FindingKind.OutOfBounds, $"{verb} {bytes} {plural} at {region.Describe((nuint)(address - region.Address))}, which has {region.ByteCount} bytes.");
        }
        else
        {
            Report(FindingKind.Misaligned, $"{verb} {bytes} {plural} at {region.Describe((nuint)(address - region.Address))}, whose address is no multiple of {alignment}.");
        }

        void Report(FindingKind kind, string message) =>
            _launch.Findings.Report(kind, message, _block, warp, lane, instruction);
    }

    private void RefuseReadOnly(MemoryInstruction op, int warp, in Segment segment) => _launch.Findings.Report(
        FindingKind.ReadOnly, $"writes {segment.Region.Describe(segment.Offset)}, which kernels may only read.", _block, warp, segment.NamedLane, op.Index);

    private static string Preposition(string place) =>
        char.IsAsciiDigit(place[0]) || place.StartsWith("directly", StringComparison.Ordinal) ? place : $"at {place}";
}
