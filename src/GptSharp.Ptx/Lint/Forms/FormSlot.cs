namespace GptSharp.Ptx.Lint.Forms;

/// <summary>
/// One of the dotted words of an instruction, and what it may be. The assembler minds the order of types, and takes everything
/// else in any order, behind the types too: so does a form.
/// </summary>
/// <param name="IsType">Whether the word is a type.</param>
internal abstract record FormSlot(bool IsType);

/// <summary>One of several words, or nothing when the slot is optional.</summary>
/// <param name="Capture">Under which number the word is remembered.</param>
/// <param name="Choices">The words.</param>
/// <param name="IsOptional">Whether the slot may be empty.</param>
internal sealed record ChoiceSlot(int Capture, IReadOnlyList<FormChoice> Choices, bool IsOptional)
    : FormSlot(Choices.All(choice => OperandType.IsTypeWord(choice.Words[^1])));

/// <summary>The word that an earlier slot took, once more.</summary>
/// <param name="Capture">The earlier slot's number.</param>
internal sealed record RepeatSlot(int Capture) : FormSlot(IsType: true);

/// <summary>One choice of a slot: usually one word, sometimes a sequence of words.</summary>
/// <param name="Words">The words, without dots.</param>
/// <param name="Requirement">What this choice needs beyond what its form needs, or null.</param>
internal sealed record FormChoice(IReadOnlyList<string> Words, Requirement? Requirement);
