using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Execution.Decoding;

/// <summary>What is known of a function while a program is built.</summary>
/// <param name="function">Its definition.</param>
/// <param name="number">Its number in the program.</param>
internal sealed class FunctionUnit(FunctionSyntax function, int number)
{
    private readonly Dictionary<int, int> _labelAt = [];
    private readonly Dictionary<int, int> _outgoing = [];
    private int _labels;

    /// <summary>Its definition.</summary>
    public FunctionSyntax Function => function;

    /// <summary>Its number in the program.</summary>
    public int Number => number;

    /// <summary>Its registers.</summary>
    public FramePlan Plan { get; } = new();

    /// <summary>Registers that may be read before they are written, which therefore start as zero.</summary>
    public List<int> Cleared { get; } = [];

    /// <summary>Labels from which a thread exits at once.</summary>
    public HashSet<int> Exits { get; } = [];

    /// <summary>Labels where the sides of divergent branches meet.</summary>
    public HashSet<int> Joins { get; } = [];

    /// <summary>The label where the sides of each branch meet, in the order of the branches; -1 at the end of the function.</summary>
    public List<int> Meetings { get; } = [];

    /// <summary>Index of the step at each label.</summary>
    public List<int> LabelPlaces { get; } = [];

    /// <summary>Index of the function's first step in the program.</summary>
    public int FirstInstruction { get; set; }

    /// <summary>The largest number of 32-bit registers alive at once.</summary>
    public int MaximumPressure { get; set; }

    /// <summary>Bytes of its frame in local memory: parameters, results, variables.</summary>
    public int LocalBytes { get; private set; }

    /// <summary>Where the frames of the functions that it calls begin, counted from its own.</summary>
    public int OutgoingBase { get; set; }

    /// <summary>Bytes of the largest set of arguments and results that it passes.</summary>
    public int OutgoingBytes { get; private set; }

    /// <summary>Functions that it calls by name.</summary>
    public HashSet<FunctionUnit> Callees { get; } = [];

    /// <summary>Whether it calls through an address.</summary>
    public bool CallsIndirectly { get; set; }

    /// <summary>Begins a pass: labels and variables are counted anew.</summary>
    public void BeginPass()
    {
        _labels = 0;
        LocalBytes = 0;
        NewLabel();
    }

    /// <summary>A new label.</summary>
    public int NewLabel()
    {
        if (_labels == LabelPlaces.Count)
        {
            LabelPlaces.Add(Instruction.None);
        }

        return _labels++;
    }

    /// <summary>The label before the function's last step.</summary>
    public static int EpilogueLabel => 0;

    /// <summary>Says where a label is.</summary>
    public void PlaceLabel(int label, int place)
    {
        LabelPlaces[label] = place;
        _labelAt[place] = label;
    }

    /// <summary>The label at a step, or -1.</summary>
    public int LabelAt(int place) => _labelAt.GetValueOrDefault(place, Instruction.None);

    /// <summary>Takes bytes of the frame in local memory.</summary>
    public int Reserve(long bytes, int alignment)
    {
        int offset = Align(LocalBytes, alignment);
        LocalBytes = checked((int)(offset + bytes));
        return offset;
    }

    /// <summary>Says how many bytes a call passes.</summary>
    public void NeedOutgoing(int bytes) => OutgoingBytes = Math.Max(OutgoingBytes, bytes);

    /// <summary>Rounds up to a multiple of a power of two.</summary>
    public static int Align(int offset, int alignment) => (offset + alignment - 1) & -alignment;

    /// <summary>Where a variable lies in the outgoing arguments, or -1 when no call passes it.</summary>
    public int Outgoing(int variable) => _outgoing.GetValueOrDefault(variable, -1);

    /// <summary>Says where a variable lies in the outgoing arguments; false when another call says otherwise.</summary>
    public bool PlaceOutgoing(int variable, int offset)
    {
        if (_outgoing.TryGetValue(variable, out int known))
        {
            return known == offset;
        }

        _outgoing.Add(variable, offset);
        return true;
    }
}
