using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace GptSharp.Files;

/// <summary>
/// A file that one process holds, and that says which. The system takes the lock back when the process ends, however it ends, so a lock
/// never outlives its process; the file itself stays, and means nothing by itself.
/// </summary>
public sealed partial class FileLock : IDisposable
{
    private const int ReadWrite = 0x2, CloseOnExecLinux = 0x80000, CloseOnExecMac = 0x1000000;
    private const int Exclusive = 0x2, DoNotWait = 0x4;
    private const int LongestOwner = 1024;

    private readonly SafeFileHandle _handle;

    private FileLock(SafeFileHandle handle) => _handle = handle;

    /// <summary>Takes the lock, or says who has it.</summary>
    /// <param name="path">The file; it is made when there is none.</param>
    /// <param name="owner">Who has it, in words that it wrote itself; null when the lock was taken.</param>
    /// <returns>The lock, to be disposed; null when another has it.</returns>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static FileLock? TryTake(string path, out string? owner)
    {
        SafeFileHandle? handle = OperatingSystem.IsWindows() ? TakeOnWindows(path, out owner) : TakeOnUnix(path, out owner);
        if (handle is null)
        {
            return null;
        }

        string self = string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}\n");
        RandomAccess.SetLength(handle, 0);
        RandomAccess.Write(handle, Encoding.UTF8.GetBytes(self), 0);
        return new FileLock(handle);
    }

    /// <summary>Whether somebody has the lock now; nobody's name is written.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static bool IsHeld(string path)
    {
        using SafeFileHandle? handle = OperatingSystem.IsWindows() ? TakeOnWindows(path, out _) : TakeOnUnix(path, out _);
        return handle is null;
    }

    /// <summary>Lets others have it.</summary>
    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle? TakeOnWindows(string path, out string? owner)
    {
        try
        {
            owner = null;
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (IOException) when (File.Exists(path))
        {
            using SafeFileHandle reader = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            owner = ReadOwner(reader);
            return null;
        }
    }

    // .NET's own files would take a lock at once, and one that even a reader of the owner's name could not pass.
    private static SafeFileHandle? TakeOnUnix(string path, out string? owner)
    {
        if (!File.Exists(path))
        {
            CreateEmpty(path);
        }

        int descriptor = Open(path, ReadWrite | (OperatingSystem.IsLinux() ? CloseOnExecLinux : CloseOnExecMac));
        if (descriptor < 0)
        {
            throw new IOException($"{path} could not be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Lock(descriptor, Exclusive | DoNotWait) == 0)
        {
            owner = null;
            return handle;
        }

        owner = ReadOwner(handle);
        handle.Dispose();
        return null;
    }

    private static void CreateEmpty(string path)
    {
        try
        {
            File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write).Dispose();
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was first, which is as good.
        }
    }

    private static string ReadOwner(SafeFileHandle handle)
    {
        var text = new byte[LongestOwner];
        int count = RandomAccess.Read(handle, text, 0);

        // Empty for the moment between another's taking it and its writing who it is.
        return count == 0 ? "another process" : Encoding.UTF8.GetString(text, 0, count).Trim();
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(int descriptor, int operation);
}
