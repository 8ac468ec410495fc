using System.Threading.Channels;
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

    /// <summary>Orleans does not tell a publisher whether there are listeners.</summary>
    public bool MayHaveListeners(StreamId stream) => true;

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
