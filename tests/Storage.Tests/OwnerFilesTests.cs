using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>
/// A key file that was written is there after a power cut, whole; one that was being written is there whole or not at all.
/// </summary>
public sealed class OwnerFilesTests
{
    private const string Name = "account.key";

    /// <summary>What a power cut leaves of what was not flushed is chance.</summary>
    private const int Seeds = 20;

    [Fact]
    public void WrittenFile_SurvivesAPowerCut()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            using var disk = new SimulatedDisk(seed);
            new OwnerFiles(disk.Open().Journal).Write(Name, "first"u8);
            disk.Restart();
            Assert.Equal("first", Read(disk));
        }
    }

    [Fact]
    public void FileThatIsReplaced_IsTheOldOneOrTheNewOneWhereverThePowerGoes()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var operation = 0;
            while (CutPowerDuringReplacement(seed, ++operation))
            {
                // Each persistence point of the replacement in turn.
            }
            Assert.True(operation > 4, $"A replacement has only {operation - 1} persistence points.");
        }
    }

    [Fact]
    public void FileOfAnEarlierProcess_IsDurableOnceHardened()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            using var disk = new SimulatedDisk(seed);
            var files = disk.Open().Journal;
            using (var file = files.Create("written", 0))
            {
                file.Write(0, "first"u8);
                file.Flush();
            }
            // Here an earlier process ended, before it flushed the folder.
            files.Rename("written", Name);
            new OwnerFiles(files).Harden();
            disk.Restart();
            Assert.Equal("first", Read(disk));
        }
    }

    [Fact]
    public void PartOfAnEarlierProcess_IsReplaced()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Name, "above", "data");
        var files = OwnerFiles.In(data);
        File.WriteAllText(Path.Combine(data, $"{Name}.new"), "the beginning of a longer file");
        files.Write(Name, "first"u8);

        Assert.Equal("first", File.ReadAllText(Path.Combine(data, Name)));
        Assert.Equal([Name], Directory.EnumerateFiles(data).Select(Path.GetFileName));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(OwnerFile.Mode, File.GetUnixFileMode(Path.Combine(data, Name)));
            Assert.Equal(OwnerFile.FolderMode, File.GetUnixFileMode(data));
        }
    }

    /// <returns>False where the replacement has fewer operations than that.</returns>
    private static bool CutPowerDuringReplacement(int seed, int operation)
    {
        using var disk = new SimulatedDisk(seed);
        var files = new OwnerFiles(disk.Open().Journal);
        files.Write(Name, "first"u8);
        disk.FailAt(disk.Operations + operation, DiskFault.PowerCut);
        try
        {
            files.Write(Name, "second"u8);
        }
        catch (SimulatedDiskException)
        {
            // The power went.
        }
        var hasFailed = disk.HasFailed;
        disk.Restart();
        var found = Read(disk);
        Assert.True(
            hasFailed ? found is "first" or "second" : found == "second",
            $"Seed {seed}, operation {operation}: the file holds '{found}'."
        );
        return hasFailed;
    }

    private static string Read(SimulatedDisk disk)
    {
        using var file = disk.Open().Journal.Open(Name);
        var bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(0, bytes));
        return Encoding.UTF8.GetString(bytes);
    }
}
