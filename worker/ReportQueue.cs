using System.Threading.Channels;
using Marketplace.Api.Workers;

namespace Marketplace.Worker;

/// <summary>
/// Results on their way to the market. A batch has the results that came while the report before was under way: the first result never
/// waits for others. Bounded by the leases that the worker holds.
/// </summary>
internal sealed class ReportQueue
{
    private readonly Channel<WorkerResult> _results = Channel.CreateUnbounded<WorkerResult>(
        new UnboundedChannelOptions { SingleReader = true }
    );

    public void Add(WorkerResult result) => _results.Writer.TryWrite(result);

    public void Close() => _results.Writer.Complete();

    /// <summary>One to <paramref name="most"/> results; null when the queue is closed and empty.</summary>
    public async ValueTask<IReadOnlyList<WorkerResult>?> Take(int most)
    {
        if (!await _results.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            return null;
        }
        return TakeWaiting(most);
    }

    /// <summary>None to <paramref name="most"/> results, those that are there.</summary>
    public IReadOnlyList<WorkerResult> TakeWaiting(int most)
    {
        List<WorkerResult> batch = [];
        while (batch.Count < most && _results.Reader.TryRead(out var result))
        {
            batch.Add(result);
        }
        return batch;
    }
}
