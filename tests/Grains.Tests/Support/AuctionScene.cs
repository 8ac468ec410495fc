using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Support;

/// <summary>A book with jobs that are auctioned and workers that bid as a test says.</summary>
internal sealed class AuctionScene
{
    public const long Start = 7;
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(500);
    private readonly List<MarketJob> _added = [];
    private int _jobs;

    public AuctionScene() => Book.Resume(Now);

    public MarketBook Book { get; } = new(Start, new QueueBounds(), TestOwner.Domain);

    public MarketTime Now { get; set; } = new(DateTimeOffset.UnixEpoch, TimeSpan.Zero);

    public void Check() => Assert.Empty(Book.Invariants.Violations());

    public MarketTime At(TimeSpan later) => new(Now.Wall + later, Now.Running + later);

    /// <summary>Time passes, and what is due is done.</summary>
    public void Pass(TimeSpan time)
    {
        Now = At(time);
        Book.MoveAuctions(Now, byTime: true);
        Step();
    }

    /// <summary>Windows that are open come to their end.</summary>
    public void CloseWindows()
    {
        if (_added.Exists(job => job.Auction is { IsClosed: false }))
        {
            Pass(Window);
        }
    }

    public void Step()
    {
        Book.Rematch(Now);
        Book.Flush();
        Assert.Empty(Book.Invariants.Violations());
        Assert.Empty(Book.Invariants.ViolationsAtRest());
    }

    public static void OpenAll(params Bidder[] bidders)
    {
        foreach (var bidder in bidders)
        {
            bidder.Open();
        }
    }

    public Bidder Worker(int number, long price = 50, int slots = 1)
    {
        var worker = new WorkerId(new Bytes32([.. Enumerable.Repeat((byte)(number + 1), Bytes32.Size)]));
        var offer = new WorkerOffer(
            Worker: worker,
            PayTo: new AccountId(worker.Value),
            PricePerMillionFuel: new TokenAmount((UInt128)price),
            Slots: slots,
            MemoryPagesMax: MarketLimits.MemoryPagesMax
        );
        Book.SetOffer(offer, new Standing(1000, StandingLevel.Good, false), Now);
        var bidder = new Bidder(this, worker, slots);
        bidder.Poll();
        return bidder;
    }

    public static AccountId Buyer(int number) =>
        new(new Bytes32([.. Enumerable.Repeat((byte)(200 + (number % 50)), 30), .. BitConverter.GetBytes((short)number)]));

    public MarketJob Job(long price, int buyer = 1, int priority = 0, TimeSpan? expiresAfter = null) =>
        new(
            new JobTicket(
                Job: new JobId(new Bytes32([.. BitConverter.GetBytes((long)++_jobs), .. new byte[24]])),
                Account: Buyer(buyer),
                Spec: TestMarket.Spec(default, price) with
                {
                    Auction = Window,
                    Priority = priority,
                    ExpiresAfter = expiresAfter ?? TimeSpan.FromMinutes(10),
                },
                Module: default,
                UsesState: false,
                SubmittedAt: Now.Wall,
                RequestId: "one"
            )
        )
        {
            ExpiresAt = Now.Wall + (expiresAfter ?? TimeSpan.FromMinutes(10)),
        };

    public MarketJob Add(long price, int priority = 0, TimeSpan? expiresAfter = null, bool step = true)
    {
        var ticket = Job(price, priority: priority, expiresAfter: expiresAfter).Ticket;
        Book.Add(ticket, Now);
        _added.Add(Book.Find(ticket.Job)!);
        if (step)
        {
            Step();
        }
        return Book.Find(ticket.Job)!;
    }

    /// <summary>A worker that hears what its polls are answered, and bids what the test says.</summary>
    public sealed class Bidder(AuctionScene scene, WorkerId worker, int slots)
    {
        private readonly Dictionary<long, (TokenAmount Price, Bytes32 Nonce, Bytes32 Commitment)> _bids = [];
        private readonly List<AuctionInvitation> _invited = [];
        private readonly List<long> _closed = [];
        private readonly List<Lease> _leases = [];
        private MarketPoll? _heard;
        private long _sequence;

        public WorkerId Id => worker;

        public MarketOffer? Offer => scene.Book.Offers.GetValueOrDefault(worker);

        public void Poll(SealedBid[]? bids = null, OpenedBid[]? opened = null)
        {
            scene.Book.Poll(
                new WorkerPoll(worker, Start, ++_sequence, slots, Heartbeats: true) { Bids = [.. bids ?? []], Opened = [.. opened ?? []] },
                scene.Now
            );
            scene.Step();
        }

        /// <summary>All that it was told and has not answered.</summary>
        public (IReadOnlyList<AuctionInvitation> Invitations, IReadOnlyList<long> Closed, IReadOnlyList<Lease> Leases) Hear()
        {
            if (Offer?.Poll is { Orders: { } orders } poll && poll != _heard)
            {
                _heard = poll;
                _invited.AddRange(orders.Invitations.IsDefault ? [] : orders.Invitations);
                _closed.AddRange(orders.Closed.IsDefault ? [] : orders.Closed);
                _leases.AddRange(orders.Leases);
            }
            return (_invited, _closed, _leases);
        }

        /// <summary>Bids in all auctions that it was invited to and has heard of.</summary>
        public void Bid(long price, int seed = 1)
        {
            Hear();
            var bids = new List<SealedBid>();
            foreach (var invitation in _invited)
            {
                var nonce = new Bytes32([.. BitConverter.GetBytes(seed), .. worker.Value.ToArray()[..28]]);
                var amount = new TokenAmount((UInt128)price);
                var commitment = new BidCommitment(TestOwner.Market.PublicKey, Start, invitation.Auction, invitation.Job, worker).Of(
                    amount,
                    nonce
                );
                _bids[invitation.Auction] = (amount, nonce, commitment);
                bids.Add(new SealedBid(invitation.Auction, commitment));
            }
            Poll([.. bids]);
        }

        /// <summary>Sends the sealed bids of another as its own.</summary>
        public void Copy(Bidder other)
        {
            Hear();
            Poll([.. other._bids.Select(bid => new SealedBid(bid.Key, bid.Value.Commitment))]);
        }

        /// <summary>Opens the bids of all auctions, when their windows have closed.</summary>
        public void Open(long? price = null, Bidder? nonceOf = null)
        {
            scene.CloseWindows();
            Hear();
            var bids = (nonceOf ?? this)._bids;
            Poll(
                opened:
                [
                    .. _closed
                        .Where(bids.ContainsKey)
                        .Select(auction => new OpenedBid(
                            auction,
                            price is { } other ? new TokenAmount((UInt128)other) : bids[auction].Price,
                            bids[auction].Nonce
                        )),
                ]
            );
        }

        public void Leave()
        {
            scene.Book.RemoveOffer(worker);
            scene.Book.MoveAuctions(scene.Now, byTime: false);
            scene.Step();
        }
    }
}
