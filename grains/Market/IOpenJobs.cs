namespace Marketplace.Grains;

/// <summary>The jobs that are stored as pending: what a market's queue is rebuilt from.</summary>
public interface IOpenJobs
{
    /// <summary>Every job that was durably pending at the moment of the call and has not ended since, in no particular order.</summary>
    IAsyncEnumerable<JobTicket> Read(CancellationToken cancellation);
}
