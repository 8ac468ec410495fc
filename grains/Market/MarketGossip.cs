using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// What the market tells those who watch it, in one batch a stream for all that one turn did. A stream that has no listeners costs a
/// question; nothing waits for those that there are.
/// </summary>
/// <param name="feed">The streams.</param>
/// <param name="clock">The market's clock.</param>
internal sealed class MarketGossip(IResultsFeed feed, MarketClock clock)
{
    private readonly Batch _jobs = new(MarketStreams.Jobs, feed);
    private readonly Batch _capabilities = new(MarketStreams.Capabilities, feed);
    private readonly Batch _reputation = new(MarketStreams.Reputation, feed);
    private readonly Batch _health = new(MarketStreams.Health, feed);

    public void Queued(MarketJob job)
    {
        if (_jobs.IsWanted)
        {
            _jobs.Add(OfJob(NewsKind.Queued, job) with { Price = job.PriceCap });
        }
    }

    /// <summary>A poll's answer takes leases to their worker.</summary>
    public void Leased(MarketBook book, WorkerId worker, WorkerOrders orders)
    {
        if (orders.Leases.IsDefaultOrEmpty || !_jobs.IsWanted)
        {
            return;
        }
        foreach (var lease in orders.Leases)
        {
            if (book.Leases.Find(lease.Id, worker) is { Offer: { } offer } job)
            {
                _jobs.Add(OfJob(NewsKind.Leased, job) with { Worker = worker, Price = job.PriceOf(offer) });
            }
        }
    }

    public void Retried(MarketJob job, WorkerId worker)
    {
        if (_jobs.IsWanted)
        {
            _jobs.Add(OfJob(NewsKind.Retried, job) with { Worker = worker, Price = job.PriceCap });
        }
    }

    public void Offered(OfferView? offer) => OfOffer(NewsKind.Offered, offer);

    public void Left(OfferView? offer) => OfOffer(NewsKind.Left, offer);

    public void Lost(OfferView? offer) => OfOffer(NewsKind.Lost, offer);

    /// <summary>The book goes by another standing of the worker than before.</summary>
    public void Standing(MarketBook book, WorkerId worker)
    {
        if (_reputation.IsWanted && book.FindOffer(worker) is { } offer)
        {
            _reputation.Add(new NewsItem(Kind: NewsKind.Standing, At: clock.Now.Wall, Worker: worker, Offer: offer));
        }
    }

    public void Started(MarketBook book) => OfMarket(NewsKind.Started, book);

    public void Pulse(MarketBook book) => OfMarket(NewsKind.Pulse, book);

    /// <summary>Publishes what came together since the last call.</summary>
    public void Flush()
    {
        _jobs.Publish();
        _capabilities.Publish();
        _reputation.Publish();
        _health.Publish();
    }

    private NewsItem OfJob(NewsKind kind, MarketJob job)
    {
        var ticket = job.Ticket;
        return new NewsItem(
            Kind: kind,
            At: clock.Now.Wall,
            Class: job.Figures!.Name,
            Account: ticket.Account,
            Job: ticket.Job,
            RequestId: ticket.RequestId,
            FuelMax: ticket.Spec.FuelMax,
            MemoryPagesMax: ticket.Spec.MemoryPagesMax
        );
    }

    private void OfOffer(NewsKind kind, OfferView? offer)
    {
        if (offer is not null && _capabilities.IsWanted)
        {
            _capabilities.Add(new NewsItem(Kind: kind, At: clock.Now.Wall, Worker: offer.Offer.Worker, Offer: offer));
        }
    }

    private void OfMarket(NewsKind kind, MarketBook book)
    {
        if (_health.IsWanted)
        {
            _health.Add(
                new NewsItem(Kind: kind, At: clock.Now.Wall, Pulse: new MarketPulse(book.QueuedCount, book.LeasedCount, book.Offers.Count))
            );
        }
    }

    /// <summary>What one stream is told next.</summary>
    private sealed class Batch(string stream, IResultsFeed feed)
    {
        private readonly List<NewsItem> _items = [];
        private int _missed;

        public bool IsWanted => feed.Wants(stream);

        public void Add(NewsItem item)
        {
            if (_items.Count < MarketPolicy.NewsItemsMax)
            {
                _items.Add(item);
            }
            else
            {
                _missed++;
            }
        }

        public void Publish()
        {
            if (_items.Count == 0)
            {
                return;
            }
            var news = new MarketNews([.. _items], _missed);
            _items.Clear();
            _missed = 0;
            feed.Publish(stream, news);
        }
    }
}
