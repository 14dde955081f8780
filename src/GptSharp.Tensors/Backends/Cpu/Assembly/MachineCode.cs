using Iced.Intel;

namespace GptSharp.Tensors.Backends.Cpu.Assembly;

/// <summary>From instructions to memory that can be called.</summary>
internal static class MachineCode
{
    /// <summary>The 512-bit register of a number.</summary>
    public static AssemblerRegisterZMM Zmm(int number) => new(Register.ZMM0 + number);

    /// <summary>Assembles a function that does not depend on where it lies.</summary>
    /// <param name="write">Writes its instructions.</param>
    public static ExecutableMemory Place(Action<Assembler> write)
    {
        var assembler = new Assembler(64);
        write(assembler);
        using var bytes = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(bytes), rip: 0);
        return new ExecutableMemory(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }
}
