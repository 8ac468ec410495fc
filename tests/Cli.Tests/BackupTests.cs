using System.Text.Json;
using System.Text.RegularExpressions;
using Marketplace.Storage;

namespace Marketplace.Cli.Tests;

/// <summary><c>market backup</c> and <c>market restore</c>.</summary>
public sealed partial class BackupTests : IDisposable
{
    private readonly Shell _shell = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Node_IsBackedUpWhileItIsOpen_AndRestored()
    {
        Ran first;
        Ran second;
        await using (var store = await MakeNode())
        {
            first = await _shell.Run("backup", "--to", "copy");
            await store.Write(new DocumentKey("thing", "later"), 0, new byte[10]);
            second = await _shell.Run("backup", "--to", "copy");
        }
        var restored = await _shell.Run("restore", "copy", "--to", "new");
        var check = await _shell.Run("store", "check", "--data", "new");

        Expectation.Matches("answers/backup.txt", Shown(first));
        Expectation.Matches("answers/backup-again.txt", Shown(second));
        Expectation.Matches("answers/restore.txt", Shown(restored));
        Assert.StartsWith("No damage in ", check.Error);
    }

    [Fact]
    public async Task Answers_AreJsonToo()
    {
        await using var store = await MakeNode();

        using var backup = JsonDocument.Parse((await _shell.Run("backup", "--to", "copy", "--json")).Output);
        using var restored = JsonDocument.Parse((await _shell.Run("restore", "copy", "--to", "new", "--json")).Output);

        Assert.True(backup.RootElement.GetProperty("full").GetBoolean());
        Assert.Equal(["key"], backup.RootElement.GetProperty("secrets").EnumerateArray().Select(name => name.GetString()));
        Assert.True(restored.RootElement.GetProperty("record").GetInt64() > 0);
    }

    [Fact]
    public async Task Refusals_SayWhatToDo()
    {
        await using var store = await MakeNode();
        await _shell.Run("backup", "--to", "copy");

        var early = await _shell.Run("restore", "copy", "--to", "new", "--at", "2001-01-01T00:00:00Z");
        var full = await _shell.Run("restore", "copy", "--to", "data");
        var none = await _shell.Run("restore", "data", "--to", "new");
        var zone = await _shell.Run("restore", "copy", "--to", "new", "--at", "2001-01-01T00:00:00");
        await File.WriteAllTextAsync(Path.Combine(_shell.Folder, "copy", "manifest"), "market backup 1\n", Cancel);
        var damaged = await _shell.Run("restore", "copy", "--to", "new");

        Assert.Equal(
            [ExitCodes.LocalFile, ExitCodes.LocalFile, ExitCodes.LocalFile, ExitCodes.Usage, ExitCodes.Damaged],
            ((Ran[])[early, full, none, zone, damaged]).Select(ran => ran.ExitCode)
        );
        Expectation.Matches("errors/restore-too-early.txt", Shown(early));
        Expectation.Matches("errors/restore-not-empty.txt", Shown(full));
        Expectation.Matches("errors/restore-no-backup.txt", Shown(none));
        Expectation.Matches("errors/restore-no-zone.txt", Shown(zone));
        Expectation.Matches("errors/restore-damaged.txt", Shown(damaged));
    }

    private async Task<EmbeddedStore> MakeNode()
    {
        var data = Path.Combine(_shell.Folder, "data");
        OwnerFiles.In(data).Write("key", "secret\n"u8);
        var store = EmbeddedStore.Open(Path.Combine(data, "store"), new EmbeddedStoreOptions(), TimeProvider.System);
        await store.Write(new DocumentKey("thing", "first"), 0, new byte[10]);
        return store;
    }

    /// <summary>What differs from run to run has a word in its place.</summary>
    private string Shown(Ran ran)
    {
        var text = (ran.Text + ran.Error).Replace(_shell.Folder, "FOLDER", StringComparison.Ordinal);
        return Bytes().Replace(Moment().Replace(text, "TIME"), "N bytes");
    }

    /// <summary>Those of a run have fractions of a second; those of an example have none.</summary>
    [GeneratedRegex(@"20(?!01)\d\d-\d\d-\d\dT[\d:]+\.\d+Z")]
    private static partial Regex Moment();

    [GeneratedRegex(@"\d+ bytes")]
    private static partial Regex Bytes();
}
