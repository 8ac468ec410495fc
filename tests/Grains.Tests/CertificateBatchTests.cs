using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>What committees sign stands in the market's ledger, once, and a receipt proves it.</summary>
public sealed class CertificateBatchTests
{
    private static readonly TimeSpan Told = (2 * BatchPolicy.TellAfter) + TimeSpan.FromSeconds(1);

    [Fact]
    public void ReceiptOfACommittee_ProvesThatTheLedgerNamesIt() =>
        CommitteeScene.Run(
            3,
            async scene =>
            {
                var receipts = new List<ReceiptFile>();
                foreach (var job in await scene.SubmitTogether("committee:3", 20))
                {
                    await scene.Wait(job, TimeSpan.FromMinutes(5));
                    receipts.Add(await scene.Receipt(job));
                }
                await Task.Delay(Told, scene.Market.Time);

                foreach (var receipt in receipts)
                {
                    var proof = await Proof(scene.Market, receipt, scene.Client);
                    Assert.Equal(CheckResult.Holds, Check(receipt, proof).Result);
                    var other = receipts.Find(other => BatchProof.RootOf(other) != proof.Root);
                    Assert.True(other is null || Check(other, proof).Result == CheckResult.Broken);
                }
                // Windows share operations.
                var windows = receipts.Select(BatchProof.RootOf).Distinct().Count();
                Assert.True(windows > 1, $"{windows} windows");
                Assert.InRange((await Batches(scene.Market)).Count, 1, windows - 1);
                await scene.Market.Verify(LedgerName.Market);
                Assert.Empty(DiskInvariants.Batches(scene.Market.Disk));
            }
        );

