using Marketplace.GrainInterfaces;

namespace Marketplace.Silo;

/// <summary>How full the disk with the data folder is.</summary>
internal sealed class StorageFacts(SiloFolder folder, SiloOptions options, IAccountLists lists)
{
    public long FreeBytes => Disk.AvailableFreeSpace;

    public SiloStorage Read()
    {
        var disk = Disk;
        return new SiloStorage(disk.TotalSize, disk.AvailableFreeSpace, options.DiskFloorBytes, StoreBytes(), lists.Lag);
    }

    private DriveInfo Disk => new(folder.Path);

    private long? StoreBytes()
    {
        var store = new DirectoryInfo(folder.Store);
        return store.Exists ? store.EnumerateFiles("*", SearchOption.AllDirectories).Sum(LengthOf) : null;
    }

    /// <summary>The store removes files while they are counted.</summary>
    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }
}
