using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>Has disputes keep the results that speak against each other, before the job ends by one of them.</summary>
/// <param name="grains">Reaches the disputes.</param>
/// <param name="openJobs">Where tickets are read that the queue does not keep whole.</param>
/// <param name="log">The market's log.</param>
internal sealed partial class PanelEvidence(IGrainFactory grains, IOpenJobs openJobs, ILogger<MarketGrain> log)
{
    /// <returns>Workers that no jury judges: against these it counts that they were outvoted.</returns>
    public async ValueTask<ImmutableArray<WorkerId>> Keep(Panel panel)
    {
        var job = panel.Job;
        if (!PanelDisputes.IsIn(panel))
        {
            return [];
        }
        if ((job.KeepsAll ? job.Ticket : await openJobs.Find(job.Ticket.Job)) is { } ticket)
        {
            var dispute = PanelDisputes.Of(panel, ticket);
            try
            {
                var unjudged = await LostWrites.Resend(() =>
                    grains.GetGrain<IDisputeGrain>(job.Ticket.Job.ToString()).Open(dispute, Authority.Market)
                );
                // A silo of the version before does not say.
                return unjudged.IsDefault ? AllOf(panel) : unjudged;
            }
            catch (MarketException refused) when (refused.Code is ErrorCode.MalformedRequest)
            {
                // What is no evidence must not keep the job from its end. A store that fails is no such reason: the end is tried again.
                LogNoDispute(refused, job.Ticket.Job);
            }
        }
        return AllOf(panel);
    }

    private static ImmutableArray<WorkerId> AllOf(Panel panel) => [.. panel.Votes.Select(vote => vote.Worker)];

    [LoggerMessage(EventId = 1225, Level = LogLevel.Error, Message = "The results of job {Job} differ, and make no dispute")]
    private partial void LogNoDispute(Exception refused, JobId job);
}
