namespace GptSharp.Ptx.Lint.Forms;

/// <summary>A place among the dotted words of an instruction, and what may stand there.</summary>
internal abstract record FormSlot;

/// <summary>One of several words, or nothing when the slot is optional.</summary>
/// <param name="Capture">Under which number the word is remembered.</param>
/// <param name="Choices">The words.</param>
/// <param name="IsOptional">Whether the slot may be empty.</param>
internal sealed record ChoiceSlot(int Capture, IReadOnlyList<FormChoice> Choices, bool IsOptional) : FormSlot;

/// <summary>The word that an earlier slot took, once more.</summary>
/// <param name="Capture">The earlier slot's number.</param>
internal sealed record RepeatSlot(int Capture) : FormSlot;

/// <summary>Several slots in any order.</summary>
/// <param name="Members">The slots.</param>
internal sealed record GroupSlot(IReadOnlyList<FormSlot> Members) : FormSlot;

/// <summary>One choice of a slot: usually one word, sometimes a sequence of words.</summary>
/// <param name="Words">The words, without dots.</param>
/// <param name="Requirement">What this choice needs beyond what its form needs, or null.</param>
internal sealed record FormChoice(IReadOnlyList<string> Words, Requirement? Requirement);
