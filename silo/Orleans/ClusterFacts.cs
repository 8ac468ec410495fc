using System.Collections.Frozen;
using System.Threading.Channels;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>
/// One silo of many. <see cref="OtherSilos"/> tells it whose workers are gone, <see cref="WaitsOfMovingGrains"/> when grains move.
/// </summary>
internal sealed class ClusterFacts : IHostFacts
{
    /// <summary>As many as there are silos: each death is written once.</summary>
    private readonly Channel<WorkerId> _lost = Channel.CreateUnbounded<WorkerId>();
    private CancellationTokenSource _round = new();

    /// <summary>The streams of news that have listeners, as <see cref="NewsListeners"/> learned last.</summary>
    public FrozenSet<string> Listened { private get; set; } = [];

    /// <summary>
    /// Orleans does not tell a publisher whether there are listeners. A client may wait for the end of a job, so ends are always announced;
    /// who watches the news may miss those of the first moment.
    /// </summary>
    public bool MayHaveListeners(StreamId stream) =>
        stream.GetNamespace() is MarketStreams.Results or null || Listened.Contains(stream.GetNamespace()!);

    public CancellationToken WaitsEnd => Volatile.Read(ref _round).Token;

    public IAsyncEnumerable<WorkerId> LostWorkers(CancellationToken cancellation) => _lost.Reader.ReadAllAsync(cancellation);

    public void Lose(WorkerId worker) => _lost.Writer.TryWrite(worker);

    /// <summary>Ends the waits that are under way.</summary>
    public void EndWaits() => Interlocked.Exchange(ref _round, new CancellationTokenSource()).Cancel();

    /// <summary>Ends the waits that are under way, and every later one at once: the silo stops.</summary>
    public void CloseWaits()
    {
        var over = new CancellationTokenSource();
        over.Cancel();
        Interlocked.Exchange(ref _round, over).Cancel();
    }
}
