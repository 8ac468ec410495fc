using System.Runtime.InteropServices;

namespace Marketplace.Engine.Runtime;

/// <summary>Address space on Windows, which wants pages committed before they are touched.</summary>
internal static partial class WindowsPages
{
    private const uint MemoryCommit = 0x1000;
    private const uint MemoryReserve = 0x2000;
    private const uint MemoryDecommit = 0x4000;
    private const uint MemoryRelease = 0x8000;
    private const uint NoAccess = 0x01;
    private const uint ReadWrite = 0x04;

    public static nint Reserve(nuint bytes) => VirtualAlloc(0, bytes, MemoryReserve, NoAccess);

    public static bool Commit(nint address, nuint bytes) => VirtualAlloc(address, bytes, MemoryCommit, ReadWrite) != 0;

    public static bool Decommit(nint address, nuint bytes) => VirtualFree(address, bytes, MemoryDecommit);

    public static bool Release(nint address) => VirtualFree(address, 0, MemoryRelease);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial nint VirtualAlloc(nint address, nuint size, uint allocationType, uint protection);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool VirtualFree(nint address, nuint size, uint freeType);
}
