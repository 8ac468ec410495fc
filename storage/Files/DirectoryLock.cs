namespace Marketplace.Storage;

/// <summary>
/// Keeps two processes from opening one data directory; the operating system gives it free when the process ends, however it ends.
/// </summary>
public sealed class DirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <exception cref="StoreLockedException">The lock is held already.</exception>
    public static DirectoryLock Take(string folder)
    {
        try
        {
            return new DirectoryLock(
                new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
            );
        }
        catch (IOException taken) when (taken is not DirectoryNotFoundException)
        {
            throw new StoreLockedException(folder, taken);
        }
    }

    public void Dispose() => _file.Dispose();
}
