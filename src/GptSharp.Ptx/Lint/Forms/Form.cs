namespace GptSharp.Ptx.Lint.Forms;

/// <summary>One line of the table of forms: an instruction with its dotted words and operands, and what it needs.</summary>
/// <param name="Opcodes">The words before the first dot.</param>
/// <param name="Slots">The dotted words.</param>
/// <param name="CaptureCount">How many slots remember their word.</param>
/// <param name="Operands">The operands.</param>
/// <param name="Requirement">The PTX version and GPU.</param>
internal sealed record Form(
    IReadOnlyList<string> Opcodes,
    IReadOnlyList<FormSlot> Slots,
    int CaptureCount,
    IReadOnlyList<OperandForm> Operands,
    Requirement Requirement);