    /// <summary>The process ends, or a write is lost, at the n-th write of anything that leads into the ledger.</summary>
    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter))]
    [InlineData(nameof(WriteFate.Lost))]
    [InlineData(nameof(WriteFate.Unconfirmed))]
    public void WhateverWriteIsTheLast_EachCertificateThatCountsIsNamedOnce(string how)
    {
        var (fate, hits, kinds) = (Enum.Parse<WriteFate>(how), 0, new HashSet<string>());
        for (var point = 0; point < 24; point++)
        {
            LedgerScene.Run(async market =>
            {
                var (left, hit) = (point, false);
                market.Store.OnWrite = name =>
                {
                    if (!IsOnTheWay(name) || left-- != 0)
                    {
                        return WriteFate.Done;
                    }
                    kinds.Add(name[..name.IndexOf('/', StringComparison.Ordinal)]);
                    hit = true;
                    return fate;
                };
                for (var round = 0; round < 2 && !market.Store.IsCrashed; round++)
                {
                    var work = Sign(market, 3 * round, 3);
                    await Task.Delay(Told, market.Time);
                    _ = work.Exception;
                }
                hits += hit ? 1 : 0;
                Assert.Empty(DiskInvariants.Batches(market.Disk));

                await market.CrashAndStart();
                // No certificate is announced any more: the reminder alone tells what is left.
                await Task.Delay(3 * LedgerGrainPolicy.TellAgainAfter, market.Time);
                Assert.Empty(DiskInvariants.Batches(market.Disk));
                var stored = Stored(market);
                Assert.DoesNotContain(stored, pair => pair.State.IsUntold);
                Assert.Equal(
                    stored.Select(pair => pair.State.Batch).Distinct().Count(),
                    (await Batches(market)).Select(record => record.Operation.Change).Distinct().Count()
                );
                foreach (var (root, _) in stored)
                {
                    await Certificate(market, root).Prove(TestMarket.Reader);
                }
                await market.Verify(LedgerName.Market);
            });
        }
        Assert.True(hits > 15, $"only {hits} writes were hit");
        Assert.Equal(["batches", "certificate", "ledger", "receipt-batch"], kinds.Order(StringComparer.Ordinal));

        static bool IsOnTheWay(string name) =>
            name.StartsWith("certificate/", StringComparison.Ordinal)
            || name.StartsWith("batches/", StringComparison.Ordinal)
            || name.StartsWith("receipt-batch/", StringComparison.Ordinal)
            || name.StartsWith("ledger/", StringComparison.Ordinal);
    }

    /// <summary>Two activations tell at the same time: neither tells what the other has told.</summary>
    [Fact]
    public void Twins_NameEachCertificateOnce()
    {
        for (var seed = 1UL; seed <= 5; seed++)
        {
            TestMarket.Run(
                async market =>
                {
                    var twin = await market.StartTwin();
                    for (var round = 0; round < 10; round++)
                    {
                        await Sign(market, 8 * round, 4);
                        await Sign(twin, (8 * round) + 4, 4);
                        await Task.Delay(TimeSpan.FromSeconds(7), market.Time);
                    }
                    await Task.Delay(10 * Told, market.Time);
                    Assert.Equal(80, Stored(market).Count(pair => pair.State.Batch > 0));
                    Assert.Empty(DiskInvariants.Batches(market.Disk));
                    await market.Verify(LedgerName.Market);
                },
                seed
            );
        }
    }

    [Fact]
    [TestsBound(typeof(BatchPolicy), nameof(BatchPolicy.CertificatesMax))]
    public void MoreCertificatesThanAnOperationNames_AreInTheNextOne()
    {
        foreach (var more in new[] { 0, 1 })
        {
            TestMarket.Run(async market =>
            {
                await Sign(market, 0, BatchPolicy.CertificatesMax + more);
                await Task.Delay(Told, market.Time);
                Assert.Equal(1 + more, (await Batches(market)).Count);
                Assert.Empty(DiskInvariants.Batches(market.Disk));
                Assert.DoesNotContain(Stored(market), pair => pair.State.IsUntold);
            });
        }
    }

    [Fact]
    public void CertificatesOfTwoEpochs_AreInBatchesOfTheirOwn() =>
        TestMarket.Run(async market =>
        {
            await Sign(market, 0, 3, epoch: 1);
            await Sign(market, 3, 2, epoch: 2);
            await Task.Delay(Told, market.Time);
            Assert.Equal(
                ["1 3", "2 2"],
                (await Batches(market)).Select(record => $"{Word(record, "epoch")} {Word(record, "count")}").Order(StringComparer.Ordinal)
            );
        });

    [Fact]
    public void RootThatIsNotInTheLedger_IsAnsweredWithTheReason() =>
        TestMarket.Run(async market =>
        {
            Assert.Contains("No committee", await Reason(market, Root(7)), StringComparison.Ordinal);
            await Sign(market, 7, 1);
            Assert.Contains("seconds later", await Reason(market, Root(7)), StringComparison.Ordinal);
            await market.Store.Write(
                new(CertificateState.Kind, $"{Root(8)}"),
                0,
                CertificateState.Write(new CertificateState(Signed(epoch: 1)))
            );
            await Task.Delay(Told, market.Time);
            Assert.Contains("before the ledger", await Reason(market, Root(8)), StringComparison.Ordinal);
            var refused = new Caller(TestMarket.Reader.Account, "key", Scopes.Submit);
            Assert.Equal(ErrorCode.Forbidden, await Refusal(() => Certificate(market, Root(7)).Prove(refused)));
            Assert.NotEqual(0, (await Certificate(market, Root(7)).Prove(TestMarket.Reader)).Length);
        });

    [Fact]
    public void CertificateThatIsPutAgain_IsNamedOnce() =>
        TestMarket.Run(async market =>
        {
            for (var round = 0; round < 3; round++)
            {
                await Sign(market, 0, 2);
                await Task.Delay(Told, market.Time);
            }
            Assert.Single(await Batches(market));
            await Assert.ThrowsAsync<InvalidOperationException>(() => Certificate(market, Root(0)).Join(2, Authority.Market));
            await Assert.ThrowsAsync<InvalidOperationException>(() => Certificate(market, Root(9)).Join(1, Authority.Market));
        });

    /// <summary>What is stored is read back, and refused when it is cut short; what the build before wrote is read as it was.</summary>
    [Fact]
    public void StoredForms_AreReadBack()
    {
        var at = DateTimeOffset.UnixEpoch.AddYears(56);
        var batch = new CertificateBatch(3, 7, at, [Root(1), Root(2)]);
        var told = batch with { Place = new BatchPlace(Root(3), 12) };
        Check(CertificateBatch.Form.Write(told), bytes => CertificateBatch.Form.Write(CertificateBatch.Form.Read(bytes)));
        Check(BatchesState.Write(new(3, batch)), bytes => BatchesState.Write(BatchesState.Read(bytes.Span)));
        Check(BatchesState.Write(new(2, null)), bytes => BatchesState.Write(BatchesState.Read(bytes.Span)));
        Assert.Equal("010200", Convert.ToHexString(BatchesState.Write(new(2, null)).Span));
        var earlier = new CertificateState(Signed(epoch: 1));
        var untold = earlier with { SignedAt = at };
        foreach (var state in new[] { earlier, untold, untold with { Batch = 3 } })
        {
            Check(CertificateState.Write(state), bytes => CertificateState.Write(CertificateState.Read(bytes.Span)));
        }
        Assert.Equal((1, 2), (CertificateState.Write(earlier).Span[0], CertificateState.Write(untold).Span[0]));
        Assert.Equal((false, true), (earlier.IsUntold, untold.IsUntold));

        static void Check(ReadOnlyMemory<byte> bytes, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> again)
        {
            Assert.Equal(bytes.ToArray(), again(bytes).ToArray());
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.ThrowsAny<InvalidDataException>(() => again(bytes[..length]));
            }
        }
    }

    private static Task Sign(TestMarket market, int first, int count, ulong epoch = 1) => Sign(market.Grains, first, count, epoch);

    private static Task Sign(IGrainFactory grains, int first, int count, ulong epoch = 1) =>
        Task.WhenAll(
            Enumerable
                .Range(first, count)
                .Select(number =>
                    LostWrites.Resend(() =>
                        grains.GetGrain<ICertificateGrain>(Root(number).ToString()).Put(Signed(epoch), Authority.Market)
                    )
                )
        );

    private static BatchCertificate Signed(ulong epoch)
    {
        var voter = new TestVoter("a worker that has signed");
        return new(epoch, [new RosterMember(voter.Worker, voter.Key, new TokenAmount(1))], Signers: 1, new byte[96]);
    }

    private static Bytes32 Root(int number) => new(Blake3.Hash(Encoding.UTF8.GetBytes($"root {number}")).ToArray());

    private static ICertificateGrain Certificate(TestMarket market, Bytes32 root) =>
        market.Grains.GetGrain<ICertificateGrain>(root.ToString());

    private static async Task<BatchProof> Proof(TestMarket market, ReceiptFile receipt, Caller caller) =>
        LedgerLines.ParseBatch((await Certificate(market, BatchProof.RootOf(receipt)!.Value).Prove(caller)).Span);

    private static ReceiptCheck Check(ReceiptFile receipt, BatchProof proof) =>
        Assert.Single(ReceiptChecks.Of(receipt, new ReceiptEvidence { Batch = proof }), check => check.Name == "ledger");

    private static async Task<IReadOnlyList<LedgerRecord>> Batches(TestMarket market) =>
        [.. (await market.Records(LedgerName.Market)).Where(record => record.Operation.Kind == LedgerKinds.ReceiptBatch)];

    private static string Word(LedgerRecord record, string name) =>
        Assert.Single(record.Operation.Subject, word => word.Name == name).Value;

    private static IReadOnlyList<(Bytes32 Root, CertificateState State)> Stored(TestMarket market) =>
        [
            .. market
                .Disk.Documents.Where(pair => pair.Key.Kind == CertificateState.Kind)
                .Select(pair => (Bytes32.Parse(pair.Key.Id), CertificateState.Read(pair.Value.Content.Span))),
        ];

    private static async Task<ErrorCode> Refusal(Func<Task> call) => (await Assert.ThrowsAsync<MarketException>(call)).Code;

    private static async Task<string> Reason(TestMarket market, Bytes32 root)
    {
        var refused = await Assert.ThrowsAsync<MarketException>(() => Certificate(market, root).Prove(TestMarket.Reader));
        Assert.Equal(ErrorCode.BatchNotFound, refused.Code);
        return refused.Message;
    }
}
