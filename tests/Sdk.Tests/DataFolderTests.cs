namespace Marketplace.Sdk.Tests;

public sealed class DataFolderTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path = Directory.CreateTempSubdirectory("marketplace-data-").FullName;

    public DataFolderTests()
    {
        Write("url", "http://127.0.0.1:8080\n");
        Write("key", "mk0_1\n");
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void FolderOfASilo_GivesAddressAndKey()
    {
        var options = MarketplaceClientOptions.FromDataFolder(_path);

        Assert.Equal((new Uri("http://127.0.0.1:8080"), "mk0_1"), (options.Url, options.Key));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void KeyThatOthersCanReach_IsRefused(UnixFileMode looser)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return;
        }
        var key = Path.Combine(_path, "key");
        File.SetUnixFileMode(key, Owner | looser);

        var refused = Assert.Throws<DataFolderException>(() => new DataFolder(_path).ReadKey());

        Assert.Contains($"chmod 0600 {key}", refused.Message);
    }

    [Fact]
    public void FolderThatOthersCanEnter_IsRefused()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return;
        }
        File.SetUnixFileMode(_path, Owner | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);

        var refused = Assert.Throws<DataFolderException>(() => new DataFolder(_path).ReadKey());

        Assert.Contains($"chmod 0700 {_path}", refused.Message);
    }

    [Fact]
    public void MissingFolder_SaysToStartASilo()
    {
        var missing = Assert.Throws<DataFolderException>(() => new DataFolder(Path.Combine(_path, "none")).ReadUrl());

        Assert.Contains("Start a silo", missing.Message);
    }

    [Theory]
    [InlineData("url", "not an address")]
    [InlineData("url", "")]
    [InlineData("key", "")]
    public void FileWithoutItsValue_IsNamed(string file, string text)
    {
        Write(file, text);

        var wrong = Assert.Throws<DataFolderException>(() => MarketplaceClientOptions.FromDataFolder(_path));

        Assert.Contains(Path.Combine(_path, file), wrong.Message);
    }

    [Fact]
    public void FileOfAnotherKind_IsNotReadWhole()
    {
        Write("url", new string('x', 5000));

        var wrong = Assert.Throws<DataFolderException>(() => new DataFolder(_path).ReadUrl());

        Assert.Contains("5000 bytes", wrong.Message);
    }

    private void Write(string file, string text)
    {
        var path = Path.Combine(_path, file);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, Owner);
        }
    }
}
