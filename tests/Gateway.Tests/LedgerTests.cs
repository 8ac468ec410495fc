using System.Net;
using Marketplace.Receipts;
using Marketplace.Receipts.Tests;

namespace Marketplace.Tests.Gateway;

/// <summary>Signed histories over HTTP: lines that a verifier takes as they come.</summary>
public sealed class LedgerTests
{
    private const string Market = "market";

    [Fact]
    public async Task HeadAndRecords_AreTheLinesOfALedger()
    {
        await using var gateway = await GatewayFixture.Start();
        var head = LedgerLines.ParseHead(await Bytes(gateway, Routes.Ledger(Market)));
        var verifier = new LedgerVerifier(new LedgerEvidence { Namespace = LedgerName.Market });
        verifier.Add(
            LedgerLines.ToJson(
                new LedgerTitle
                {
                    Format = LedgerTitle.FormatName,
                    Domain = head.Domain,
                    Namespace = LedgerName.Market,
                }
            )
        );
        foreach (var query in new[] { "?limit=3", "?from=3", "?from=4" })
        {
            var bytes = await Bytes(gateway, Routes.LedgerRecords(Market) + query);
            var lines = System.Text.Encoding.UTF8.GetString(bytes).Split('\n');
            Assert.Equal("", lines[^1]);
            foreach (var line in lines[..^1])
            {
                verifier.Add(System.Text.Encoding.UTF8.GetBytes(line));
            }
        }
        verifier.Add(LedgerLines.ToJson(head));
        Assert.Equal(4UL, verifier.Finish().Head.Head.Size);
    }

    [Fact]
    public async Task Proofs_LeadToTheRoot()
    {
        await using var gateway = await GatewayFixture.Start();
        var head = LedgerLines.ParseHead(await Bytes(gateway, Routes.Ledger(Market))).Head;
        var record = LedgerLines.ParseRecord((await Bytes(gateway, $"{Routes.LedgerRecords(Market)}?from=2&limit=1"))[..^1]);
        var proof = LedgerLines.ParseProof(await Bytes(gateway, $"{Routes.LedgerProof(Market)}?index=2"));
        Assert.Equal(head.Root, MerkleLog.RootOf(record.Hash(), proof.From, proof.Size, proof.Hashes));
        var beginning = LedgerLines.ParseProof(await Bytes(gateway, $"{Routes.LedgerConsistency(Market)}?from=3&to=4"));
        Assert.Equal((3UL, 4UL, 3), (beginning.From, beginning.Size, beginning.Hashes.Count));
        await gateway
            .Client.Get($"{Routes.LedgerConsistency(Market)}?from=3&to=5")
            .Refused(HttpStatusCode.BadRequest, ErrorCode.LimitExceeded);
    }

    [Theory]
    [InlineData("markets")]
    [InlineData("worker.12")]
    [InlineData("market/records?from=-1")]
    [InlineData("market/records?limit=1001")]
    [InlineData("market/proof?index=x")]
    [InlineData("market?from=1")]
    public async Task WhatIsNoLedgerOrQuery_IsRefused(string path)
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Client.Get($"{Routes.Ledgers}/{path}").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task LedgerOfAnotherAccount_IsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        await Bytes(gateway, Routes.Ledger($"{LedgerName.Of(GatewayFixture.Alice)}"));
        await gateway.Client.Get(Routes.Ledger($"account.{new string('7', 64)}")).Refused(HttpStatusCode.Forbidden, ErrorCode.Forbidden);
    }

    [Fact]
    public async Task Batch_IsProvedByWhatItsCommitteeSigned()
    {
        await using var gateway = await GatewayFixture.Start();
        var proof = LedgerLines.ParseBatch(await Bytes(gateway, Routes.Batch(FakeCertificateGrain.Known)));
        var checks = ReceiptChecks.Of(Samples.CommitteeFile, new ReceiptEvidence { Batch = proof });
        Assert.Equal(CheckResult.Holds, Assert.Single(checks, check => check.Name == "ledger").Result);
        await gateway.Client.Get(Routes.Batch(default)).Refused(HttpStatusCode.NotFound, ErrorCode.BatchNotFound);
        await gateway.Client.Get($"{Routes.Batches}/12").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    private static async Task<byte[]> Bytes(GatewayFixture gateway, string path)
    {
        using var response = await gateway.Client.Get(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }
}
