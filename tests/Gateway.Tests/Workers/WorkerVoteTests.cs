using System.Collections.Immutable;
using Marketplace.Api.Workers;
using Marketplace.Gateway;
using Marketplace.Testing;
using Marketplace.Worker.Protocol;
using Market = Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Keys for committees travel with offers, duties with orders, votes alone; what has not their form ends the link.</summary>
public sealed class WorkerVoteTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static CommitteeKey Key => new(Bytes(48), Bytes(96), Bytes(64));

    [Fact]
    public async Task Link_CarriesKeysDutiesAndVotes()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var link = await RunningLink.Start(worker);
        await link.Market.Offer(worker.Offer with { Committee = Key }, Cancellation);
        var kept = gateway.Market.Workers.Offers[worker.Id].Committee!;
        var said = gateway.Market.Workers.Offers[worker.Id].Statement!;
        Assert.Equal((1UL, 64), (said.Sequence, said.Signature.Length));
        Assert.Equal((48, 96, 64), (kept.Key.Length, kept.Possession.Length, kept.Registration.Length));
        Assert.Equal(Key.Registration.ToArray(), kept.Registration.ToArray());
        // Two that have no room in one frame of orders.
        var windows = new[] { Window(1, WorkerLimits.WindowReceiptsMax), Window(2, WorkerLimits.WindowReceiptsMax), Window(3, 1) };
        var duties = new Market.CommitteeDuties(
            new Market.ShareRequest(9, Word(9)),
            [.. windows],
            new Market.SettlementRequest(ulong.MaxValue, 8, Word(7))
        );
        gateway.Market.Workers.Give(new Market.WorkerOrders(true, [], []) { Duties = duties });

        var told = (await link.Market.Poll(new WorkerPoll(worker.Id, 1, 1, 1), Cancellation)).Duties!;

        Assert.Equal(new ShareRequest(9, Word(9)), told.Share);
        Assert.Equal(new SettlementRequest(ulong.MaxValue, 8, Word(7)), told.Settlement);
        Assert.Equal([1L, 2L, 3L], told.Windows!.Select(window => window.Number));
        Assert.All(told.Windows!.Zip(windows), pair => AssertSame(pair.Second, pair.First));

        var votes = new CommitteeVotes(worker.Id)
        {
            Votes = [new WindowVote(1) { Signature = Bytes(96) }, new WindowVote(2) { Refused = [new JobId(Word(4))] }],
            Shares = [new EpochShare(9, Bytes(96))],
            Settlement = new SettlementVote(ulong.MaxValue, 8, Bytes(96)),
        };
        await link.Market.Vote(votes, Cancellation);

        var seen = gateway.Market.Workers.Votes.ToArray();
        Assert.All(seen, vote => Assert.Equal(worker.Id, vote.Worker));
        Assert.Equal((1L, 96, true), (seen[0].Vote.Window, seen[0].Vote.Signature.Length, seen[0].Vote.Refused.IsDefaultOrEmpty));
        Assert.Equal((2L, 0), (seen[1].Vote.Window, seen[1].Vote.Signature.Length));
        Assert.Equal([new JobId(Word(4))], seen[1].Vote.Refused);
        var share = Assert.Single(gateway.Market.Workers.Shares);
        Assert.Equal((worker.Id, 9UL, 96), (share.Worker, share.Share.Epoch, share.Share.Share.Length));
        Assert.Equal(
            (ulong.MaxValue, 8UL),
            Assert.Single(gateway.Market.Workers.Settlements.Select(one => (one.Vote.Number, one.Vote.Epoch)))
        );
    }

    [Fact]
    public async Task SettlementAlone_IsAskedForAndAnswered()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var link = await RunningLink.Start(worker);
        var duties = new Market.CommitteeDuties(Settlement: new Market.SettlementRequest(1, 2, Word(3)));
        gateway.Market.Workers.Give(new Market.WorkerOrders(true, [], []) { Duties = duties });

        var told = (await link.Market.Poll(new WorkerPoll(worker.Id, 1, 1, 1), Cancellation)).Duties!;
        Assert.Equal(new SettlementRequest(1, 2, Word(3)), told.Settlement);
        Assert.Null(told.Share);
        Assert.Empty(told.Windows ?? []);
        await link.Market.Vote(new CommitteeVotes(worker.Id) { Settlement = new SettlementVote(1, 2, Bytes(96)) }, Cancellation);

        var (voter, vote) = Assert.Single(gateway.Market.Workers.Settlements);
        Assert.Equal((worker.Id, 1UL, 2UL, 96), (voter, vote.Number, vote.Epoch, vote.Signature.Length));
        Assert.Empty(gateway.Market.Workers.Votes);
    }

    [Fact]
    public async Task OrdersWithoutDuties_HaveNone()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var link = await RunningLink.Start(worker);
        gateway.Market.Workers.Give(new Market.WorkerOrders(true, [], []));

        Assert.Null((await link.Market.Poll(new WorkerPoll(worker.Id, 1, 1, 1), Cancellation)).Duties);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("possession")]
    [InlineData("registration")]
    public async Task KeyOfAnotherLength_EndsTheLink(string what)
    {
        var key = what switch
        {
            "key" => Key with { Key = Bytes(47) },
            "possession" => Key with { Possession = Bytes(97) },
            _ => Key with { Registration = default },
        };
        await EndsTheLink((worker, frame) => frame with { Offer = worker.Offer with { Committee = key } });
    }

    [Fact]
    public async Task StatementWithASignatureOfAnotherLength_EndsTheLink() =>
        await EndsTheLink(
            (worker, frame) => frame with { Offer = worker.Offer with { Statement = new OfferStatement(1, 1, 1, Bytes(63)) } }
        );

    [Theory]
    [InlineData("none")]
    [InlineData("vote that is null")]
    [InlineData("share that is null")]
    [InlineData("vote that says nothing")]
    [InlineData("vote that says both")]
    [InlineData("signature of another length")]
    [InlineData("share of another length")]
    [InlineData("settlement of another length")]
    [InlineData("refuses none")]
    public async Task VoteThatIsNone_EndsTheLink(string what)
    {
        await EndsTheLink(
            (worker, frame) =>
            {
                var votes = new CommitteeVotes(worker.Id);
                votes = what switch
                {
                    "vote that is null" => votes with { Votes = [null!] },
                    "share that is null" => votes with { Shares = [null!] },
                    "vote that says nothing" => votes with { Votes = [new WindowVote(1)] },
                    "vote that says both" => votes with { Votes = [new WindowVote(1) { Signature = Bytes(96), Refused = [default] }] },
                    "signature of another length" => votes with { Votes = [new WindowVote(1) { Signature = Bytes(95) }] },
                    "share of another length" => votes with { Shares = [new EpochShare(1, Bytes(48))] },
                    "settlement of another length" => votes with { Settlement = new SettlementVote(1, 1, Bytes(95)) },
                    "refuses none" => votes with { Votes = [new WindowVote(1) { Refused = [] }] },
                    _ => votes,
                };
                return frame with { Vote = votes };
            }
        );
    }

    [Fact, TestsBound(typeof(WorkerLimits), nameof(WorkerLimits.WindowsMax))]
    public async Task MoreVotesThanWindows_EndTheLink() =>
        await StandsAt(WorkerLimits.WindowsMax, (votes, count) => votes with { Votes = [.. Enumerable.Repeat(Refusing(1), count)] });

    [Fact, TestsBound(typeof(WorkerLimits), nameof(WorkerLimits.SharesMax))]
    public async Task MoreSharesThanEpochs_EndTheLink() =>
        await StandsAt(
            WorkerLimits.SharesMax,
            (votes, count) => votes with { Shares = [.. Enumerable.Repeat(new EpochShare(1, Bytes(96)), count)] }
        );

    [Fact, TestsBound(typeof(WorkerLimits), nameof(WorkerLimits.WindowReceiptsMax))]
    public async Task MoreRefusalsThanReceipts_EndTheLink() =>
        await StandsAt(WorkerLimits.WindowReceiptsMax, (votes, count) => votes with { Votes = [Refusing(count)] });

    /// <summary>All that a member may refuse at a time has room in one frame, and each window in one of orders.</summary>
    [Fact]
    public void LargestVotesAndWindows_FitIntoAFrame()
    {
        var votes = new CommitteeVotes(new WorkerId(Word(1)))
        {
            Votes = [.. Enumerable.Repeat(Refusing(WorkerLimits.WindowReceiptsMax), WorkerLimits.WindowsMax)],
            Shares = [new EpochShare(ulong.MaxValue, Bytes(96))],
            Settlement = new SettlementVote(ulong.MaxValue, ulong.MaxValue, Bytes(96)),
        };
        Assert.InRange(SizeOf(new LinkFrame { Call = long.MaxValue, Vote = votes }), 1, LinkPolicy.FrameBytesMax);

        var window = CommitteeMapping.ToWire(new Market.CommitteeDuties(null, [Window(1, WorkerLimits.WindowReceiptsMax, 16)])).Windows![0];
        var orders = new WorkerOrders(true, [], []) { Duties = new CommitteeDuties { Windows = [window] } };
        var size = SizeOf(
            new LinkFrame
            {
                Call = long.MaxValue,
                Orders = orders,
                More = true,
            }
        );
        Assert.InRange(size, 1, OrderParts.SizeOf(window));
        Assert.InRange(OrderParts.SizeOf(window) + LinkPolicy.OrdersPartBytes, 1, LinkPolicy.FrameBytesMax);
    }

    private static WindowVote Refusing(int count) => new(long.MaxValue) { Refused = [.. Enumerable.Repeat(new JobId(Word(5)), count)] };

    private static int SizeOf(LinkFrame frame) =>
        System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(frame, LinkJson.OfWorker<LinkFrame>()).Length;

    private static async Task StandsAt(int most, Func<CommitteeVotes, int, CommitteeVotes> make)
    {
        await using (var gateway = await GatewayFixture.Start())
        {
            using var worker = new LinkedWorker(gateway);
            using var channel = await worker.Channel();
            await channel.Send(new LinkFrame { Call = 1, Vote = make(new CommitteeVotes(worker.Id), most) }, Cancellation);
            Assert.NotNull((await channel.Receive(Cancellation)).Frame.Voted);
        }
        await EndsTheLink((worker, frame) => frame with { Vote = make(new CommitteeVotes(worker.Id), most + 1) });
    }

    private static async Task EndsTheLink(Func<LinkedWorker, LinkFrame, LinkFrame> make)
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        using var channel = await worker.Channel();

        await channel.Send(make(worker, new LinkFrame { Call = 1 }), Cancellation);

        Assert.Equal(LinkEnd.Malformed, (await channel.Receive(Cancellation)).Frame.Goodbye?.Reason);
        Assert.Empty(gateway.Market.Workers.Votes);
        Assert.Empty(gateway.Market.Workers.Shares);
        Assert.Empty(gateway.Market.Workers.Settlements);
        Assert.Empty(gateway.Market.Workers.Offers);
    }

    private static void AssertSame(Market.ReceiptWindow expected, ReceiptWindow told)
    {
        Assert.Equal((expected.Epoch, expected.Committee, expected.Receipts.Length), (told.Epoch, told.Committee, told.Receipts.Count));
        foreach (var (draft, seen) in expected.Receipts.Zip(told.Receipts))
        {
            Assert.Equal((draft.Job, draft.Payer, draft.EndedAt), (seen.Job, seen.Payer, seen.EndedAt));
            Assert.Equal((draft.Assurance, draft.State, draft.Fault), (seen.Assurance, seen.State, seen.Fault));
            Assert.Equal((draft.PriceLimit, draft.Price), (seen.PriceLimit, seen.Price));
            Assert.Equal(
                draft.Seats.Select(seat => (seat.Worker, seat.PricePerMillionFuel)),
                seen.Seats.Select(seat => (seat.Worker, seat.UnitPrice))
            );
            Assert.Equal(
                draft.Shares.Select(share => (share.Payee, share.Amount)),
                seen.Shares.Select(share => (share.Account, share.Amount))
            );
        }
    }

    private static Market.ReceiptWindow Window(long number, int receipts, int seats = 3) =>
        new(
            number,
            ulong.MaxValue,
            Word(1),
            [
                .. Enumerable
                    .Range(0, receipts)
                    .Select(index => new Market.ReceiptDraft(
                        Job: new JobId(Word((byte)index)),
                        Payer: new AccountId(Word(2)),
                        Seats: [.. Enumerable.Range(0, seats).Select(seat => Seat((byte)seat))],
                        Assurance: "committee:16",
                        State: "completed",
                        Fault: "no_worker",
                        PriceLimit: new TokenAmount(UInt128.MaxValue),
                        Price: new TokenAmount(UInt128.MaxValue),
                        Shares:
                        [
                            .. Enumerable
                                .Range(0, seats)
                                .Select(seat => new Market.PayeeAmount(new AccountId(Word((byte)seat)), new TokenAmount(UInt128.MaxValue))),
                        ],
                        EndedAt: ulong.MaxValue
                    )),
            ]
        );

    private static Market.JobSeat Seat(byte number) =>
        new(new WorkerId(Word(number)), new AccountId(Word(number)), new TokenAmount(UInt128.MaxValue));

    private static Bytes32 Word(byte value) => new([.. Enumerable.Repeat(value, Bytes32.Size)]);

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(index => (byte)index)];
}
