using System.Text.Json;
using Marketplace.Receipts;

namespace Marketplace.Tests.Silo;

/// <summary>Signed histories of a real silo, read and checked by the command as a person does.</summary>
public sealed class LedgerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhatHappened_StandsInLedgersThatHold_AlsoAfterTheSiloWasKilled()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        string own;
        await using (var silo = await SiloProcess.Start(data, Cancellation))
        {
            await using var client = silo.Client();
            own = $"account.{(await client.Account.Get(Cancellation)).Id}";
            await CommandLine.Run(folder.Path, "job", "run", CommandLine.Program("echo"), "--text", "hello");
            var (_, head, _) = await CommandLine.Run(folder.Path, "ledger", "head", own);
            await File.WriteAllTextAsync(Path.Combine(folder.Path, "kept.head.json"), head, Cancellation);
            Assert.Equal(["key_created", "program_deployed"], await Kinds(folder.Path, own));
            Assert.Equal(["policy"], await Kinds(folder.Path, "market"));
            await silo.Kill();
        }
        await using var next = await SiloProcess.Start(data, Cancellation, "--unbonding-hours", "48");
        await using var again = next.Client();
        await again.Keys.Create(new KeyRequest("second", [Scope.Read]), Cancellation);

        Assert.Equal(["key_created", "program_deployed", "key_created"], await Kinds(folder.Path, own));
        Assert.Equal(["policy", "policy"], await Kinds(folder.Path, "market"));
        await CommandLine.Run(folder.Path, "ledger", "export", own, "own.ledger.jsonl");
        foreach (var ledger in new[] { own, "own.ledger.jsonl" })
        {
            var (code, found, error) = await CommandLine.Run(folder.Path, "ledger", "verify", ledger, "--head", "kept.head.json", "--json");
            Assert.True(code == 0, found + error);
            Assert.Equal(3, JsonDocument.Parse(found).RootElement.GetProperty("records").GetInt32());
        }
    }

    [Fact]
    public async Task OfferOfTheWorkerInside_IsSeenByEveryKey()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(Path.Combine(folder.Path, "data"), Cancellation, "--worker-price", "7");
        await using var client = silo.Client();
        var worker = (await client.Workers.ListPage(cancellation: Cancellation)).Items.Single().Id;
        var reader = await client.Keys.Create(new KeyRequest("reader", [Scope.Read]), Cancellation);
        await using var stranger = new MarketplaceClient(new MarketplaceClientOptions { Url = client.Url, Key = reader.Key });

        var records = await stranger.Ledgers.Records(LedgerName.Of(worker), 0, cancellation: Cancellation);

        // The market's operation, and behind it the worker's own.
        var head = await stranger.Ledgers.Head(LedgerName.Of(worker), Cancellation);
        Assert.Equal([head.Domain.Market, worker.Value], records.Select(one => one.Operation.Author));
        Assert.Equal(records[0].Operation.Subject, records[1].Operation.Subject);
        var record = records[0];
        Assert.Equal((LedgerKinds.Offer, "7"), (record.Operation.Kind, record.Operation.Subject[0].Value));
        Assert.True(head.IsSigned() && records.All(one => one.IsSigned(head.Domain)));
        var proof = await stranger.Ledgers.Prove(LedgerName.Of(worker), 0, cancellation: Cancellation);
        Assert.Equal(head.Head.Root, MerkleLog.RootOf(record.Hash(), proof.From, proof.Size, proof.Hashes));
    }

    private static async Task<IEnumerable<string>> Kinds(string folder, string ledger)
    {
        var (_, lines, _) = await CommandLine.Run(folder, "ledger", "show", ledger, "--json");
        return lines
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => LedgerLines.ParseRecord(System.Text.Encoding.UTF8.GetBytes(line)).Operation.Kind);
    }
}
