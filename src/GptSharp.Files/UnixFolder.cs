using System.Runtime.InteropServices;

namespace GptSharp.Files;

/// <summary>What .NET has no call for: flushing a folder's entries to the disk.</summary>
internal static partial class UnixFolder
{
    private const int ReadOnly = 0;

    /// <summary>fsync of the folder.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    public static void Flush(string folder)
    {
        int descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"The folder {folder} could not be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        int result = Synchronize(descriptor);
        string message = Marshal.GetLastPInvokeErrorMessage();
        _ = Close(descriptor);
        if (result != 0)
        {
            throw new IOException($"The folder {folder} could not be flushed to the disk: {message}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
