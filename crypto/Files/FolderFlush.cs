using System.Runtime.InteropServices;

namespace Marketplace.Crypto;

/// <summary>Makes creations, renamings and deletions inside a folder durable, for which .NET has no call.</summary>
public static partial class FolderFlush
{
    private const int ReadOnlyFolder = 0x10000 | 0x80000; // O_RDONLY | O_DIRECTORY | O_CLOEXEC as Linux numbers them on x64
    private const int ReadOnlyFolderArm = 0x4000 | 0x80000; // O_DIRECTORY has another number on Arm

    /// <summary>
    /// Outside Linux it does nothing: NTFS and APFS order such changes in their own journals, and a folder cannot be opened for it there.
    /// </summary>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        var flags = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? ReadOnlyFolderArm : ReadOnlyFolder;
        var descriptor = Open(folder, flags);
        if (descriptor < 0)
        {
            throw Failure("open", folder);
        }
        try
        {
            if (FileSync(descriptor) != 0)
            {
                throw Failure("fsync", folder);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string call, string folder) =>
        new($"{call} of the folder '{folder}' failed: {Marshal.GetLastPInvokeErrorMessage()}.");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FileSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
