using Marketplace.Storage.Contracts;

namespace Marketplace.Storage;

/// <summary>The embedded store on simulated files, driven by a clock that stands still.</summary>
public sealed class SimulatedUnderTest : StoreUnderTest
{
    private readonly ManualTime _time = new();
    private readonly SimulatedStore _simulated;

    public SimulatedUnderTest()
    {
        _simulated = new SimulatedStore(_time, 1, Options, new SimulatedDelays());
        _simulated.Open();
    }

    /// <summary>Segments and archive files so small that a handful of writes fills them.</summary>
    public static EmbeddedStoreOptions Options { get; } =
        new()
        {
            Projections = [new TextProjection(TextProjection.Thing)],
            SegmentBytes = 4096,
            ArchiveFileBytes = 4096,
            FoldDelay = TimeSpan.FromMilliseconds(20),
        };

    public override IDocumentStore Documents => _simulated.Store;
    public override IEventLog Log => _simulated.Store;
    public override IListing Listing => _simulated.Store;

    public override async ValueTask Reopen()
    {
        await _simulated.Close();
        _simulated.Open();
    }

    public override async ValueTask<TResult> Wait<TResult>(ValueTask<TResult> task)
    {
        var waiting = task.AsTask();
        while (!waiting.IsCompleted && _time.FireNext())
        {
            // Each timer may be the one that completes it.
        }
        return await waiting.WaitAsync(TimeSpan.FromMinutes(2));
    }

    public override ValueTask DisposeAsync() => _simulated.DisposeAsync();
}
