using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Marketplace.Storage;
using Marketplace.Testing;

namespace Marketplace.Cli.Tests;

/// <summary><c>market export</c> and <c>market import</c>.</summary>
public sealed partial class MoveTests : IDisposable
{
    private readonly Shell _shell = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task ExportedNode_IsImportedIntoANewFolder_AndChecked()
    {
        await MakeNode();

        var exported = await _shell.Run("export", "node.market", "--with-keys");
        var whole = await _shell.Run("import", "node.market", "--check-only");
        var imported = await _shell.Run("import", "node.market", "--data", "new");
        var check = await _shell.Run("store", "check", "--data", "new");
        var again = await _shell.Run("export", "again.market", "--data", "new");

        Assert.All(
            (Ran[])[exported, whole, imported, check, again],
            ran => Assert.Equal((ExitCodes.Ok, ran.Error), (ran.ExitCode, ran.Error))
        );
        Expectation.Matches("answers/export.txt", Shown(exported));
        Expectation.Matches("answers/import-check-only.txt", Shown(whole));
        Expectation.Matches("answers/import.txt", Shown(imported));
        Expectation.Matches("answers/export-without-keys.txt", Shown(again));
        Assert.StartsWith("No damage in ", check.Error);
        Assert.Equal(Contents(exported), Contents(imported));
        Assert.Equal(Contents(exported), Contents(again));
        Assert.Equal("secret\n", await File.ReadAllTextAsync(Path.Combine(_shell.Folder, "new", "key"), Cancel));
    }

    [Fact]
    public async Task Answers_AreJsonToo()
    {
        await MakeNode();

        var exported = await _shell.Run("export", "node.market", "--json");
        var imported = await _shell.Run("import", "node.market", "--data", "new", "--json");

        using var first = JsonDocument.Parse(exported.Output);
        using var second = JsonDocument.Parse(imported.Output);
        Assert.Equal(21, first.RootElement.GetProperty("documents").GetInt64());
        Assert.Equal(first.RootElement.GetProperty("contents").GetString(), second.RootElement.GetProperty("contents").GetString());
        Assert.Equal("", exported.Error + imported.Error);
    }

