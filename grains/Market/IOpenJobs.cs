namespace Marketplace.Grains;

/// <summary>The jobs that are stored as pending: what a market's queue is rebuilt from.</summary>
public interface IOpenJobs
{
    /// <summary>
    /// Gives every job that was durably pending at the moment of the call and has not ended since, in no particular order. Inside a grain
    /// <paramref name="found"/> runs in the grain's turns.
    /// </summary>
    Task Read(Action<JobTicket> found, CancellationToken cancellation);
}
