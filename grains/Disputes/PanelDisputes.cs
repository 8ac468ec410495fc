using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What a panel has to dispute.</summary>
internal static class PanelDisputes
{
    /// <returns>The evidence of a panel that is over; null where no two of its votes contradict each other.</returns>
    public static DisputeCase? Of(Panel panel) =>
        panel.Votes.Any(one => panel.Votes.Any(one.IsWrongBeside))
            ? new DisputeCase(panel.Job.Ticket, panel.Root, [.. panel.Votes.Select(CastOf)], panel.Accepted?.Execution)
            : null;

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