    [Fact]
    public async Task Database_TakesANode_AndGivesItBack()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled || Vectors.Required, PostgresServer.Missing);
        await using var server = await PostgresServer.Start(durable: true);
        await File.WriteAllTextAsync(Path.Combine(_shell.Folder, "connection"), await server.CreateDatabase() + "\n", Cancel);
        await MakeNode();
        var exported = await _shell.Run("export", "node.market", "--with-keys");

        var imported = await _shell.Run(
            "import",
            "node.market",
            "--database-file",
            "connection",
            "--blob-folder",
            "shared",
            "--data",
            "silo1"
        );
        var twice = await _shell.Run("import", "node.market", "--database-file", "connection", "--blob-folder", "shared");
        var check = await _shell.Run("store", "check", "--database-file", "connection", "--blob-folder", "shared");
        var back = await _shell.Run("export", "back.market", "--database-file", "connection", "--blob-folder", "shared");
        var keys = await _shell.Run(
            "export",
            "keys.market",
            "--database-file",
            "connection",
            "--blob-folder",
            "shared",
            "--data",
            "silo1",
            "--with-keys"
        );

        Assert.All(
            (Ran[])[exported, imported, check, back, keys],
            ran => Assert.Equal((ExitCodes.Ok, ran.Error), (ran.ExitCode, ran.Error))
        );
        Assert.Equal(Contents(exported), Contents(imported));
        Assert.Equal(Contents(exported), Contents(back));
        Assert.Equal("No damage in the database.\n", check.Error);
        Assert.True(File.Exists(Path.Combine(_shell.Folder, "silo1", "account.key")));
        Assert.Contains("Each other silo of the cluster has a worker.key of its own", keys.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.LocalFile, twice.ExitCode);
        Expectation.Matches("errors/import-database-not-empty.txt", twice.Error);
    }

    [Theory]
    [InlineData("export-no-file", "export")]
    [InlineData("import-password", "import f --database Host=db;Password=x --blob-folder b")]
    [InlineData("import-two-databases", "import f --database Host=db --database-file c --blob-folder b")]
    [InlineData("import-no-blob-folder", "import f --database Host=db")]
    [InlineData("export-keys-of-a-database", "export f --database Host=db --blob-folder b --with-keys")]
    [InlineData("import-no-database", "import f --blob-folder b --data d")]
    [InlineData("import-bad-connection", "import f --database nonsense --blob-folder b")]
    public async Task WrongUsage_EndsWithTwo_AndSaysWhatIsRight(string name, string words)
    {
        var ran = await _shell.Run(words.Split(' '));

        Assert.Equal((ExitCodes.Usage, ""), (ran.ExitCode, ran.Text));
        Expectation.Matches($"errors/usage-{name}.txt", ran.Error);
    }

    [Theory]
    [InlineData("export-no-node", ExitCodes.LocalFile, "export f --data nothing")]
    [InlineData("export-file-exists", ExitCodes.LocalFile, "export occupied")]
    [InlineData("import-no-file", ExitCodes.LocalFile, "import nothing --data new")]
    [InlineData("import-no-export", ExitCodes.Damaged, "import occupied --data new")]
    [InlineData("import-cut", ExitCodes.Damaged, "import cut --data new")]
    [InlineData("import-not-empty", ExitCodes.LocalFile, "import whole")]
    [InlineData("import-unreachable", ExitCodes.Unreachable, "import whole --database-file nowhere --blob-folder b")]
    [InlineData("import-secret-connection", ExitCodes.LocalFile, "import whole --database-file occupied --blob-folder b")]
    public async Task WhatCannotBeDone_IsRefusedWithAReason_AndLeavesNothing(string name, int exitCode, string words)
    {
        await MakeNode();
        _shell.Write("occupied", "Password=secret;what is this"u8.ToArray());
        _shell.Write("nowhere", Encoding.UTF8.GetBytes($"Host={_shell.Folder}/nowhere;Username=market;Database=market"));
        await _shell.Run("export", "whole");
        var whole = await File.ReadAllBytesAsync(Path.Combine(_shell.Folder, "whole"), Cancel);
        _shell.Write("cut", whole[..^50]);

        var ran = await _shell.Run(words.Split(' '));

        Assert.Equal((exitCode, ""), (ran.ExitCode, ran.Text));
        Expectation.Matches($"errors/{name}.txt", Offsets().Replace(Hidden(ran.Error), "at byte N"));
        Assert.False(Directory.Exists(Path.Combine(_shell.Folder, "new")));
        Assert.DoesNotContain("secret", ran.Error);
    }

    [Fact]
    public async Task NodeWhoseSiloRuns_IsNotExported()
    {
        await MakeNode();
        await using var silo = EmbeddedStore.Open(
            Path.Combine(_shell.Folder, "data", "store"),
            new EmbeddedStoreOptions(),
            TimeProvider.System
        );

        var ran = await _shell.Run("export", "node.market");

        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Expectation.Matches("errors/export-silo-runs.txt", Hidden(ran.Error));
        Assert.False(File.Exists(Path.Combine(_shell.Folder, "node.market")));
    }

    [Theory]
    [InlineData("importing")]
    [InlineData("comparing")]
    public async Task CtrlC_LeavesNothing(string step)
    {
        await MakeNode();
        await _shell.Run("export", "node.market");
        var terminal = new PressingWriter(step);
        var surroundings = new Surroundings
        {
            Input = Stream.Null,
            Output = new MemoryStream(),
            Error = terminal,
            InputIsTerminal = false,
            OutputIsTerminal = false,
            ErrorIsTerminal = true,
            Folder = _shell.Folder,
            Environment = _ => null,
            Clock = TimeProvider.System,
            Browse = _ => false,
        };
        terminal.Pressed += surroundings.Interrupt;

        var exitCode = await MarketCommand.Run(["import", "node.market", "--data", "new"], surroundings);

        Assert.Equal(ExitCodes.Interrupted, exitCode);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_shell.Folder, "new")));
        Assert.Equal(ExitCodes.Ok, (await _shell.Run("import", "node.market", "--data", "new")).ExitCode);
    }

    [Fact]
    public async Task Progress_IsShownOnATerminal()
    {
        await MakeNode();
        _shell.ErrorIsTerminal = true;
        var exported = await _shell.Run("export", "node.market");
        var imported = await _shell.Run("import", "node.market", "--data", "new");
        Assert.Contains("blobs: ", exported.Error);
        Assert.Contains(" MB", imported.Error);
        Assert.Contains("comparing", imported.Error);
    }

    private async Task MakeNode()
    {
        var data = Path.Combine(_shell.Folder, "data");
        Directory.CreateDirectory(data);
        foreach (var name in KeyFiles.Names)
        {
            _shell.Write($"data/{name}", "secret\n"u8.ToArray());
        }
        await using (var store = EmbeddedStore.Open(Path.Combine(data, "store"), new EmbeddedStoreOptions(), TimeProvider.System))
        {
            await Task.WhenAll(
                Enumerable.Range(0, 21).Select(index => store.Write(new DocumentKey("kind", $"{index}"), 0, new byte[index]).AsTask())
            );
            await store.Append("stream", 0, [new byte[3], new byte[5]]);
        }
        var blobs = FileBlobStore.Open(Path.Combine(data, "blobs"), new FileBlobStoreOptions { FreeBytesMin = 0 }, TimeProvider.System);
        foreach (var size in (int[])[10, 5_000_000])
        {
            await blobs.Put(new MemoryStream(new byte[size]), size, null, Cancel);
        }
    }

    private string Shown(Ran ran) => Hidden(ran.Text + ran.Error);

    private string Hidden(string text) => text.Replace(_shell.Folder, "FOLDER", StringComparison.Ordinal);

    private static string Contents(Ran ran) => ran.Text.Split('\n').Single(line => line.StartsWith("contents", StringComparison.Ordinal));

    [GeneratedRegex("at byte [0-9]+")]
    private static partial Regex Offsets();

    /// <summary>A terminal whose user presses Ctrl-C when he reads a word.</summary>
    private sealed class PressingWriter(string word) : StringWriter
    {
        public event Action? Pressed;

        public override void Write(string? value)
        {
            base.Write(value);
            if (value?.Contains(word, StringComparison.Ordinal) == true)
            {
                Pressed?.Invoke();
            }
        }
    }
}
