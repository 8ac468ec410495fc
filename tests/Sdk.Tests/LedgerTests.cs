using Marketplace.Receipts;
using Marketplace.Receipts.Tests;
using Marketplace.Tests;

namespace Marketplace.Sdk.Tests;

/// <summary>Ledgers as a client reads them: what makes no sense is said, and nothing is left out unseen.</summary>
public sealed class LedgerTests : IDisposable
{
    private readonly Fixture _fixture = new(options => options.Retries = 0);
    private readonly LedgerSamples _ledger = LedgerSamples.Worker();

    private LedgersClient Ledgers => _fixture.Client.Ledgers;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Export_IsTheWholeLedger_PageByPage()
    {
        ServeHead(_ledger);
        ServeRecords(0, 3, 2);
        ServeRecords(2, 1, 1);
        using var file = new MemoryStream();

        await Ledgers.Export(_ledger.Name, file, Fixture.Cancellation);

        Assert.Equal(_ledger.File(), file.ToArray());
    }

    [Fact]
    public async Task LedgerThatEndsBeforeItsHead_IsNotExported()
    {
        ServeHead(_ledger);
        ServeRecords(0, 3, 2);
        ServeRecords(2, 1, 0);

        var ended = await Assert.ThrowsAsync<MarketplaceProtocolException>(() =>
            Ledgers.Export(_ledger.Name, Stream.Null, Fixture.Cancellation)
        );
        Assert.Contains("before record 2", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HeadOfAnotherLedger_IsNotTaken()
    {
        var other = new LedgerSamples { Name = LedgerName.Market };
        _fixture.Service.On($"GET {Routes.Ledger($"{_ledger.Name}")}", _ => FakeService.Bytes(LedgerLines.ToJson(other.Head())));

        await Assert.ThrowsAsync<MarketplaceProtocolException>(() => Ledgers.Head(_ledger.Name, Fixture.Cancellation));
    }

    [Theory]
    [InlineData("{}\n")]
    [InlineData("{}")]
    public async Task WhatIsNoRecord_IsNotTaken(string text)
    {
        _fixture.Service.On(
            $"GET {Routes.LedgerRecords($"{_ledger.Name}")}?from=0&limit=100",
            _ => FakeService.Bytes(System.Text.Encoding.UTF8.GetBytes(text))
        );

        await Assert.ThrowsAsync<MarketplaceProtocolException>(() => Ledgers.Records(_ledger.Name, 0, cancellation: Fixture.Cancellation));
    }

    [Fact]
    public async Task ProofOfABatch_IsThatOfTheRootThatWasAskedFor()
    {
        var root = _ledger.Records[0].Hash();
        var proof = LedgerSamples.Batch(root, epoch: 7);
        _fixture.Service.On($"GET {Routes.Batch(root)}", _ => FakeService.Bytes(LedgerLines.ToJson(proof)));
        _fixture.Service.On($"GET {Routes.Batch(default)}", _ => FakeService.Bytes(LedgerLines.ToJson(proof)));

        Assert.Equal(proof.Record.Hash(), (await Ledgers.Batch(root, Fixture.Cancellation)).Record.Hash());
        await Assert.ThrowsAsync<MarketplaceProtocolException>(() => Ledgers.Batch(default, Fixture.Cancellation));
    }

    [Fact]
    public async Task Proofs_AreAskedForWithTheirNumbers()
    {
        var proof = new LedgerProof
        {
            From = 1,
            Size = 3,
            Hashes = [_ledger.Records[0].Hash()],
        };
        var name = $"{_ledger.Name}";
        _fixture.Service.On($"GET {Routes.LedgerProof(name)}?index=1&size=0", _ => FakeService.Bytes(LedgerLines.ToJson(proof)));
        _fixture.Service.On($"GET {Routes.LedgerConsistency(name)}?from=1&to=3", _ => FakeService.Bytes(LedgerLines.ToJson(proof)));

        Assert.Equal(proof.Hashes, (await Ledgers.Prove(_ledger.Name, 1, cancellation: Fixture.Cancellation)).Hashes);
        Assert.Equal(3UL, (await Ledgers.ProveConsistency(_ledger.Name, 1, 3, Fixture.Cancellation)).Size);
    }

    private void ServeHead(LedgerSamples ledger) =>
        _fixture.Service.On($"GET {Routes.Ledger($"{ledger.Name}")}", _ => FakeService.Bytes(LedgerLines.ToJson(ledger.Head())));

    private void ServeRecords(int from, int limit, int count) =>
        _fixture.Service.On(
            $"GET {Routes.LedgerRecords($"{_ledger.Name}")}?from={from}&limit={limit}",
            _ =>
                FakeService.Bytes([
                    .. _ledger.Records.Skip(from).Take(count).SelectMany(record => LedgerLines.ToJson(record).Append((byte)'\n')),
                ])
        );
}
