using System.Runtime.InteropServices;

namespace Marketplace.Crypto;

/// <summary>Gives a file a name, unless that name is taken: in one step, which .NET's move without overwriting is not.</summary>
public static partial class HardLink
{
    private const int FileExists = 17; // EEXIST has this number on Linux, macOS and FreeBSD

    private const int NoSuchFile = 2; // ENOENT, likewise

    /// <summary>Renames the file if nothing has the new name; else, or where the file is gone, does nothing.</summary>
    /// <returns>False where nothing was done.</returns>
    public static bool TryRename(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            return TryMove(from, to);
        }
        if (Link(from, to) != 0)
        {
            return Marshal.GetLastPInvokeError() is FileExists or NoSuchFile
                ? false
                : throw new IOException($"link of '{from}' to '{to}' failed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
        File.Delete(from);
        return true;
    }

    private static bool TryMove(string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(to) || !File.Exists(from))
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
