namespace Marketplace.Storage;

/// <summary>
/// By which clock the age of a stored file is told. One writer stamps its files by its own clock. Machines that share a folder have clocks
/// that differ, and an age by two clocks may be anything; there the machine that serves the folder stamps each write, and tells the time.
/// </summary>
internal abstract class BlobClock
{
    public abstract DateTimeOffset Now();

    /// <summary>Makes the file as young as a file that is written now.</summary>
    public abstract void Stamp(string path);

    public static BlobClock OfMachine(TimeProvider time) => new MachineClock(time);

    /// <param name="newPath">A path that is free, where a file may be written for a moment.</param>
    public static BlobClock OfFolder(Func<string> newPath) => new FolderClock(newPath);

    private sealed class MachineClock(TimeProvider time) : BlobClock
    {
        public override DateTimeOffset Now() => time.GetUtcNow();

        public override void Stamp(string path) => File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
    }

    private sealed class FolderClock(Func<string> newPath) : BlobClock
    {
        public override DateTimeOffset Now()
        {
            var path = newPath();
            using var file = File.OpenHandle(
                path,
                FileMode.CreateNew,
                FileAccess.Write,
                FileShare.ReadWrite | FileShare.Delete,
                FileOptions.DeleteOnClose
            );
            RandomAccess.Write(file, "?"u8, 0);
            RandomAccess.FlushToDisk(file);
            return new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero);
        }

        /// <summary>The write itself did.</summary>
        public override void Stamp(string path) { }
    }
}
