using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The jobs that are stored as pending: what a market's queue is rebuilt from, and made good with.</summary>
public interface IOpenJobs
{
    /// <summary>
    /// Gives every job that was durably pending at the moment of the call and has not ended since, in no particular order. A job whose
    /// pending write becomes durable during the call may be missing. Inside a grain the delegates run in the grain's turns.
    /// </summary>
    /// <param name="isWanted">Asked before a job is decoded.</param>
    /// <param name="found">Gets the jobs.</param>
    /// <param name="cancellation">Stops between two jobs.</param>
    Task Read(Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation);

    /// <summary>As the other, those of a span alone: for few jobs that are wanted among many that are not.</summary>
    Task Read(OpenJobSpan span, Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation);

    /// <summary>One job's whole ticket, from its document; null where it is not pending.</summary>
    ValueTask<JobTicket?> Find(JobId job);

    /// <returns>
    /// How many jobs of the program, those of one account or of all, were durably pending at the moment of the call; at most
    /// <paramref name="countMax"/>.
    /// </returns>
    Task<int> Count(ProgramId program, AccountId? account, int countMax, CancellationToken cancellation);
}

/// <summary>Jobs that were submitted from a moment until a moment.</summary>
public readonly record struct OpenJobSpan(DateTimeOffset From, DateTimeOffset Until);
