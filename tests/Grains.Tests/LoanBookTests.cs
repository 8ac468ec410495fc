using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Testing;
using Xunit;

namespace Marketplace.Tests.Grains;

/// <summary>Offers that another shard lent and lends no more.</summary>
public class LoanBookTests
{
    private const string Shard = "wasm/1";

    private static readonly MarketTime Now = new(DateTimeOffset.UnixEpoch, TimeSpan.Zero);
    private static readonly LentOffer Lent = new(
        new WorkerOffer(
            Worker: new WorkerId(new Bytes32([1, .. new byte[31]])),
            PayTo: default,
            PricePerMillionFuel: new TokenAmount(1),
            Slots: 1,
            MemoryPagesMax: 1
        ),
        default,
        3,
        true
    );

    private readonly MarketBook _book = new(start: 7, new QueueBounds(), TestOwner.Domain);

    public LoanBookTests()
    {
        _book.Resume(Now);
        _book.Loans.Set(Shard, 5, [Lent], Now);
    }

    [Fact]
    public void OrdersWithoutAnAnswer_OutliveTheNextLoan()
    {
        _book.Loans.Suspend(Lent.Offer.Worker, 5, 3);
        _book.Loans.FindSession(Lent.Offer.Worker, 5, 3)!.OrderStop(new LeaseId(7, 1));

        _book.Loans.Set(Shard, 5, [Lent], Now);

        Assert.True(_book.Loans.FindSession(Lent.Offer.Worker, 5, 3)!.HasOrders);
    }

    [Fact]
    public void MemberThatIsLentNoMore_IsAskedToSignWhatItRan()
    {
        _book.AllOffers.Lent.Find(Lent.Offer.Worker)!.Jobs.Add(null!);
        _book.Loans.Set(Shard, 5, [], Now);

        var asked = 0;
        _book.Panels.Order(Lent.Offer.Worker, _ => asked++);

        Assert.Equal(1, asked);
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.LentOffersOfOwnerMax))]
    public void LoanHasTheBestKnown_AndAFewOfEachOwner()
    {
        var book = new MarketBook(start: 7, new QueueBounds(), TestOwner.Domain);
        WorkerId Offer(byte first, int number, AccountId owner, StandingLevel level)
        {
            var id = new byte[32];
            id[0] = first;
            BitConverter.TryWriteBytes(id.AsSpan(4), number);
            var worker = new WorkerId(new Bytes32(id));
            book.SetOffer(Lent.Offer with { Worker = worker, PayTo = owner }, new Standing { Level = level }, Now);
            book.Poll(new WorkerPoll(worker, 7, 1, 1, AddsOutputs: true), Now);
            return worker;
        }
        // Keys that were chosen to come first, each for an owner of its own.
        for (var number = 0; number < MarketPolicy.LentOffersMax; number++)
        {
            Offer(0, number, new AccountId(new Bytes32([1, (byte)number, .. new byte[30]])), StandingLevel.Newcomer);
        }
        var owner = new AccountId(new Bytes32([2, .. new byte[31]]));
        var good = Enumerable
            .Range(0, MarketPolicy.LentOffersOfOwnerMax + 1)
            .Select(number => Offer(9, number, owner, StandingLevel.Good))
            .ToArray();

        var lent = book.Loans.ToLend();

        Assert.Equal(MarketPolicy.LentOffersMax, lent.Length);
        Assert.Equal(MarketPolicy.LentOffersOfOwnerMax, lent.Count(each => good.Contains(each.Offer.Worker)));
        Assert.All(lent[..MarketPolicy.LentOffersOfOwnerMax], each => Assert.Contains(each.Offer.Worker, good));
        Assert.Equal(lent, book.Loans.ToLend());
    }
}
