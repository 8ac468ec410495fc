using System.Text.Json;
using System.Text.RegularExpressions;
using Marketplace.Storage;

namespace Marketplace.Cli.Tests;

/// <summary><c>market store compact</c>.</summary>
public sealed partial class StoreCompactTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task StoppedNode_IsCompacted_AndStaysWhole()
    {
        await using (await MakeNode()) { }

        var ran = await _shell.Run("store", "compact");
        var json = await _shell.Run("store", "compact", "--data", "data", "--json");
        var check = await _shell.Run("store", "check");

        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Expectation.Matches("answers/store-compact.txt", Shown(ran));
        using var document = JsonDocument.Parse(json.Output);
        Assert.True(document.RootElement.GetProperty("bytesAfter").GetInt64() > 0);
        Assert.StartsWith("No damage in ", check.Error);
    }

    [Fact]
    public async Task Refusals_SayWhatToDo()
    {
        var none = await _shell.Run("store", "compact");
        await using var store = await MakeNode();
        var runs = await _shell.Run("store", "compact");
        await store.DisposeAsync();
        RestoredMark.Write(Path.Combine(_shell.Folder, "data"), "was restored from a backup");
        var restored = await _shell.Run("store", "compact");

        Assert.All((Ran[])[none, runs, restored], ran => Assert.Equal(ExitCodes.LocalFile, ran.ExitCode));
        Expectation.Matches("errors/store-compact-no-node.txt", Shown(none));
        Expectation.Matches("errors/store-compact-runs.txt", Shown(runs));
        Expectation.Matches("errors/store-compact-restored.txt", Shown(restored));
    }

    private async Task<EmbeddedStore> MakeNode()
    {
        var store = EmbeddedStore.Open(Path.Combine(_shell.Folder, "data", "store"), new EmbeddedStoreOptions(), TimeProvider.System);
        await store.Write(new DocumentKey("thing", "first"), 0, new byte[10]);
        return store;
    }

    private string Shown(Ran ran) => Numbers().Replace((ran.Text + ran.Error).Replace(_shell.Folder, "FOLDER"), "N bytes");

    [GeneratedRegex("[0-9]+ bytes")]
    private static partial Regex Numbers();
}
