using System.Runtime.InteropServices;

namespace Marketplace.Engine.Runtime;

/// <summary>Address space on Linux and macOS.</summary>
internal static partial class UnixPages
{
    private const int ProtectReadWrite = 1 | 2;
    private const int MapPrivate = 2;
    private const int AdviseDontNeed = 4;

    // Linux numbers flags differently from the BSDs, macOS among them.
    private static readonly int MapFlags = OperatingSystem.IsLinux()
        ? MapPrivate
            | 0x20 /* MAP_ANONYMOUS */
            | 0x4000 /* MAP_NORESERVE */
        : MapPrivate
            | 0x1000 /* MAP_ANON */
            | 0x40 /* MAP_NORESERVE */
    ;

    /// <returns>0 where the system refuses.</returns>
    public static nint Reserve(nuint bytes)
    {
        var address = mmap(0, bytes, ProtectReadWrite, MapFlags, -1, 0);
        return address == -1 ? 0 : address;
    }

    /// <summary>Linux gives zeroed pages after this; other systems promise nothing of the kind.</summary>
    public static bool Discard(nint address, nuint bytes) => madvise(address, bytes, AdviseDontNeed) == 0;

    public static bool Release(nint address, nuint bytes) => munmap(address, bytes) == 0;

    /// <summary>Returns what the C library keeps for later, which the machine-code compiler took from it.</summary>
    public static void TrimHeap()
    {
        try
        {
            malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not every C library for Linux has it: https://man7.org/linux/man-pages/man3/malloc_trim.3.html. The others keep little.
        }
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint keep);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(nint address, nuint length, int advice);
}
