using System.ComponentModel;
using System.Runtime.InteropServices;

namespace GptSharp.Tensors.Backends.Cpu.Assembly;

/// <summary>
/// Machine code in memory of its own. The pages are never writable and executable at once: the code is written first, then the pages
/// are made executable, for good.
/// </summary>
internal sealed unsafe partial class ExecutableMemory : IDisposable
{
    private const int Read = 1, Write = 2, Execute = 4;
    private const int Private = 2, Anonymous = 0x20;

    private readonly nuint _bytes;
    private nint _address;

    /// <summary>Copies code into new pages.</summary>
    /// <exception cref="Win32Exception">The system refuses: no memory, or a policy that forbids code made at run time.</exception>
    public ExecutableMemory(ReadOnlySpan<byte> code)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        _bytes = ((nuint)code.Length + page - 1) / page * page;
        _address = Map(0, _bytes, Read | Write, Private | Anonymous, -1, 0);
        if (_address == -1)
        {
            _address = 0;
            throw new Win32Exception();
        }

        code.CopyTo(new Span<byte>((void*)_address, code.Length));
        if (Protect(_address, _bytes, Read | Execute) != 0)
        {
            var refusal = new Win32Exception();
            Dispose();
            throw refusal;
        }
    }

    /// <summary>Whether this is a system whose calls and calling convention are known here.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Where the code begins.</summary>
    public void* Start => (void*)_address;

    /// <summary>Gives the pages back.</summary>
    public void Dispose()
    {
        if (_address != 0)
        {
            _ = Unmap(_address, _bytes);
            _address = 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint bytes, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint bytes);
}
