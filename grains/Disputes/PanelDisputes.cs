using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What a panel has to dispute.</summary>
internal static class PanelDisputes
{
    /// <summary>Whether two of a panel's votes contradict each other.</summary>
    public static bool IsIn(Panel panel) => panel.Votes.Any(one => panel.Votes.Any(one.IsWrongBeside));

    /// <summary>The evidence of a panel that is over.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="ticket">Its job's whole ticket.</param>
    public static DisputeCase Of(Panel panel, JobTicket ticket) =>
        new(ticket, panel.Root, [.. panel.Votes.Select(CastOf)], panel.Accepted?.Execution);

    /// <summary>A vote as evidence. Of those that agree only one has the whole result, unless they timed out with different fuel.</summary>
    public static CastVote CastOf(Vote vote) =>
        new(
            Worker: vote.Worker,
            PayTo: vote.PayTo,
            Price: vote.Price,
            Execution: vote.Execution,
            Result: vote.Result is { } result ? ResultOf(result.End)
                : vote.Outcome == RunOutcome.TimedOut ? new CastResult(RunOutcome.TimedOut, 0, vote.FuelUsed, null, [], default)
                : null,
            Signed: vote.Signed
        );

    private static CastResult ResultOf(JobEnd end)
    {
        var proof = end.Proof!;
        var completed = proof.Outcome == RunOutcome.Completed;
        var files = proof.Refused?.Files ?? end.Output.Files;
        return new CastResult(
            Outcome: proof.Outcome,
            ExitCode: end.ExitCode ?? 0,
            FuelUsed: end.FuelUsed,
            Output: completed ? proof.Refused?.Content ?? JobExecutions.ContentOf(end.Output) : null,
            Files: completed && !files.IsDefault ? files : [],
            Writes: proof.Writes
        );
    }
}
