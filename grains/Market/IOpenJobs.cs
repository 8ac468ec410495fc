namespace Marketplace.Grains;

/// <summary>The jobs that are stored as pending: what a market's queue is rebuilt from, and made good with.</summary>
public interface IOpenJobs
{
    /// <summary>
    /// Gives every job of the span that was durably pending at the moment of the call and has not ended since, in no particular order. A job
    /// whose pending write becomes durable during the call may be missing. Inside a grain the delegates run in the grain's turns.
    /// </summary>
    /// <param name="span">When the jobs were submitted.</param>
    /// <param name="isWanted">Asked before a job is read.</param>
    /// <param name="found">Gets the jobs.</param>
    /// <param name="cancellation">Stops between two jobs.</param>
    Task Read(OpenJobSpan span, Func<JobId, bool> isWanted, Action<JobTicket> found, CancellationToken cancellation);

    /// <summary>One job's whole ticket, from its document; null where it is not pending.</summary>
    ValueTask<JobTicket?> Find(JobId job);

    /// <returns>
    /// How many jobs of the program, those of one account or of all, were durably pending at the moment of the call; at most
    /// <paramref name="countMax"/>.
    /// </returns>
    Task<int> Count(ProgramId program, AccountId? account, int countMax, CancellationToken cancellation);
}

/// <summary>From a moment, or from the beginning, until a moment.</summary>
public readonly record struct OpenJobSpan(DateTimeOffset From, DateTimeOffset Until)
{
    public static OpenJobSpan All { get; } = new(DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
}
