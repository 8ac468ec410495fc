using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Marketplace.Worker.Isolation;

/// <summary>What of Linux and its C library .NET has no words for: https://man7.org/linux/man-pages/.</summary>
internal static unsafe partial class Linux
{
    public const int CloseOnExec = 0x80000;
    public const int NonBlocking = 0x800;
    public const int LocalSockets = 1;
    public const int StreamSocket = 1;
    public const int BothWays = 2;
    public const int SignalKill = 9;
    public const int Interrupted = 4;
    private const int TryAgain = 11;

    /// <summary>Room for posix_spawnattr_t and posix_spawn_file_actions_t of any C library: 336 and 80 bytes in glibc.</summary>
    public const int SpawnStructBytes = 1024;

    /// <summary>More than sigset_t of any C library.</summary>
    public const int SignalSetBytes = 256;

    /// <summary>Offset of si_code and si_status in siginfo_t of a child that ended, on 64 bits.</summary>
    public const int InfoCode = 8;
    public const int InfoStatus = 24;
    public const int InfoBytes = 128;
    public const int CodeExited = 1;

    public const int WaitExited = 4;
    public const int WaitNoHang = 1;
    public const int WaitLeave = 0x1000000;
    public const int WaitByHandle = 3;

    public const short SpawnSignalDefaults = 0x04;
    public const short SpawnSignalMask = 0x08;
    public const short SpawnSession = 0x80;

    public const int LimitFileSize = 1;
    public const int LimitData = 2;
    public const int LimitCore = 4;
    public const int LimitFiles = 7;

    public const int ParentDeathSignal = 1;
    public const int MayBeDumped = 4;
    public const int NoNewPrivileges = 38;

    // Numbers of system calls that are the same on every 64-bit processor.
    private const nint PidHandleSendSignal = 424;
    private const nint PidHandleOpen = 434;

    public static int LastError => Marshal.GetLastPInvokeError();

    public static string ErrorText(int error) => Marshal.GetPInvokeErrorMessage(error);

    /// <returns>What waits for the process and signals it, and never another that has got its number; invalid on failure.</returns>
    public static SafeFileHandle OpenProcess(int pid) => new(syscall(PidHandleOpen, pid, 0, 0, 0), ownsHandle: true);

    public static bool Signal(SafeFileHandle process, int signal) =>
        syscall(PidHandleSendSignal, process.DangerousGetHandle(), signal, 0, 0) == 0;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socketpair(int family, int type, int protocol, int* ends);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int shutdown(SafeFileHandle socket, int ways);

    /// <summary>Reads what there is. .NET reads and writes no pipe without a stream around it.</summary>
    /// <returns>Bytes; 0 at the end; below zero where the pipe does not block and has none.</returns>
    /// <exception cref="IOException">The system reports another error.</exception>
    public static int Read(SafeFileHandle pipe, Span<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                var count = read(pipe, start, (nuint)bytes.Length);
                if (count >= 0 || LastError == TryAgain)
                {
                    return (int)count;
                }
                ThrowUnlessInterrupted();
            }
        }
    }

    /// <summary>Writes all of it.</summary>
    /// <returns>False where the pipe does not block and is full.</returns>
    /// <exception cref="IOException">The other end is gone, or the system reports another error.</exception>
    public static bool Write(SafeFileHandle pipe, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (var written = 0; written < bytes.Length; )
            {
                var count = write(pipe, start + written, (nuint)(bytes.Length - written));
                if (count >= 0)
                {
                    written += (int)count;
                }
                else if (LastError == TryAgain)
                {
                    return false;
                }
                else
                {
                    ThrowUnlessInterrupted();
                }
            }
        }
        return true;
    }

    private static void ThrowUnlessInterrupted()
    {
        if (LastError is not Interrupted and var error)
        {
            throw new IOException(ErrorText(error));
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle file, byte* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle file, byte* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fcntl(int file, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitid(int kind, int id, byte* info, int options);

    [LibraryImport("libc")]
    public static partial int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int from);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_addchdir_np(byte* actions, byte* path);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigmask(byte* attributes, byte* set);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* set);

    [LibraryImport("libc")]
    public static partial int sigemptyset(byte* set);

    [LibraryImport("libc")]
    public static partial int sigfillset(byte* set);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setrlimit(int resource, ulong* softAndHard);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint syscall(nint number, nint a, nint b, nint c, nint d);
}
