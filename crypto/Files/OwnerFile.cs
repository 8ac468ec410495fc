namespace Marketplace.Crypto;

/// <summary>How a file is made that only its owner may read: a key, a secret, a backup with either.</summary>
public static class OwnerFile
{
    /// <summary>What a folder with such files may allow: its owner everything, others nothing.</summary>
    public const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>What such a file may allow.</summary>
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Opens a new file for its owner only. The caller makes it durable, and its folder (<see cref="FolderFlush"/>).</summary>
    /// <exception cref="IOException">There is such a file already, or it cannot be made.</exception>
    public static FileStream Create(string path, int bufferBytes)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            BufferSize = bufferBytes,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Mode;
        }
        return new FileStream(path, options);
    }
}
