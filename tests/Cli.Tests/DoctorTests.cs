using Marketplace.Cli.Commands;

namespace Marketplace.Cli.Tests;

/// <summary>What <c>market doctor</c> says of the machine.</summary>
public sealed class DoctorTests
{
    private static readonly DateTime Now = new(2026, 11, 25, 12, 0, 0, DateTimeKind.Utc);

    [Theory]
    [InlineData("ext4", 700, true, "0.70 ms, the median of 16, on ext4")]
    [InlineData("ext4", 50_000, true, "50.00 ms, the median of 16, on ext4")]
    [InlineData("ext4", 50_100, false, "every job waits for several")]
    [InlineData("ext4", 4, false, "nothing is kept when the power goes")]
    [InlineData("tmpfs", 700, false, "nothing is kept when the power goes")]
    public void DiskThatIsSlow_OrKeepsNothing_IsNotWell(string format, int microseconds, bool isWell, string said)
    {
        var check = MachineChecks.Flush(format, TimeSpan.FromMicroseconds(microseconds));

        Assert.Equal(isWell, check.IsWell);
        Assert.Contains(said, check.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public void LookingAtTheDisk_LeavesNothingThere()
    {
        using var shell = new Shell();

        var check = MachineChecks.Flush(shell.Folder);

        Assert.Contains("the median of 16", check.Seen, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(shell.Folder));
    }

    [Fact]
    public void FolderThatIsNotThere_IsSaid()
    {
        using var shell = new Shell();

        var check = MachineChecks.Flush(Path.Combine(shell.Folder, "missing"));

        Assert.False(check.IsWell);
        Assert.Contains("missing", check.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Engine_GivesTheKnownResult()
    {
        var check = await MachineChecks.Engine();

        Assert.True(check.IsWell, check.Seen);
    }

    /// <summary>So that the program is what its words say.</summary>
    [Fact]
    public void KnownProgram_IsKnownWithoutAnEngine()
    {
        ulong x = 0;
        for (ulong i = KnownProgram.Terms; i > 0; i--)
        {
            x = ulong.RotateLeft((x ^ i) * 6364136223846793005, 13);
        }

        Assert.Equal(KnownProgram.Result, (long)x);
    }

    [Theory]
    [InlineData(14, true, "until 2026-12-09")]
    [InlineData(13, false, "until 2026-12-08, in less than 14 days")]
    [InlineData(0, false, "ended on 2026-11-25")]
    public void CertificateThatEndsSoon_IsNotWell(int days, bool isWell, string said) =>
        Assert.Equal((isWell, said), Of(MachineChecks.Certificate(Now.AddDays(days), Now)));

    [Theory]
    [InlineData(5, true, "agrees with the service")]
    [InlineData(6, false, "6 s ahead of the service")]
    [InlineData(-5, true, "agrees with the service")]
    [InlineData(-90, false, "90 s behind the service")]
    public void ClockThatDiffers_IsNotWell(int seconds, bool isWell, string said) =>
        Assert.Equal((isWell, said), Of(MachineChecks.Clock(Now, Now.AddSeconds(seconds))));

    private static (bool IsWell, string Seen) Of(Check check) => (check.IsWell, check.Seen);
}
