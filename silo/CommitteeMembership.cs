using Marketplace.Crypto;
using Marketplace.Worker;

namespace Marketplace.Silo;

/// <summary>What the worker inside the silo serves in committees with, in the silo's folder: a key of its own, and its votes.</summary>
internal sealed class CommitteeMembership : IDisposable
{
    private readonly Ed25519KeyPair _key;

    public CommitteeMembership(
        SiloOptions options,
        WorkerOptions worker,
        SiloFolder folder,
        TimeProvider clock,
        ILogger<CommitteeVoter> log
    )
    {
        _key = folder.KeyPair(SiloFolder.WorkerKey);
        Voter = options.WorkerCommittee ? CommitteeVoter.Open(folder.Path, _key, worker.PayTo, clock, log) : null;
    }

    /// <summary>Null where it serves in none.</summary>
    public CommitteeVoter? Voter { get; }

    public void Dispose()
    {
        Voter?.Dispose();
        _key.Dispose();
    }
}
