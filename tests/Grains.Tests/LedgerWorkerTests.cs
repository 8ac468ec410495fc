using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Each change of a worker's offer, and each stake, is told to the worker's ledger once, whatever happens in between.</summary>
public sealed class LedgerWorkerTests
{
    private static readonly Ed25519KeyPair Key = TestKeys.Of("a worker that signs its offers");
    private static readonly WorkerId Worker = new(Key.PublicKey);
    private static readonly LedgerName Name = LedgerName.Of(Worker);

    [Fact]
    public void OfferThatChanges_StandsInTheLedger_AndOneThatIsRepeatedDoesNot() =>
        TestMarket.Run(async market =>
        {
            foreach (var price in new[] { 1, 1, 2, 2, 1 })
            {
                await Register(market, Offer(price));
                await market.CrashAndStart();
            }
            await Register(market, Offer(1) with { Labels = ["gpu=none"], RefusedAccounts = [TestMarket.Id("a")], BuyerReputationMin = 3 });

            Assert.Equal([1, 2, 1, 1], await Prices(market));
            var words = (await market.Records(Name))[^1].Operation.Subject.ToDictionary(word => word.Name, word => word.Value);
            Assert.Equal(("2", "16", "3", "gpu=none"), (words["slots"], words["memoryPages"], words["buyerReputationMin"], words["label"]));
            Span<byte> hash = stackalloc byte[Bytes32.Size];
            Keccak256.Hash([.. TestMarket.Id("payee").Value.ToArray(), .. TestMarket.Id("a").Value.ToArray()], hash);
            Assert.Equal(Convert.ToHexStringLower(hash), words["withheld"]);
            await market.Verify(Name);
        });

    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter))]
    [InlineData(nameof(WriteFate.Lost))]
    [InlineData(nameof(WriteFate.Unconfirmed))]
    public void WhateverWriteIsTheLast_EachOfferThatWasKeptIsToldOnce_AndWhatItsWorkerSigned(string how)
    {
        var fate = Enum.Parse<WriteFate>(how);
        var hits = 0;
        for (var point = 0; point < 15; point++)
        {
            LedgerScene.Run(async market =>
            {
                // What the store has had, in its order.
                var kept = new List<int>();
                var said = 0UL;
                var left = point;
                market.Store.OnWrite = _ => left-- == 0 ? fate : WriteFate.Done;
                var work = Work(market, kept, () => ++said);
                await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(30), market.Time));
                hits += left < 0 ? 1 : 0;
                _ = work.Exception;
                market.Store.OnWrite = _ => WriteFate.Done;
                await market.CrashAndStart();
                await Task.Delay(3 * LedgerGrainPolicy.TellAgainAfter, market.Time);
                await Note(market, kept);

                Assert.Equal(kept, await Prices(market));
                Assert.Equal(kept, await Prices(market, ofWorker: true));
                Assert.Empty((await market.Verify(Name)).Forks);
            });
        }
        Assert.True(hits > 11, $"only {hits} writes were hit");

        static async Task Work(TestMarket market, List<int> kept, Func<ulong> next)
        {
            foreach (var price in new[] { 1, 2, 1 })
            {
                try
                {
                    await Register(market, Sign(Offer(price), epoch: 1, next()));
                }
                finally
                {
                    await Note(market, kept);
                }
            }
        }

        static Task Note(TestMarket market, List<int> kept)
        {
            if (market.Disk.Documents.TryGetValue(new DocumentKey("worker", $"{Worker}"), out var document))
            {
                var price = (int)OfferState.Read(document.Content.Span).Offer.PricePerMillionFuel.BaseUnits;
                if (kept.Count == 0 || kept[^1] != price)
                {
                    kept.Add(price);
                }
            }
            return Task.CompletedTask;
        }
    }

    /// <summary>Who gives two offers the same numbers has signed a proof of it.</summary>
    [Fact]
    public void OffersUnderTheSameNumbers_AreAForkThatEverybodySees() =>
        TestMarket.Run(async market =>
        {
            foreach (var (price, sequence) in new[] { (1, 1UL), (1, 1UL), (2, 2UL), (2, 3UL), (3, 2UL) })
            {
                await Register(market, Sign(Offer(price), epoch: 7, sequence));
                await market.CrashAndStart();
            }

            // What says the same offer again, under whatever numbers, is told of no second time.
            Assert.Equal([1, 2, 3], await Prices(market));
            Assert.Equal([1, 2, 3], await Prices(market, ofWorker: true));
            var fork = Assert.Single((await market.Verify(Name)).Forks);
            Assert.Equal((Worker.Value, 7UL, 2UL), (fork.Author, fork.Epoch, fork.Sequence));
        });

    [Fact]
    public void OfferThatTheWorkerHasNotSigned_IsRefused_AndTheOneBeforeStays() =>
        TestMarket.Run(async market =>
        {
            await Register(market, Sign(Offer(1), epoch: 1, sequence: 1));
            var signed = Sign(Offer(2), epoch: 1, sequence: 2);
            WorkerOffer[] changed =
            [
                signed with
                {
                    PricePerMillionFuel = new TokenAmount(3),
                },
                signed with
                {
                    PayTo = TestMarket.Id("a"),
                },
                signed with
                {
                    RefusedAccounts = [TestMarket.Id("a")],
                },
                signed with
                {
                    Labels = ["gpu=none"],
                },
                signed with
                {
                    Statement = signed.Statement! with { Sequence = 3 },
                },
                signed with
                {
                    Statement = signed.Statement! with { Epoch = 2 },
                },
                signed with
                {
                    Statement = signed.Statement! with { Time = 1 },
                },
                Sign(Offer(2), epoch: 1, sequence: 0),
                Sign(Offer(2), epoch: 1, sequence: 2, new MarketDomain(Key.PublicKey)),
            ];
            foreach (var offer in changed)
            {
                var refused = await Assert.ThrowsAsync<MarketException>(() => Register(market, offer));
                Assert.Equal(ErrorCode.MalformedRequest, refused.Code);
            }
            Assert.Equal([1], await Prices(market));
            await Register(market, signed);
            Assert.Equal([1, 2], await Prices(market, ofWorker: true));
        });

    [Fact]
    [TestsBound(typeof(WorkerPolicy), nameof(WorkerPolicy.UntoldMax))]
    public void LedgerThatDoesNotAnswer_HoldsUpAWorkerOnlyAfterManyChanges() =>
        TestMarket.Run(async market =>
        {
            market.Store.OnWrite = name => name.StartsWith("ledger/", StringComparison.Ordinal) ? WriteFate.Lost : WriteFate.Done;
            for (var price = 1; price <= WorkerPolicy.UntoldMax; price++)
            {
                await Register(market, Offer(price));
            }
            await Assert.ThrowsAsync<MarketException>(() => Register(market, Offer(100)));
            Assert.Equal(
                WorkerPolicy.UntoldMax,
                (int)(await market.Grains.GetGrain<IWorkerGrain>($"{Worker}").Get()).PricePerMillionFuel.BaseUnits
            );

            market.Store.OnWrite = _ => WriteFate.Done;
            await Register(market, Offer(100));
            Assert.Equal([.. Enumerable.Range(1, WorkerPolicy.UntoldMax), 100], await Prices(market));
        });

    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter))]
    [InlineData(nameof(WriteFate.Lost))]
    [InlineData(nameof(WriteFate.Unconfirmed))]
    public void WhateverWriteIsTheLast_EachStakeThatCountedIsToldOnce_AndItsEndOnce(string how)
    {
        var fate = Enum.Parse<WriteFate>(how);
        var hits = 0;
        for (var point = 0; point < 20; point++)
        {
            LedgerScene.Run(async market =>
            {
                var caller = await market.OpenAccount("client", credit: 1000);
                var left = point;
                market.Store.OnWrite = _ => left-- == 0 ? fate : WriteFate.Done;
                var work = Work(market, caller);
                await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(30), market.Time));
                hits += left < 0 ? 1 : 0;
                _ = work.Exception;
                market.Store.OnWrite = _ => WriteFate.Done;
                await market.CrashAndStart();
                await Task.Delay(3 * LedgerGrainPolicy.TellAgainAfter, market.Time);
                var stakes = (await Of(market).Get(caller)).Stakes;
                Assert.Equal(stakes.SelectMany(ToldOf).Order(StringComparer.Ordinal), await Told(market));

                // Where the crash left one out, the client does it again; then all comes to an end, also in the ledger.
                await Work(market, caller with { });
                await Task.Delay(new StakeTerms().Unbonding + 2 * StakePolicy.CheckPeriod, market.Time);
                Assert.Equal(["5 held", "7 held", "7 taken_back"], (await Told(market)));
                await market.Verify(Name);
            });
        }
        Assert.True(hits > 10, $"only {hits} writes were hit");

        static async Task Work(TestMarket market, Caller caller)
        {
            await Of(market).Stake(caller, new StakeRequest("one", new TokenAmount(5)));
            try
            {
                await Of(market).Stake(caller, new StakeRequest("two", new TokenAmount(7)));
                await Of(market).Unstake(caller, ["two"]);
            }
            catch (MarketException ended) when (ended.Code is ErrorCode.RequestIdReused)
            {
                // It was unbonded before.
            }
        }

        static IEnumerable<string> ToldOf(StakeView stake) =>
            stake.Phase switch
            {
                StakePhase.Held => [$"{stake.Amount} held"],
                StakePhase.Unbonding => [$"{stake.Amount} held", $"{stake.Amount} taken_back"],
                _ => [],
            };
    }

    private static async Task<IEnumerable<string>> Told(TestMarket market) =>
        (await market.Records(Name))
            .Select(record =>
                $"{record.Operation.Subject.Single(word => word.Name == "amount").Value} {record.Operation.Kind["stake_".Length..]}"
            )
            .Order(StringComparer.Ordinal);

    private static IReputationGrain Of(TestMarket market) => market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(Worker));

    private static Task Register(TestMarket market, WorkerOffer offer) =>
        LostWrites.Resend(() => market.Grains.GetGrain<IWorkerGrain>($"{Worker}").Register(offer));

    internal static WorkerOffer Offer(int price) =>
        new(Worker, TestMarket.Id("payee"), new TokenAmount((UInt128)price), Slots: 2, MemoryPagesMax: 16);

    private static WorkerOffer Sign(WorkerOffer offer, ulong epoch, ulong sequence, MarketDomain? domain = null)
    {
        var unsigned = offer with { Statement = new OfferStatement(epoch, sequence, 5, default) };
        var change = LedgerChanges.Signed(unsigned)!.Change;
        var operation = new LedgerOperation
        {
            Namespace = Name,
            Author = Key.PublicKey,
            Epoch = epoch,
            Sequence = sequence,
            Change = change.Change,
            Kind = change.Kind,
            Subject = [.. change.Words.Select(word => new LedgerWord(word.Name, word.Value))],
            Time = change.Time,
        };
        var digest = operation.Digest(domain ?? TestOwner.Domain);
        return offer with { Statement = unsigned.Statement! with { Signature = Key.Sign(digest.ToArray()) } };
    }

    /// <summary>Of the offers that the market has told, or of those that the worker has signed.</summary>
    private static async Task<IEnumerable<int>> Prices(TestMarket market, bool ofWorker = false) =>
        (await market.Records(Name))
            .Where(record => (record.Operation.Author == Worker.Value) == ofWorker)
            .Select(record =>
                int.Parse(
                    record.Operation.Subject.Single(word => word.Name == "pricePerMillionFuel").Value,
                    System.Globalization.CultureInfo.InvariantCulture
                )
            );
}
