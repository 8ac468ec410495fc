using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests;

/// <summary>Operations that owners have signed themselves: what is in a ledger does not depend on the order in which they come.</summary>
public sealed class LedgerForkTests
{
    private const int Orders = 1000;

    private static readonly Ed25519KeyPair Owner = TestKeys.Of("a worker that signs");
    private static readonly LedgerName Name = LedgerName.Of(new WorkerId(Owner.PublicKey));

    /// <summary>
    /// An owner that signs two or three operations under the same numbers, in every third place; each statement comes once to three times,
    /// the process may end between any two.
    /// </summary>
    [Fact]
    public void EveryOrderOfDelivery_GivesTheSameOperationsAndTheSameForks()
    {
        var expected = "";
        var orders = new HashSet<string>();
        for (var seed = 0; seed < Orders; seed++)
        {
            // CA5394: a repeatable order, no secret.
#pragma warning disable CA5394
            var random = new Random(seed);
            var crashes = seed % 10 == 0;
            TestMarket.Run(async market =>
            {
                var domain = (await market.Head(Name)).Domain;
                var statements = Statements(domain);
                LedgerStatement[] delivered =
                [
                    .. statements.SelectMany(statement => Enumerable.Repeat(statement, random.Next(1, 4))).OrderBy(_ => random.Next()),
                ];
                foreach (var statement in delivered)
                {
                    await market.Ledger(Name).AppendSigned(statement, Authority.Worker);
                    if (crashes && random.Next(8) == 0)
                    {
                        await market.CrashAndStart();
                    }
                }
                var records = await market.Records(Name);
                var found = await market.Verify(Name);
                orders.Add(string.Join(' ', records.Select(record => record.Operation.Hash())));

                Assert.Equal(statements.Count, records.Count);
                Assert.Equal(3, found.Forks.Count);
                var seen = Show(records, found);
                expected = expected.Length == 0 ? seen : expected;
                Assert.Equal(expected, seen);
            });
#pragma warning restore CA5394
        }

        Assert.True(orders.Count > Orders / 2, $"only {orders.Count} orders");
    }

    [Fact]
    public void Fork_IsAnsweredWithWhatItForks_AndARepetitionWithItsPlace() =>
        TestMarket.Run(async market =>
        {
            var domain = (await market.Head(Name)).Domain;
            var (first, second, fork) = (Say(domain, 1, 1), Say(domain, 1, 2), Say(domain, 1, 1, price: 7));

            Assert.Equal(new LedgerPlace(0, null), await Tell(market, second));
            Assert.Equal(new LedgerPlace(1, null), await Tell(market, first));
            Assert.Equal(new LedgerPlace(2, 1), await Tell(market, fork));
            await market.CrashAndStart();
            Assert.Equal(new LedgerPlace(2, 1), await Tell(market, fork));
            Assert.Equal(new LedgerPlace(1, null), await Tell(market, first));
            Assert.Equal(new LedgerPlace(0, null), await Tell(market, second));
        });

    [Fact]
    public void StatementThatTheOwnerHasNotSigned_IsRefused() =>
        TestMarket.Run(async market =>
        {
            var head = await market.Head(Name);
            var statement = Say(head.Domain, 1, 1);
            using var stranger = new Ed25519KeyPair(new byte[Ed25519.SeedSize]);
            await Refused(ErrorCode.Forbidden, statement with { Sequence = 2 });
            await Refused(ErrorCode.Forbidden, statement with { Author = stranger.PublicKey });
            await Refused(ErrorCode.Forbidden, statement with { Author = head.Domain.Market });
            await Refused(ErrorCode.Forbidden, Say(new MarketDomain(stranger.PublicKey), 1, 1));
            await Refused(ErrorCode.MalformedRequest, Say(head.Domain, 1, 0));
            await Refused(ErrorCode.MalformedRequest, statement with { Change = statement.Change with { Kind = "later" } });
            Assert.Equal(0UL, (await market.Head(Name)).Head.Size);

            async Task Refused(ErrorCode code, LedgerStatement statement) =>
                Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(() => Tell(market, statement))).Code);
        });

    private static Task<LedgerPlace> Tell(TestMarket market, LedgerStatement statement) =>
        market.Ledger(Name).AppendSigned(statement, Authority.Worker);

    /// <summary>Ten places, of which the first, fourth and seventh are forked: 2, 3 and 2 operations.</summary>
    private static List<LedgerStatement> Statements(MarketDomain domain)
    {
        var statements = new List<LedgerStatement>();
        for (ulong place = 0; place < 10; place++)
        {
            var forks =
                place is 3 ? 3
                : place is 0 or 6 ? 2
                : 1;
            for (var fork = 0; fork < forks; fork++)
            {
                statements.Add(Say(domain, 1 + (place / 4), 1 + (place % 4), price: 1 + fork));
            }
        }
        return statements;
    }

    private static LedgerStatement Say(MarketDomain domain, ulong epoch, ulong sequence, int price = 1)
    {
        var offer = LedgerWorkerTests.Offer(price) with { Worker = new WorkerId(Owner.PublicKey) };
        var change = LedgerChanges.Offered(offer, DateTimeOffset.UnixEpoch.AddHours((10 * epoch) + sequence));
        var operation = new LedgerOperation
        {
            Namespace = Name,
            Author = Owner.PublicKey,
            Epoch = epoch,
            Sequence = sequence,
            Change = change.Change,
            Kind = change.Kind,
            Subject = [.. change.Words.Select(word => new LedgerWord(word.Name, word.Value))],
            Time = change.Time,
        };
        return new LedgerStatement(Owner.PublicKey, epoch, sequence, change, Owner.Sign(operation.Digest(domain).ToArray()));
    }

    /// <summary>Without places: operations, and which of them fork each other.</summary>
    private static string Show(IReadOnlyList<LedgerRecord> records, LedgerFindings found)
    {
        var operations = records.Select(record => $"{record.Operation.Hash()}").Order(StringComparer.Ordinal);
        var forks = found.Forks.Select(fork =>
            $"{fork.Author} {fork.Epoch} {fork.Sequence} "
            + string.Join('+', fork.Indexes.Select(index => $"{records[(int)index].Operation.Hash()}").Order(StringComparer.Ordinal))
        );
        return string.Join('\n', operations.Concat(forks.Order(StringComparer.Ordinal)));
    }
}
