using System.Text.Json;
using Marketplace.Storage;

namespace Marketplace.Cli.Tests;

public sealed class StoreCheckTests : IDisposable
{
    private readonly Shell _shell = new();

    private string Blobs => Path.Combine(_shell.Folder, "data", "blobs");

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task FolderThatIsNoDataFolder_IsNotFoundWhole()
    {
        var ran = await _shell.Run("store", "check");

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Expectation.Matches("errors/store-check-no-folder.txt", ran.Error.Replace(_shell.Folder, "FOLDER"));
    }

    [Fact]
    public async Task SoundBlobs_AreReportedSound()
    {
        await Put(100_000);

        var ran = await _shell.Run("store", "check");

        Assert.Equal((ExitCodes.Ok, ""), (ran.ExitCode, ran.Text));
        Assert.StartsWith("No damage in ", ran.Error);
    }

    [Fact]
    public async Task FlippedBit_IsReportedWithBlobAndOffset()
    {
        var id = await Put(100_000);
        var data = Directory.GetFiles(Blobs, "*.data", SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(data, TestContext.Current.CancellationToken);
        bytes[40_000] ^= 4;
        await File.WriteAllBytesAsync(data, bytes, TestContext.Current.CancellationToken);

        var ran = await _shell.Run("store", "check", "--data", "data");
        var json = await _shell.Run("store", "check", "--data", "data", "--json");

        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.StartsWith($"{id} (data) at byte {40_000 / 16_384 * 16_384}: ", ran.Text);
        Assert.StartsWith("1 damage in ", ran.Error);
        Assert.Equal((ExitCodes.Damaged, ""), (json.ExitCode, json.Error));
        using var document = JsonDocument.Parse(json.Output);
        Assert.Equal(32_768, document.RootElement.GetProperty("damages")[0].GetProperty("offset").GetInt64());
    }

    [Fact]
    public async Task Books_AreCheckedToo_UnlessASiloHasThemOpen()
    {
        var books = Path.Combine(_shell.Folder, "data", "store");
        await Put(1000);
        await using (var store = EmbeddedStore.Open(books, new EmbeddedStoreOptions(), TimeProvider.System))
        {
            var beside = await _shell.Run("store", "check");
            Assert.Equal(ExitCodes.Ok, beside.ExitCode);
            Assert.StartsWith("A silo has the folder open", beside.Error);
        }

        var whole = await _shell.Run("store", "check", "--json");

        Assert.Equal(ExitCodes.Ok, whole.ExitCode);
        using var document = JsonDocument.Parse(whole.Output);
        Assert.True(document.RootElement.GetProperty("whole").GetBoolean());
    }

    [Theory]
    [InlineData("tables.db", "the file is missing")]
    [InlineData("journal", "the folder is missing")]
    public async Task MissingBooks_AreReported(string part, string expected)
    {
        var books = Path.Combine(_shell.Folder, "data", "store");
        await using (EmbeddedStore.Open(books, new EmbeddedStoreOptions(), TimeProvider.System)) { }
        var path = Path.Combine(books, part);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }

        var ran = await _shell.Run("store", "check");

        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.Contains($"{path} at byte 0: {expected}", ran.Text);
    }

    private async Task<BlobId> Put(int size)
    {
        Directory.CreateDirectory(Blobs);
        var store = FileBlobStore.Open(Blobs, new FileBlobStoreOptions { FreeBytesMin = 0 }, TimeProvider.System);
        var content = new byte[size];
        new Random(1).NextBytes(content);
        return (await store.Put(new MemoryStream(content), long.MaxValue, null, TestContext.Current.CancellationToken)).Id;
    }
}
