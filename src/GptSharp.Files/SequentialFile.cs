using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GptSharp.Files;

/// <summary>
/// A new file that is written once, from start to end, in large pieces out of page-aligned memory. Where the system allows it (Linux,
/// O_DIRECT) the disk fetches the pieces from that very memory: no processor copies them into the page cache, from which nobody would
/// read them, and hours of other programs' files stay cached.
/// </summary>
public sealed partial class SequentialFile : IDisposable
{
    /// <summary>Addresses, and lengths of all pieces but the last, are multiples of this.</summary>
    public const int Alignment = 4096;

    private const int WriteOnly = 0x1, CreateNew = 0x40 | 0x80, CloseOnExec = 0x80000;
    private const int InvalidArgument = 22;

    // rw-r--r--, as far as the user's mask allows
    private const int Mode = 0x1A4;

    private readonly SafeFileHandle _handle;
    private long _written;

    private SequentialFile(SafeFileHandle handle, bool isDirect) => (_handle, IsDirect) = (handle, isDirect);

    /// <summary>Whether the page cache is bypassed.</summary>
    public bool IsDirect { get; }

    private static int DirectFlag => !OperatingSystem.IsLinux() ? 0 : RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 0x4000,
        Architecture.Arm64 => 0x10000,
        _ => 0,
    };

    /// <summary>Creates the file.</summary>
    /// <exception cref="IOException">It exists, or the system refuses.</exception>
    public static SequentialFile Create(string path)
    {
        if (DirectFlag is var direct and not 0)
        {
            int descriptor = Open(path, WriteOnly | CreateNew | CloseOnExec | direct, Mode);
            if (descriptor >= 0)
            {
                return new SequentialFile(new SafeFileHandle(descriptor, ownsHandle: true), isDirect: true);
            }

            // Some file systems know no direct access; they may have made the file before they noticed.
            if (Marshal.GetLastPInvokeError() == InvalidArgument)
            {
                File.Delete(path);
            }
        }

        return new SequentialFile(File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write), isDirect: false);
    }

    /// <summary>Appends a piece.</summary>
    /// <param name="piece">Page-aligned memory, up to a multiple of <see cref="Alignment"/>; what is too much at the file's end, <see cref="Finish"/> cuts off.</param>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public void Append(ReadOnlySpan<byte> piece)
    {
        if (piece.Length % Alignment != 0)
        {
            throw new ArgumentException($"A piece has {piece.Length} bytes, which is no multiple of {Alignment}.", nameof(piece));
        }

        RandomAccess.Write(_handle, piece, _written);
        _written += piece.Length;
    }

    /// <summary>Gives the file its length and puts everything onto the disk.</summary>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public void Finish(long length)
    {
        RandomAccess.SetLength(_handle, length);
        RandomAccess.FlushToDisk(_handle);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);
}
