using System.Runtime.InteropServices;
using GptSharp.Tensors.Backends.Cpu.Gemm;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace GptSharp.Tensors.Backends.Cpu.Assembly;

/// <summary>
/// Writes machine code that asks for the lines of a <see cref="ReadAhead"/>, whose address is a function's seventh argument: the tile's, then
/// those that come next. It keeps them in r10 to r14 and rbx.
/// </summary>
internal readonly struct LinesAhead(Assembler code)
{
    private static readonly AssemblerRegister64 Next = r10, Twin = r11, RestOfRow = r12, Rest = r13, Lines = r14, LinesBehind = rbx;

    private static readonly AssemblerRegister64[] Kept = [rbx, r12, r13, r14];

    /// <summary>Before the loop; the stack is as it was at the function's entry.</summary>
    public void Begin()
    {
        foreach (AssemblerRegister64 register in Kept)
        {
            code.push(register);
        }

        code.mov(Lines, __qword_ptr[rsp + (8 * (Kept.Length + 1))]);
        code.lea(LinesBehind, __[Lines + (int)Marshal.OffsetOf<ReadAhead>(nameof(ReadAhead.Next))]);
        Load();
    }

    /// <summary>Within the loop: <see cref="CacheLines.Prefetch"/>.</summary>
    public void Prefetch()
    {
        Label ask = code.CreateLabel(), done = code.CreateLabel();
        code.test(Rest, Rest);
        code.jne(ask);
        code.cmp(Lines, LinesBehind);
        code.je(done);
        code.mov(Lines, LinesBehind);
        Load();
        code.test(Rest, Rest);
        code.je(done);

        code.Label(ref ask);
        code.prefetcht0(__byte_ptr[Next]);
        code.prefetcht0(__byte_ptr[Next + Twin]);
        code.add(Next, CacheLines.Bytes);
        code.dec(Rest);
        code.dec(RestOfRow);
        code.jne(done);
        code.mov(RestOfRow, Field(CacheLines.Field.PerRow));
        code.add(Next, Field(CacheLines.Field.Leap));
        code.Label(ref done);
    }

    /// <summary>Behind the loop: notes how far it came.</summary>
    public void End()
    {
        code.mov(Field(CacheLines.Field.Next), Next);
        code.mov(Field(CacheLines.Field.RestOfRow), RestOfRow);
        code.mov(Field(CacheLines.Field.Rest), Rest);
        foreach (AssemblerRegister64 register in Kept.Reverse())
        {
            code.pop(register);
        }
    }

    private void Load()
    {
        code.mov(Next, Field(CacheLines.Field.Next));
        code.mov(Twin, Field(CacheLines.Field.Twin));
        code.mov(RestOfRow, Field(CacheLines.Field.RestOfRow));
        code.mov(Rest, Field(CacheLines.Field.Rest));
    }

    private static AssemblerMemoryOperand Field(CacheLines.Field field) => __qword_ptr[Lines + (8 * (int)field)];
}
