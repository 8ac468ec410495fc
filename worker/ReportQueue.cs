using System.Threading.Channels;
using Marketplace.Api.Workers;

namespace Marketplace.Worker;

/// <summary>
/// Results on their way to the market. A batch has the results that came while the report before was under way: the first result never
/// waits for others. Bounded by the leases that the worker holds.
/// </summary>
internal sealed class ReportQueue
{
    private readonly Channel<ReportItem> _results = Channel.CreateUnbounded<ReportItem>(
        new UnboundedChannelOptions { SingleReader = true }
    );

    public void Add(ReportItem result) => _results.Writer.TryWrite(result);

    public void Close() => _results.Writer.Complete();

    /// <summary>One to <paramref name="most"/> results; null when the queue is closed and empty.</summary>
    public async ValueTask<IReadOnlyList<ReportItem>?> Take(int most)
    {
        if (!await _results.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            return null;
        }
        return TakeWaiting(most);
    }

    /// <summary>None to <paramref name="most"/> results, those that are there.</summary>
    public IReadOnlyList<ReportItem> TakeWaiting(int most)
    {
        List<ReportItem> batch = [];
        while (batch.Count < most && _results.Reader.TryRead(out var result))
        {
            batch.Add(result);
        }
        return batch;
    }
}

/// <summary>What the market is told of a lease: a result, or that there is one, which stays sealed for now.</summary>
/// <param name="Result">The result; null where it stays sealed.</param>
/// <param name="Sealed">The commitment to it; null where it is told.</param>
internal readonly record struct ReportItem(WorkerResult? Result, SealedResult? Sealed)
{
    public LeaseId Lease => Result?.Lease ?? Sealed!.Lease;

    public static implicit operator ReportItem(WorkerResult result) => new(result, null);
}
