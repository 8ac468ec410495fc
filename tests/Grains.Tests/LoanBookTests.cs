using Marketplace.GrainInterfaces;
using Marketplace.Grains;
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

    private readonly MarketBook _book = new(start: 7, new QueueBounds());

    public LoanBookTests()
    {
        _book.Resume(Now);
        _book.Loans.Set(Shard, 5, [Lent], Now);
    }

    [Fact]
    public void OrdersWithoutAnAnswer_OutliveTheNextLoan()
    {
        _book.Loans.Suspend(Lent.Offer.Worker, 3);
        _book.Loans.FindSession(Lent.Offer.Worker, 3)!.OrderStop(new LeaseId(7, 1));

        _book.Loans.Set(Shard, 5, [Lent], Now);

        Assert.True(_book.Loans.FindSession(Lent.Offer.Worker, 3)!.HasOrders);
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
}
