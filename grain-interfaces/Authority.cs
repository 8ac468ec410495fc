namespace Marketplace.GrainInterfaces;

/// <summary>
/// A part of the marketplace that asks in its own name and not for a client's key. The name is a claim of the calling code. Strangers
/// cannot make the claim, because only silos reach grains.
/// </summary>
public enum Authority
{
    /// <summary>The silo, when it starts for the first time. Calls of earlier silos, which name no authority, count as this one.</summary>
    Silo = 0,

    /// <summary>Brings money in from outside and takes it out: deposits, withdrawals, and what becomes of them there.</summary>
    Treasury = 1,

    /// <summary>The HTTP layer, which asks for a caller or with what an account's owner has signed, and has no right of its own.</summary>
    Gateway = 2,

    /// <summary>A market, which takes reports, ends jobs and keeps what runs leave.</summary>
    Market = 3,

    /// <summary>An account, which keeps its keys, delivers its transfers and asks how its jobs ended.</summary>
    Account = 4,

    /// <summary>What takes batches of jobs in.</summary>
    Submission = 5,

    /// <summary>A job, which leaves the market and goes back to it.</summary>
    Job = 6,

    /// <summary>A program, which keeps its module.</summary>
    Program = 7,

    /// <summary>A blob, which counts against the quotas of those who keep it.</summary>
    Blob = 8,

    /// <summary>A reputation, which tells the market of a worker's standing and gives stakes back.</summary>
    Reputation = 9,

    /// <summary>A worker's grain, which tells the history of its offers.</summary>
    Worker = 10,

    /// <summary>A dispute, which asks for a jury and takes what the losers have at stake.</summary>
    Dispute = 11,

    /// <summary>What drops jobs that ended long ago.</summary>
    Retention = 12,
}
