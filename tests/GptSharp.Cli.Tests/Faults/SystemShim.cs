using System.Diagnostics;

namespace GptSharp.Cli.Tests.Faults;

/// <summary>
/// Stands between a process and the C library (LD_PRELOAD): a wall clock that runs backwards, a disk that takes its time to
/// flush, and a system that has no room for another thread.
/// </summary>
internal static class SystemShim
{
    private const string Source =
        """
        struct timespec { long seconds, nanoseconds; };
        extern long syscall(long, ...);
        extern char *getenv(const char *);
        extern void *dlsym(void *, const char *);
        #ifdef __x86_64__
        enum { CLOCK = 228, SLEEP = 35, FSYNC = 74, ACCESS = 269 };
        #else
        enum { CLOCK = 113, SLEEP = 101, FSYNC = 82, ACCESS = 48 };
        #endif
        static long looks;

        int clock_gettime(int clock, struct timespec *time)
        {
            long result = syscall(CLOCK, clock, time);
            if (clock == 0 && getenv("SHIM_CLOCK")) // CLOCK_REALTIME: a minute earlier at every look
                time->seconds -= 60 * (__atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED) % 5000000);
            return (int)result;
        }

        int fsync(int file)
        {
            struct timespec pause = { 0, 300000000 };
            if (getenv("SHIM_FSYNC"))
                syscall(SLEEP, &pause, 0);
            return (int)syscall(FSYNC, file);
        }

        typedef int Create(void *thread, const void *attributes, void *(*start)(void *), void *argument);

        int pthread_create(void *thread, const void *attributes, void *(*start)(void *), void *argument)
        {
            Create *next = (Create *)dlsym((void *)-1L, "pthread_create");
            char *folder = getenv("SHIM_THREADS"); // no thread starts once this folder is there: EAGAIN
            return folder && syscall(ACCESS, -100, folder, 0) == 0 ? 11 : next(thread, attributes, start, argument);
        }

        """;

    private static readonly Lazy<string?> Library = new(Compile);

    /// <summary>The environment of a process behind the shim; skips the test where it cannot be made.</summary>
    /// <param name="switches"><c>SHIM_CLOCK</c> or <c>SHIM_FSYNC</c>.</param>
    public static Dictionary<string, string> EnvironmentOrSkip(params string[] switches)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs LD_PRELOAD");
        Assert.SkipWhen(Library.Value is null, "clang-19 is not installed (Debian: apt-get install clang-19)");
        return new(switches.Select(name => KeyValuePair.Create(name, "1"))) { ["LD_PRELOAD"] = Library.Value! };
    }

    private static string? Compile()
    {
        string folder = Directory.CreateTempSubdirectory("gptsharp-shim-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        (string source, string library) = (Path.Combine(folder, "shim.c"), Path.Combine(folder, "shim.so"));
        File.WriteAllText(source, Source);
        try
        {
            using Process clang = Process.Start(new ProcessStartInfo("clang-19", ["-shared", "-fPIC", "-O1", "-nostdlib", "-o", library, source]))!;
            clang.WaitForExit();
            Assert.Equal(0, clang.ExitCode);
            return library;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
