using System.Text;
using Marketplace.Cli.Commands;
using Marketplace.Receipts;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary><c>market state</c>: what it prints, and what it refuses without the market.</summary>
public sealed class StateTests : IDisposable
{
    private static readonly ProgramId Program = ProgramId.Parse("prog" + new string('4', 64));
    private static readonly byte[] Key = "visitors"u8.ToArray();
    private static readonly byte[] Value = "42"u8.ToArray();

    /// <summary>Of the state with this one key.</summary>
    private static readonly StateRoot Root = new(StateHashes.Leaf(StateLeaf.Of(Key, Value)));
    private static readonly StateProof Proof = StateProof.OfPresent([], Value);
    private static readonly StateChunk Chunk = new(null, [new StateEntry(Key, Value)], [], []);

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Value_GoesToStandardOutputAsItIs()
    {
        _shell.Service.On($"GET {Routes.ProgramStateKey(Program, Key)}", new StateKeyValue(Root, Hex(Key), Value));
        var ran = await _shell.Run("state", "get", $"{Program}", "visitors");
        Assert.Equal((0, "42"), (ran.ExitCode, ran.Text));
        ran = await _shell.Run("state", "get", $"{Program}", $"hex:{Hex(Key)}", "--json");
        Assert.Contains("\"value\":\"NDI=\"", ran.Text, StringComparison.Ordinal);

        _shell.Service.On($"GET {Routes.ProgramStateKey(Program, "no"u8)}?root={Root}", new StateKeyValue(Root, Hex("no"u8.ToArray())));
        ran = await _shell.Run("state", "get", $"{Program}", "no", "--root", $"{Root}");
        Assert.Equal((ExitCodes.NotFound, ""), (ran.ExitCode, ran.Text));
    }

    [Fact]
    public async Task Keys_AreListedAsTheyAreTyped()
    {
        StateKeyName[] keys = [new("00", null), new("6865783a", "hex:"), new(Hex(Key), "visitors")];
        _shell.Service.On($"GET {Routes.ProgramState(Program)}?limit=50&prefix=7573", new StateKeyPage(Root, 3, 90, keys, Hex(Key)));
        var ran = await _shell.Run("state", "list", $"{Program}", "--prefix", "us");
        Expectation.Matches("answers/state-list.txt", ran.Text + ran.Error);
    }

    [Fact]
    public async Task Proof_IsCheckedWhenItComes_AndAgainWithoutTheMarket()
    {
        Serve(Proof);
        var ran = await _shell.Run("state", "prove", $"{Program}", "visitors");
        Assert.Equal(0, ran.ExitCode);
        Expectation.Matches("answers/state-prove.txt", ran.Text + ran.Error);
        _shell.Write("proof.json", ran.Output);
        _shell.Environment.Clear();

        ran = await _shell.Run("state", "verify", "proof.json", "--root", $"{Root}");
        Assert.Equal(0, ran.ExitCode);
        Expectation.Matches("answers/state-verify.txt", ran.Text);
        ran = await _shell.Run("state", "verify", "proof.json", "--root", $"{Root}", "--json");
        Assert.Contains("\"verified\":\"present\"", ran.Text, StringComparison.Ordinal);
        ran = await _shell.Run("state", "verify", "proof.json", "--root", new string('1', 64));
        Assert.Equal((ExitCodes.Damaged, ""), (ran.ExitCode, ran.Text));
        Assert.Equal(ExitCodes.Usage, (await _shell.Run("state", "verify", "proof.json")).ExitCode);
    }

    [Fact]
    public async Task ProofThatSaysAnotherRoot_IsRefused_AndOneThatSaysNoneIsNot()
    {
        var said = $"\"root\":\"{Root}\",";
        var proof = Encoding.UTF8.GetString(StateFile.WriteProof(Program, Root, Hex(Key), Proof));
        Assert.Contains(said, proof, StringComparison.Ordinal);
        var other = new string('1', 64);

        _shell.Write("proof.json", Encoding.UTF8.GetBytes(proof.Replace($"{Root}", other)));
        var ran = await _shell.Run("state", "verify", "proof.json", "--root", $"{Root}");
        Assert.Equal((ExitCodes.Damaged, ""), (ran.ExitCode, ran.Text));
        Assert.StartsWith($"market: The file says that it is of root {other}, not of root {Root}.\n", ran.Error);

        _shell.Write("proof.json", Encoding.UTF8.GetBytes(proof.Replace(said, "")));
        Assert.Equal(0, (await _shell.Run("state", "verify", "proof.json", "--root", $"{Root}")).ExitCode);
    }

