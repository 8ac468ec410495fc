using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>A ledger is only appended to, once for each change, whatever happens between two writes, and its proofs hold.</summary>
public sealed class LedgerGrainTests
{
    private static readonly LedgerName OfMarket = LedgerName.Market;

    [Fact]
    public void Ledger_HoldsAndItsProofsLeadToItsHeads() =>
        TestMarket.Run(async market =>
        {
            var reader = await market.AddOperator();
            var ledger = market.Ledger(OfMarket);
            // Past the first tiles, so that proofs read them from the store.
            for (var number = 0; number < 600; number += 100)
            {
                await ledger.Append([.. Enumerable.Range(number, 100).Select(Slashing)], Authority.Reputation);
                if (number == 200)
                {
                    await market.CrashAndStart();
                    ledger = market.Ledger(OfMarket);
                }
            }
            Assert.Equal(2, market.Disk.Documents.Keys.Count(key => key.Kind == "ledger-tile"));

            var records = await market.Records(OfMarket);
            var findings = await market.Verify(OfMarket);
            Assert.Equal(600UL, findings.Head.Head.Size);
            Assert.Equal(
                Enumerable.Range(0, 600).Select(number => Slashing(number).Change),
                records.Select(record => record.Operation.Change)
            );
            foreach (var (index, size) in new[] { (0, 1), (0, 600), (255, 256), (256, 257), (300, 512), (511, 600), (599, 600) })
            {
                var proof = LedgerLines.ParseProof((await ledger.Prove(reader, index, size)).Span);
                Assert.Equal(RootOf(records, size), MerkleLog.RootOf(records[index].Hash(), (ulong)index, (ulong)size, proof.Hashes));
            }
            foreach (var (from, to) in new[] { (0, 600), (1, 2), (256, 600), (255, 257), (300, 599), (600, 600) })
            {
                var proof = LedgerLines.ParseProof((await ledger.ProveBeginning(reader, from, to)).Span);
                Assert.True(
                    MerkleLog.IsBeginning((ulong)from, RootOf(records, from), (ulong)to, RootOf(records, to), proof.Hashes),
                    $"{from} of {to}"
                );
            }
        });

    [Fact]
    public void EachStart_IsAnotherEpochOfTheMarket_AndNumbersHaveNoGap() =>
        TestMarket.Run(async market =>
        {
            for (var number = 0; number < 9; number++)
            {
                await market.Ledger(OfMarket).Append([Slashing(number)], Authority.Reputation);
                if (number % 3 == 2)
                {
                    await market.Restart();
                }
            }

            var operations = (await market.Records(OfMarket)).Select(record => record.Operation).ToArray();
            Assert.Equal([1UL, 2, 3, 1, 2, 3, 1, 2, 3], operations.Select(operation => operation.Sequence));
            Assert.Equal(3, operations.Select(operation => operation.Epoch).Distinct().Count());
            await market.Verify(OfMarket);
        });

    [Fact]
    [TestsBound(typeof(LedgerGrainPolicy), nameof(LedgerGrainPolicy.RecentMax))]
    public void ChangeThatIsToldAgain_IsAppendedOnce_HoweverLate() =>
        TestMarket.Run(async market =>
        {
            var count = LedgerGrainPolicy.RecentMax + 1;
            foreach (var numbers in Enumerable.Range(0, count).Chunk(MarketLimits.LedgerChangesMax))
            {
                await market.Ledger(OfMarket).Append([.. numbers.Select(Slashing)], Authority.Reputation);
            }
            for (var time = 0; time < 2; time++)
            {
                // The oldest was forgotten, the next one is the oldest that is remembered; of the same moment as the oldest is one that
                // is new.
                await market.Ledger(OfMarket).Append([Slashing(0), Slashing(1), Slashing(1), Slashing(count - 1)], Authority.Reputation);
                await market.Ledger(OfMarket).Append([Slashing(5000) with { Time = Slashing(0).Time }], Authority.Reputation);
                await market.CrashAndStart();
            }

            Assert.Equal((ulong)count + 1, (await market.Verify(OfMarket)).Head.Head.Size);
        });

