using System.Text;
using Marketplace.Receipts;
using Marketplace.Receipts.Tests;
using Marketplace.Tests;
using Samples = Marketplace.Receipts.Tests.Samples;

namespace Marketplace.Cli.Tests;

/// <summary>What a person does with the receipt of a committee: fetch the proof that the ledger names it, and check both.</summary>
public sealed class ReceiptTests : IDisposable
{
    private readonly string _receipt = EpochTests.Example("RECEIPT.md", 1);
    private readonly BatchProof _proof;
    private readonly Shell _shell = new();

    public ReceiptTests()
    {
        var receipt = ReceiptFile.Parse(Encoding.UTF8.GetBytes(_receipt));
        _proof = LedgerSamples.Batch(BatchProof.RootOf(receipt)!.Value, receipt.Receipt.Epoch);
        _shell.Write("hello.receipt.json", Encoding.UTF8.GetBytes(_receipt));
    }

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Proof_IsFetchedAndChecked()
    {
        _shell.Service.On($"GET {Routes.Batch(_proof.Root)}", _ => FakeService.Bytes(LedgerLines.ToJson(_proof)));
        var ran = await _shell.Run("receipt", "prove", "hello.receipt.json", "--output", "hello.batch.json");
        Assert.Equal(0, ran.ExitCode);
        Assert.StartsWith("proof ", ran.Text, StringComparison.Ordinal);
        var printed = await _shell.Run("receipt", "prove", "hello.receipt.json");
        Assert.Equal(File.ReadAllText(Path.Combine(_shell.Folder, "hello.batch.json")), printed.Text);
        ran = await _shell.Run("receipt", "prove", "hello.receipt.json", "--output", "hello.batch.json");
        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        Assert.Contains("is there already", ran.Error, StringComparison.Ordinal);
        _shell.Environment.Clear();

        ran = await _shell.Run("receipt", "verify", "hello.receipt.json", "--batch", "hello.batch.json");
        Assert.Equal(0, ran.ExitCode);
        Assert.Contains(
            "Record 1 of the market's ledger, which had 3, names what the committee has signed.",
            ran.Text,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("31337:0x5fbdb2315678afecb367f032d93f642f64180aa3", ExitCodes.Ok, "which settles on chain 31337 by the contract 0x5fbd")]
    [InlineData("31337:0x5FbDB2315678afecb367f032d93F642f64180aa3", ExitCodes.Ok, "as expected")]
    [InlineData("1:0x5fbdb2315678afecb367f032d93f642f64180aa3", ExitCodes.Damaged, "expected was where it settles on chain 1 by")]
    [InlineData("31337:0x0000000000000000000000000000000000000001", ExitCodes.Damaged, "by the contract 0x0000")]
    [InlineData(null, ExitCodes.Damaged, "expected was where it settles on no chain")]
    [InlineData("31337", ExitCodes.Usage, "is not a chain's number and a contract")]
    [InlineData("0:0x5fbdb2315678afecb367f032d93f642f64180aa3", ExitCodes.Usage, "is not a chain's number and a contract")]
    [InlineData("31337:0x0000000000000000000000000000000000000000", ExitCodes.Usage, "is not a chain's number and a contract")]
    public async Task MarketOnAChain_IsComparedWithChainAndContract(string? chain, int exitCode, string says)
    {
        var contract = EvmAddress.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3");
        var file = Samples.Sign(Samples.Receipt, Samples.Domain with { ChainId = 31337, Contract = contract });
        _shell.Write("chain.receipt.json", file.ToJson());
        string[] words = ["receipt", "verify", "chain.receipt.json", "--market", $"{Samples.Domain.Market}"];

        var ran = await _shell.Run(chain is null ? words : [.. words, "--chain", chain]);

        Assert.Equal(exitCode, ran.ExitCode);
        Assert.Contains(says, ran.Text + ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChainWithoutAMarket_IsRefused()
    {
        var ran = await _shell.Run("receipt", "verify", "hello.receipt.json", "--chain", "1:0x5fbdb2315678afecb367f032d93f642f64180aa3");
        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Assert.Contains("--market is missing", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProofOfAnotherBatch_DoesNotHold()
    {
        _shell.Write("other.batch.json", LedgerLines.ToJson(LedgerSamples.Batch(_proof.Record.Before, 7)));
        var ran = await _shell.Run("receipt", "verify", "hello.receipt.json", "--batch", "other.batch.json");
        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.Contains("The proof is of the root", ran.Text, StringComparison.Ordinal);

        ran = await _shell.Run("receipt", "verify", "hello.receipt.json", "--batch", "hello.receipt.json");
        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.Contains("is no proof of a batch of receipts", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReceiptThatNoCommitteeSigned_HasNoProof()
    {
        _shell.Write("worker.receipt.json", Encoding.UTF8.GetBytes(EpochTests.Example("RECEIPT.md", 0)));
        var ran = await _shell.Run("receipt", "prove", "worker.receipt.json");
        Assert.Equal(ExitCodes.Refused, ran.ExitCode);
        Assert.Contains("No committee has signed this receipt", ran.Error, StringComparison.Ordinal);
    }
}
