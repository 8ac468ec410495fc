using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Who has a disputed job run by a jury. The market that is registered as it calls <see cref="IDisputeGrain.Decide"/> when it is over.
/// Where none is registered, disputes are kept as evidence, and none is tried.
/// </summary>
internal interface IJury
{
    /// <summary>
    /// Begins the trial. It is asked again from time to time until there is a verdict; a trial that is under way goes on.
    /// </summary>
    Task Summon(Trial trial);

    /// <returns>How many jurors have a result of the job; null: no trial of it is under way.</returns>
    Task<int?> CountIn(JobTicket ticket);
}