    /// <summary>Each write in turn is the last one of the process, or is lost, or nothing says whether it happened.</summary>
    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter))]
    [InlineData(nameof(WriteFate.Lost))]
    [InlineData(nameof(WriteFate.Unconfirmed))]
    public void WriteThatEndsAnywhere_LosesAndDoublesNothing(string how)
    {
        var fate = Enum.Parse<WriteFate>(how);
        var hits = 0;
        for (var point = 0; point < 24; point++)
        {
            TestMarket.Run(async market =>
            {
                var left = point;
                market.Store.OnWrite = name => name.StartsWith("ledger", StringComparison.Ordinal) && left-- == 0 ? fate : WriteFate.Done;
                var told = 0;
                for (var number = 0; number < 20; number++)
                {
                    try
                    {
                        var append = market
                            .Ledger(OfMarket)
                            .Append([.. Enumerable.Range(30 * number, 30).Select(Slashing)], Authority.Reputation);
                        // A process that has ended answers no more.
                        await Task.WhenAny(append, Task.Delay(TimeSpan.FromSeconds(10), market.Time));
                        if (!append.IsCompleted)
                        {
                            break;
                        }
                        await append;
                        told++;
                    }
                    catch (MarketException)
                    {
                        // The part that told it tells it again.
                        number--;
                    }
                }
                hits += left < 0 ? 1 : 0;
                market.Store.OnWrite = _ => WriteFate.Done;
                await market.CrashAndStart();
                Assert.InRange((await market.Records(OfMarket)).Count, 30 * told, 30 * (told + 1));
                for (var number = 0; number < 20; number++)
                {
                    await market.Ledger(OfMarket).Append([.. Enumerable.Range(30 * number, 30).Select(Slashing)], Authority.Reputation);
                }

                Assert.Equal(600UL, (await market.Verify(OfMarket)).Head.Head.Size);
                Assert.Equal(2, market.Disk.Documents.Keys.Count(key => key.Kind == "ledger-tile"));
                await Proves(market, 600);
            });
        }
        Assert.True(hits > 20, $"only {hits} writes were hit");
    }

    [Fact]
    public void TwoActivations_AppendOnce_AndBothServeTheSameHistory() =>
        TestMarket.Run(async market =>
        {
            var twin = (await market.StartTwin()).GetGrain<ILedgerGrain>(OfMarket.ToString());
            for (var number = 0; number < 40; number++)
            {
                var change = Slashing(number);
                await Task.WhenAll(
                    LostWrites.Resend(() => market.Ledger(OfMarket).Append([change], Authority.Reputation)),
                    LostWrites.Resend(() => twin.Append([change, Slashing(1000 + number)], Authority.Reputation))
                );
            }

            Assert.Equal(80UL, (await market.Verify(OfMarket)).Head.Head.Size);
        });

    [Fact]
    public void Snapshot_KeepsALedgerShortToStart_AndChangesNothing() =>
        TestMarket.Run(async market =>
        {
            for (var number = 0; number < 2000; number += 100)
            {
                await market.Ledger(OfMarket).Append([.. Enumerable.Range(number, 100).Select(Slashing)], Authority.Reputation);
            }
            var before = await market.Head(OfMarket);
            Assert.Contains(market.Disk.Documents.Keys, key => key.Kind == "ledger");
            await market.CrashAndStart();

            Assert.Equal(before.Head.Root, (await market.Head(OfMarket)).Head.Root);
            await market.Ledger(OfMarket).Append([Slashing(0), Slashing(1999), Slashing(2000)], Authority.Reputation);
            Assert.Equal(2001UL, (await market.Verify(OfMarket, before)).Head.Head.Size);
            await Proves(market, 2001);
        });

    [Fact]
    public void DamagedEntry_IsRefusedAtTheNextStart() =>
        TestMarket.Run(async market =>
        {
            await market.Ledger(OfMarket).Append([Slashing(0), Slashing(1), Slashing(2)], Authority.Reputation);
            market.IsMadeUp = true;
            var entries = market.Disk.Streams.Single(stream => stream.Key.StartsWith("ledger/", StringComparison.Ordinal)).Value;
            entries[1] = LedgerEntry.Write(LedgerEntry.Read(entries[1].Span) with { ForkOf = null, Before = default });
            await market.CrashAndStart();

            var damaged = await Assert.ThrowsAsync<InvalidDataException>(() => market.Head(OfMarket));
            Assert.Contains("record 1 follows", damaged.Message, StringComparison.Ordinal);
        });

    [Fact]
    public void Ledgers_AreForThoseWhomTheyConcern() =>
        TestMarket.Run(async market =>
        {
            var (owner, other) = (await market.OpenAccount("owner"), await market.OpenAccount("other"));
            var head = await market.Head(LedgerName.Of(owner.Account));
            Assert.Equal(1UL, head.Head.Size);
            Assert.True(head.IsSigned());

            var own = market.Ledger(LedgerName.Of(owner.Account));
            Assert.Single(await own.List(owner, 0, 10));
            foreach (
                var call in new Func<Task>[]
                {
                    () => own.GetHead(other),
                    () => own.List(other, 0, 10),
                    () => own.Prove(other, 0, null),
                    () => own.ProveBeginning(other, 0, null),
                    () => own.GetHead(owner with { Scopes = Scopes.Submit }),
                }
            )
            {
                await Refused(ErrorCode.Forbidden, call);
            }
            await market.Ledger(LedgerName.Of(new WorkerId(other.Account.Value))).GetHead(owner);
            await market.Ledger(OfMarket).GetHead(owner);
        });

    [Fact]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.LedgerChangesMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.LedgerRecordsMax))]
    [TestsBound(typeof(LedgerGrainPolicy), nameof(LedgerGrainPolicy.PageBytesMax))]
    public void Calls_HaveBounds() =>
        TestMarket.Run(async market =>
        {
            var reader = await market.AddOperator();
            var ledger = market.Ledger(OfMarket);
            await Refused(ErrorCode.LimitExceeded, () => ledger.Append([], Authority.Reputation));
            await Refused(ErrorCode.LimitExceeded, () => ledger.Append(Slashings(MarketLimits.LedgerChangesMax + 1), Authority.Reputation));
            await ledger.Append(Slashings(MarketLimits.LedgerChangesMax), Authority.Reputation);
            await Refused(ErrorCode.LimitExceeded, () => ledger.List(reader, 0, MarketLimits.LedgerRecordsMax + 1));
            await Refused(ErrorCode.LimitExceeded, () => ledger.List(reader, 0, 0));
            await Refused(ErrorCode.LimitExceeded, () => ledger.List(reader, -1, 1));
            Assert.Equal(MarketLimits.LedgerChangesMax, (await ledger.List(reader, 0, MarketLimits.LedgerRecordsMax)).Length);
            Assert.Empty(await ledger.List(reader, 10_000, 10));
            await Refused(ErrorCode.LimitExceeded, () => ledger.Prove(reader, MarketLimits.LedgerChangesMax, null));
            await Refused(ErrorCode.LimitExceeded, () => ledger.ProveBeginning(reader, 2, 1));
            await Refused(ErrorCode.LimitExceeded, () => ledger.ProveBeginning(reader, 2, MarketLimits.LedgerChangesMax + 1));

            // Records of some 20 KB: a page ends when it has its bytes, and the next one goes on.
            var options = Enumerable.Range(0, 20).Select(number => new ChangeWord("option", $"{number}={new string('x', 1000)}"));
            for (var number = 0; number < 60; number++)
            {
                await ledger.Append([LedgerChanges.Policy([.. options], number, market.Time.GetUtcNow())], Authority.Silo);
            }
            var page = await ledger.List(reader, MarketLimits.LedgerChangesMax, 60);
            var bytes = page.Sum(line => line.Length);
            Assert.InRange(page.Length, 40, 59);
            Assert.True(bytes >= LedgerGrainPolicy.PageBytesMax && bytes - page[^1].Length < LedgerGrainPolicy.PageBytesMax);
            await market.Verify(OfMarket);

            static ImmutableArray<LedgerChange> Slashings(int count) => [.. Enumerable.Range(0, count).Select(Slashing)];
        });

    [Fact]
    public void ChangesOfAnotherPartOrForm_AreRefused() =>
        TestMarket.Run(async market =>
        {
            var ledger = market.Ledger(OfMarket);
            await Refused(ErrorCode.Forbidden, () => ledger.Append([Slashing(0)], Authority.Account));
            await Refused(ErrorCode.Forbidden, () => ledger.Append([Slashing(0)], Authority.Gateway));
            await Refused(ErrorCode.Forbidden, () => ledger.Append([Slashing(0) with { Kind = "unknown" }], Authority.Reputation));
            await Refused(
                ErrorCode.MalformedRequest,
                () => ledger.Append([Slashing(0), Slashing(1) with { Words = [] }], Authority.Reputation)
            );
            await Refused(
                ErrorCode.MalformedRequest,
                () => market.Ledger(LedgerName.Of(TestMarket.Id("a"))).Append([Slashing(0)], Authority.Reputation)
            );
            Assert.Equal(0UL, (await market.Head(OfMarket)).Head.Size);
        });

    [Fact]
    [TestsBound(typeof(LedgerGrainPolicy), nameof(LedgerGrainPolicy.UnsavedTilesMax))]
    public void TilesThatCannotBeStored_StayInMemoryWithinABound() =>
        TestMarket.Run(async market =>
        {
            market.Store.OnWrite = name => name.StartsWith("ledger-tile/", StringComparison.Ordinal) ? WriteFate.Lost : WriteFate.Done;
            var ledger = market.Ledger(OfMarket);
            var number = 0;
            // One more tile than is allowed begins to be too many.
            for (; number < (LedgerGrainPolicy.UnsavedTilesMax + 1) * LedgerTile.HashesMax; number += MarketLimits.LedgerChangesMax)
            {
                await ledger.Append([.. Enumerable.Range(number, MarketLimits.LedgerChangesMax).Select(Slashing)], Authority.Reputation);
            }
            await Refused(ErrorCode.Unavailable, () => ledger.Append([Slashing(number)], Authority.Reputation));
            await Proves(market, number);

            // The next start tries again.
            await market.CrashAndStart();
            await market.Ledger(OfMarket).Append([Slashing(number)], Authority.Reputation);
            await Proves(market, number + 1);
        });

    private static async Task Proves(TestMarket market, int size)
    {
        var head = (await market.Head(OfMarket)).Head;
        var records = await market.Records(OfMarket);
        Assert.Equal((ulong)size, head.Size);
        for (var index = 0; index < size; index += 97)
        {
            var proof = LedgerLines.ParseProof((await market.Ledger(OfMarket).Prove(TestMarket.Reader, index, size)).Span);
            Assert.Equal(head.Root, MerkleLog.RootOf(records[index].Hash(), (ulong)index, (ulong)size, proof.Hashes));
        }
    }

    private static Bytes32 RootOf(IReadOnlyList<LedgerRecord> records, int size)
    {
        var tail = new MerkleTail();
        foreach (var record in records.Take(size))
        {
            tail.Add(record.Hash());
        }
        return tail.Root;
    }

    private static LedgerChange Slashing(int number) =>
        new(
            IdDerivation.Blob(BitConverter.GetBytes(number)).Value,
            LedgerKinds.Slashing,
            1_767_323_045_000_000_000 + (ulong)number,
            [
                new ChangeWord("worker", $"{default(Bytes32)}"),
                new ChangeWord("evidence", $"{default(Bytes32)}"),
                new ChangeWord("amount", $"{number}"),
                new ChangeWord("reason", "a test"),
            ]
        );

    private static async Task Refused(ErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(call)).Code);
}
