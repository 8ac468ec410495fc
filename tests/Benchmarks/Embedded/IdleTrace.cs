using System.Diagnostics;
using Marketplace.Api.Workers;
using Marketplace.Grains;
using Marketplace.Receipts;
using Marketplace.Silo;
using Marketplace.Storage;
using Marketplace.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Benchmarks;

/// <summary>
/// Moments of the one job that is under way, seen from outside of the product: around its store, its worker's link and its HTTP server. A
/// silo that runs by itself has none of this.
/// </summary>
internal sealed class IdleTrace
{
    private readonly Lock _gate = new();
    private List<Moment> _moments = [];

    /// <summary>Forgets the moments of the job before.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _moments = [];
        }
    }

    public IReadOnlyList<Moment> End()
    {
        lock (_gate)
        {
            return [.. _moments];
        }
    }

    public void Note(string what) => Note(what, Stopwatch.GetTimestamp());

    /// <param name="what">What happened.</param>
    /// <param name="utc">When, by the wall clock of this process.</param>
    public void Note(string what, DateTimeOffset utc) =>
        Note(what, Stopwatch.GetTimestamp() - ((DateTimeOffset.UtcNow - utc).Ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond));

    private void Note(string what, long at)
    {
        lock (_gate)
        {
            _moments.Add(new Moment(what, at));
        }
    }

    /// <summary>Puts the trace around what a silo is made of.</summary>
    public void Watch(WebApplicationBuilder builder) =>
        builder
            .Services.AddSingleton<IDocumentStore>(services => new TracedDocuments(services.GetRequiredService<EmbeddedStore>(), this))
            .AddSingleton<IEventLog>(services => new TracedLog(services.GetRequiredService<EmbeddedStore>(), this))
            .AddSingleton<IMarketLink>(services => new TracedLink(ActivatorUtilities.CreateInstance<LocalMarketLink>(services), this))
            .AddSingleton<IStartupFilter>(new Front(this));

    internal readonly record struct Moment(string What, long At);

    private sealed class Front(IdleTrace trace) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(
                    async (http, rest) =>
                    {
                        trace.Note(IdleStages.RequestRead);
                        await rest(http);
                    }
                );
                next(app);
            };
    }

    private sealed class TracedDocuments(IDocumentStore inner, IdleTrace trace) : IDocumentStore
    {
        public ValueTask<Document?> Read(DocumentKey key, CancellationToken cancellation = default) => inner.Read(key, cancellation);

        public ValueTask<long> Write(DocumentKey key, long expectedVersion, ReadOnlyMemory<byte> content)
        {
            var isJob = key.Kind == JobStateCodec.Kind;
            trace.Note(
                !isJob ? IdleStages.OtherQueued
                : expectedVersion == 0 ? IdleStages.PendingQueued
                : IdleStages.EndQueued
            );
            return Ended(
                inner.Write(key, expectedVersion, content),
                !isJob ? IdleStages.OtherDurable
                    : expectedVersion == 0 ? IdleStages.PendingDurable
                    : IdleStages.EndDurable
            );
        }

        public ValueTask Delete(DocumentKey key, long expectedVersion) => inner.Delete(key, expectedVersion);

        public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(string kind, CancellationToken cancellation = default) =>
            inner.Scan(kind, cancellation);

        public IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(
            string kind,
            string state,
            CancellationToken cancellation = default
        ) => inner.Scan(kind, state, cancellation);

        private async ValueTask<long> Ended(ValueTask<long> write, string what)
        {
            var version = await write.ConfigureAwait(false);
            trace.Note(what);
            return version;
        }
    }

    private sealed class TracedLog(IEventLog inner, IdleTrace trace) : IEventLog
    {
        public async ValueTask<long> Append(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries)
        {
            trace.Note(IdleStages.EventsQueued);
            var version = await inner.Append(stream, expectedVersion, entries).ConfigureAwait(false);
            trace.Note(IdleStages.EventsDurable);
            return version;
        }

        public IAsyncEnumerable<LogEntry> Read(string stream, long fromVersion = 1, CancellationToken cancellation = default) =>
            inner.Read(stream, fromVersion, cancellation);

        public IAsyncEnumerable<string> Streams(string prefix, CancellationToken cancellation = default) =>
            inner.Streams(prefix, cancellation);
    }

    private sealed class TracedLink(IMarketLink inner, IdleTrace trace) : IMarketLink
    {
        public MarketDomain Domain => inner.Domain;

        public ValueTask<WorkerWelcome> Offer(WorkerOffer offer, CancellationToken cancellation) => inner.Offer(offer, cancellation);

        public async ValueTask<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation)
        {
            var orders = await inner.Poll(poll, cancellation).ConfigureAwait(false);
            if (orders.Leases.Count > 0)
            {
                trace.Note(IdleStages.Leased);
            }
            return orders;
        }

        public ValueTask<IReadOnlyList<LeaseId>> Heartbeat(WorkerHeartbeat heartbeat, CancellationToken cancellation) =>
            inner.Heartbeat(heartbeat, cancellation);

        public ValueTask<IReadOnlyList<RefusedResult>> Report(WorkerReport report, CancellationToken cancellation)
        {
            if (report.Results is [var result, ..])
            {
                trace.Note(IdleStages.RunBegan, result.StartedAt);
                trace.Note(IdleStages.RunEnded, result.EndedAt);
            }
            trace.Note(IdleStages.Reported);
            return inner.Report(report, cancellation);
        }

        public ValueTask Vote(CommitteeVotes votes, CancellationToken cancellation) => inner.Vote(votes, cancellation);

        public ValueTask<byte[]> ReadSettlement(ulong number, CancellationToken cancellation) => inner.ReadSettlement(number, cancellation);

        public ValueTask<Stream?> OpenBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
            inner.OpenBlob(call, blob, cancellation);

        public ValueTask<long?> FindBlob(LeaseCall call, BlobId blob, CancellationToken cancellation) =>
            inner.FindBlob(call, blob, cancellation);

        public ValueTask PutOutput(LeaseCall call, BlobId output, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
            inner.PutOutput(call, output, content, cancellation);

        public ValueTask<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key, CancellationToken cancellation) =>
            inner.ReadState(call, key, cancellation);

        public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListState(
            LeaseCall call,
            ReadOnlyMemory<byte> prefix,
            CancellationToken cancellation
        ) => inner.ListState(call, prefix, cancellation);

        public ValueTask<StateRoot> StateRootWith(LeaseCall call, IReadOnlyList<StateChange> changes, CancellationToken cancellation) =>
            inner.StateRootWith(call, changes, cancellation);
    }
}
