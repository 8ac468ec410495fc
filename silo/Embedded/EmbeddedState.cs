using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>The embedded host goes on as long as its store does.</summary>
internal sealed class EmbeddedState(EmbeddedStore store) : IHostState
{
    public string? Failure =>
        store.Stopped is null ? null : "The store stopped after a failed write; the silo's log says why. Restart it when the disk is well.";

    /// <summary>All that it needs is in its own process and data folder.</summary>
    public string? Trouble => null;
}
