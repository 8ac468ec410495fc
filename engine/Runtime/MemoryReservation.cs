using System.Runtime.InteropServices;

namespace Marketplace.Engine.Runtime;

/// <summary>
/// Address space for one memory, reserved once so that the base never moves. The system gives pages, zeroed, when they are
/// first touched.
/// </summary>
internal sealed unsafe class MemoryReservation : SafeHandle
{
    private MemoryReservation(nint address, int pages)
        : base(0, ownsHandle: true)
    {
        Pages = pages;
        SetHandle(address);
    }

    /// <summary>Capacity in WebAssembly pages.</summary>
    public int Pages { get; }

    public byte* Base => (byte*)handle;

    public override bool IsInvalid => handle == 0;

    public static MemoryReservation Reserve(int pages)
    {
        // An empty reservation still has an address, so that Base + 0 is never null plus something.
        var bytes = (nuint)Math.Max(pages, 1) * EnginePolicy.PageBytes;
        var address = OperatingSystem.IsWindows() ? WindowsPages.Reserve(bytes) : UnixPages.Reserve(bytes);
        return address == 0
            ? throw new OutOfMemoryException($"The system refused {bytes} bytes of address space for a guest's memory.")
            : new MemoryReservation(address, Math.Max(pages, 1));
    }

    /// <summary>Makes the first <paramref name="bytes"/> usable.</summary>
    public bool TryCommit(long bytes) => !OperatingSystem.IsWindows() || bytes == 0 || WindowsPages.Commit(handle, (nuint)bytes);

    /// <summary>
    /// Makes the first <paramref name="bytes"/> zero again, those in <paramref name="warm"/> without giving them back to the system.
    /// </summary>
    /// <returns>False where that cannot be done; the reservation must not be used again.</returns>
    public bool TryReset(long bytes, WarmRange warm)
    {
        if (bytes <= EnginePolicy.ClearBytesMax)
        {
            new Span<byte>(Base, (int)bytes).Clear();
            return true;
        }

        if (!OperatingSystem.IsLinux())
        {
            return OperatingSystem.IsWindows() && WindowsPages.Decommit(handle, (nuint)bytes);
        }

        // Whole pages of the system; a page of WebAssembly is a whole number of them.
        var start = Math.Min(warm.Start, bytes) / Environment.SystemPageSize * Environment.SystemPageSize;
        var end = Math.Min((warm.End + Environment.SystemPageSize - 1) / Environment.SystemPageSize * Environment.SystemPageSize, bytes);
        if (end <= start)
        {
            return UnixPages.Discard(handle, (nuint)bytes);
        }

        new Span<byte>(Base + start, (int)(end - start)).Clear();
        return (start == 0 || UnixPages.Discard(handle, (nuint)start))
            && (end == bytes || UnixPages.Discard((nint)(Base + end), (nuint)(bytes - end)));
    }

    protected override bool ReleaseHandle() =>
        OperatingSystem.IsWindows() ? WindowsPages.Release(handle) : UnixPages.Release(handle, (nuint)Pages * EnginePolicy.PageBytes);
}
