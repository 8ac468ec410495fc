using Marketplace.Api.Workers;

namespace Marketplace.Worker;

/// <summary>
/// The market as one run reaches it: every call names the worker, the lease and the call's number. Blocks the run's thread, which belongs
/// to the worker and serves nothing else. Not thread-safe: a run makes one call at a time.
/// </summary>
internal sealed class LeasedMarket(IMarketLink link, WorkerId worker, LeaseId lease, CancellationToken stopped)
{
    private long _calls;

    /// <summary>The bytes, not yet verified; null where the market does not have them, or the run may not read them.</summary>
    public Stream? OpenBlob(BlobId blob) => Wait(link.OpenBlob(Next(), blob, stopped));

    public long? FindBlob(BlobId blob) => Wait(link.FindBlob(Next(), blob, stopped));

    public void PutOutput(BlobId output, ReadOnlyMemory<byte> content) =>
        link.PutOutput(Next(), output, content, stopped).AsTask().GetAwaiter().GetResult();

    public ReadOnlyMemory<byte>? ReadState(ReadOnlyMemory<byte> key) => Wait(link.ReadState(Next(), key, stopped));

    public IReadOnlyList<ReadOnlyMemory<byte>> ListState(ReadOnlyMemory<byte> prefix) => Wait(link.ListState(Next(), prefix, stopped));

    public StateRoot StateRootWith(IReadOnlyList<StateChange> changes) => Wait(link.StateRootWith(Next(), changes, stopped));

    private LeaseCall Next() => new(worker, lease, ++_calls);

    private static TValue Wait<TValue>(ValueTask<TValue> call) =>
        call.IsCompleted ? call.GetAwaiter().GetResult() : call.AsTask().GetAwaiter().GetResult();
}
