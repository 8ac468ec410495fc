using Marketplace.Api.Workers;
using Marketplace.Worker.Protocol;
using Market = Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Bids travel with polls, invitations with orders; what is no bid ends the link.</summary>
public sealed class WorkerBidTests
{
    private static readonly string Digits = string.Concat(Enumerable.Repeat("0a", 32));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Link_CarriesBidsAndInvitations()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var link = await RunningLink.Start(worker);
        var invitation = new Market.AuctionInvitation(
            Auction: 5,
            Job: new JobId(Bytes32.Parse(Digits)),
            Program: default,
            FuelMax: 1_000,
            MemoryPagesMax: 16,
            TimeMax: TimeSpan.FromSeconds(3),
            PriceMax: new TokenAmount(70),
            Until: DateTimeOffset.UnixEpoch
        );
        gateway.Market.Workers.Give(new Market.WorkerOrders(true, [], [], [invitation], [4]));

        var poll = new WorkerPoll(worker.Id, 1, 1, 1)
        {
            Bids = [new SealedBid(3, Digits)],
            Opened = [new OpenedBid(2, new TokenAmount(9), Digits)],
        };
        var orders = await link.Market.Poll(poll, Cancellation);

        var told = Assert.Single(orders.Invitations!);
        Assert.Equal((5L, invitation.Job, new TokenAmount(70)), (told.Auction, told.Job, told.PriceMax));
        Assert.Equal([4L], orders.Closed);
        var seen = Assert.Single(gateway.Market.Workers.Polls);
        Assert.Equal(new Market.SealedBid(3, Bytes32.Parse(Digits)), Assert.Single(seen.Bids));
        Assert.Equal(new Market.OpenedBid(2, new TokenAmount(9), Bytes32.Parse(Digits)), Assert.Single(seen.Opened));
    }

    [Theory]
    [InlineData("a commitment that is none")]
    [InlineData("a nonce that is none")]
    [InlineData("a bid that is null")]
    [InlineData("an opened bid that is null")]
    public async Task BidThatIsNone_EndsTheLink(string what)
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        using var channel = await worker.Channel();
        var poll = new WorkerPoll(worker.Id, 1, 1, 1);
        poll = what switch
        {
            "a commitment that is none" => poll with { Bids = [new SealedBid(1, "zz")] },
            "a nonce that is none" => poll with { Opened = [new OpenedBid(1, new TokenAmount(1), Digits[2..])] },
            "a bid that is null" => poll with { Bids = [null!] },
            _ => poll with { Opened = [null!] },
        };

        await channel.Send(new LinkFrame { Call = 1, Poll = poll }, Cancellation);

        Assert.Equal(LinkEnd.Malformed, (await channel.Receive(Cancellation)).Frame.Goodbye?.Reason);
        Assert.Empty(gateway.Market.Workers.Polls);
    }
}
