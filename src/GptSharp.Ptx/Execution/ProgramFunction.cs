using GptSharp.Ptx.Execution.Decoding;

namespace GptSharp.Ptx.Execution;

/// <summary>A function of a program: where it begins and what its frames hold.</summary>
internal sealed class ProgramFunction
{
    private ProgramFunction(FunctionUnit unit)
    {
        Name = unit.Function.Name;
        Entry = unit.FirstInstruction;
        FrameBytes = unit.Plan.FrameBytes;
        LocalBytes = unit.OutgoingBase;
        StackBytes = unit.OutgoingBase + unit.OutgoingBytes;
        var constants = new List<(int, int, ulong)>();
        var specials = new List<(int, int, SpecialRegister)>();
        for (int number = 0; number < unit.Plan.Items.Count; number++)
        {
            FrameItem item = unit.Plan.Items[number];
            if (item.Kind is FrameItemKind.Constant or FrameItemKind.Address)
            {
                constants.Add((unit.Plan.Offset(number), item.SlotBytes, item.Bits));
            }
            else if (item.Kind == FrameItemKind.Special)
            {
                specials.Add((unit.Plan.Offset(number), item.SlotBytes, (SpecialRegister)item.Bits));
            }
        }

        (Constants, Specials) = ([.. constants], [.. specials]);
        Cleared = [.. unit.Cleared.Select(number => (unit.Plan.Offset(number), unit.Plan.Items[number].Bytes))];
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its first step.</summary>
    public int Entry { get; }

    /// <summary>Bytes of a frame.</summary>
    public int FrameBytes { get; }

    /// <summary>Bytes of its frame in local memory; the frames of what it calls begin behind them.</summary>
    public int LocalBytes { get; }

    /// <summary>The same, with what it passes to the functions that it calls.</summary>
    public int StackBytes { get; }

    /// <summary>Offset, bytes per slot and bits of each literal.</summary>
    public (int Offset, int SlotBytes, ulong Bits)[] Constants { get; }

    /// <summary>Offset, bytes per slot and kind of each special register.</summary>
    public (int Offset, int SlotBytes, SpecialRegister Register)[] Specials { get; }

    /// <summary>Offset and bytes of what a program may read before it wrote it.</summary>
    public (int Offset, int Bytes)[] Cleared { get; }

    /// <summary>From what the decoder found out.</summary>
    public static ProgramFunction Create(FunctionUnit unit) => new(unit);
}