    [Fact]
    public async Task CursorThatIsNoKey_IsNotSent()
    {
        var ran = await _shell.Run("state", "list", $"{Program}", "--cursor", "garbage");
        Assert.Equal((ExitCodes.Usage, ""), (ran.ExitCode, ran.Text));
        Expectation.Matches("errors/usage-bad-key-cursor.txt", ran.Error);
        Assert.Empty(_shell.Service.Received);

        _shell.Service.On($"GET {Routes.ProgramState(Program)}?limit=50&after={Hex(Key)}", new StateKeyPage(Root, 0, 0, [], null));
        Assert.Equal(0, (await _shell.Run("state", "list", $"{Program}", "--cursor", Hex(Key))).ExitCode);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("prove")]
    public async Task Key_IsOne(string command)
    {
        var ran = await _shell.Run("state", command, $"{Program}", "visitors", "b");
        Assert.Equal((ExitCodes.Usage, ""), (ran.ExitCode, ran.Text));
        Assert.StartsWith($"market: 'b' is not an option or argument of 'market state {command}'.", ran.Error);

        ran = await _shell.Run("state", command, $"{Program}");
        Assert.Equal((ExitCodes.Usage, ""), (ran.ExitCode, ran.Text));
        Assert.Empty(_shell.Service.Received);
    }

    [Fact]
    public async Task ProofThatProvesNothing_IsNotPrinted()
    {
        Serve(StateProof.OfPresent([], "43"u8.ToArray()));
        var ran = await _shell.Run("state", "prove", $"{Program}", "visitors");
        Assert.Equal((ExitCodes.Damaged, ""), (ran.ExitCode, ran.Text));
    }

    [Fact]
    public async Task File_OfSomethingElse_IsRefused()
    {
        foreach (
            var content in new[]
            {
                "",
                "{}",
                "[1]",
                "MKTSTATE",
                "MKTSTATE\u0001" + new string('a', 64),
                "{\"format\":\"marketplace state proof 1\"}",
            }
        )
        {
            _shell.Write("file", Encoding.UTF8.GetBytes(content));
            var ran = await _shell.Run("state", "verify", "file", "--root", $"{Root}");
            Assert.Equal((ExitCodes.Damaged, ""), (ran.ExitCode, ran.Text));
        }
        Assert.Equal(ExitCodes.LocalFile, (await _shell.Run("state", "verify", "missing", "--root", $"{Root}")).ExitCode);
    }

    [Fact]
    public async Task State_IsExportedCheckedAndImported()
    {
        _shell.Service.On($"GET {Routes.ProgramStateExport(Program)}", new StateExport(Root, Chunk.ToBytes()));
        var ran = await _shell.Run("state", "export", $"{Program}", "visitors.state");
        Assert.Equal((0, $"{_shell.Folder}/visitors.state: 1 keys at root {Root}\n"), (ran.ExitCode, ran.Text));
        Assert.Equal(ExitCodes.LocalFile, (await _shell.Run("state", "export", $"{Program}", "visitors.state")).ExitCode);
        ran = await _shell.Run("state", "verify", "visitors.state", "--root", $"{Root}");
        Expectation.Matches("answers/state-verify-state.txt", ran.Text);

        _shell.Service.On($"POST {Routes.ProgramStateImport(Program)}", new ImportedState(1));
        ran = await _shell.Run("state", "import", $"{Program}", "visitors.state");
        Assert.Equal(0, ran.ExitCode);
        Expectation.Matches("answers/state-import.txt", ran.Text);

        var file = Path.Combine(_shell.Folder, "visitors.state");
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        var sent = _shell.Service.Received.Count;
        for (var bit = 8 * 41; bit < 8 * bytes.Length; bit += 5)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            _shell.Write("changed.state", bytes);
            Assert.Equal(ExitCodes.Damaged, (await _shell.Run("state", "import", $"{Program}", "changed.state")).ExitCode);
            Assert.Equal(ExitCodes.Damaged, (await _shell.Run("state", "verify", "changed.state", "--root", $"{Root}")).ExitCode);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.Equal(sent, _shell.Service.Received.Count);
    }

    [Fact]
    public async Task ChunkThatIsNotTheStates_LeavesNoFile()
    {
        var other = Chunk with { Entries = [new StateEntry(Key, "43"u8.ToArray())] };
        _shell.Service.On($"GET {Routes.ProgramStateExport(Program)}", new StateExport(Root, other.ToBytes()));
        Assert.Equal(ExitCodes.Damaged, (await _shell.Run("state", "export", $"{Program}", "visitors.state")).ExitCode);
        Assert.Empty(Directory.GetFiles(_shell.Folder));
    }

    private void Serve(StateProof proof) =>
        _shell.Service.On(
            $"GET {Routes.ProgramStateKey(Program, Key)}?proof=true",
            new StateKeyValue(Root, Hex(Key), Value, proof.ToBytes())
        );

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
