using System.Collections.Immutable;

namespace Marketplace.Verify.Sim;

/// <summary>What <c>verify sim --without</c> takes out. A test compares the texts with the sources.</summary>
internal static class Safeguards
{
    public static ImmutableArray<Safeguard> All { get; } =
    [
        new(
            "lease-start",
            "grains/Market/MarketLeases.cs",
            "lease.Start == start && _jobs.TryGetValue(lease.Sequence",
            "_jobs.TryGetValue(lease.Sequence",
            "A report on a lease of an earlier start counts for a lease of this one."
        ),
        new(
            "lease-worker",
            "grains/Market/MarketLeases.cs",
            "out var leased) && leased.Offer?.Offer.Worker == worker ? leased : null;",
            "out var leased) ? leased : null;",
            "A worker reports on another worker's lease."
        ),
        new(
            "lease-over",
            "grains/Market/MarketBook.Matching.cs",
            "            Leases.Remove(lease.Id);\n",
            "",
            "A lease that the market took back still counts."
        ),
        new(
            "lease-deadline",
            "grains/Market/MarketBook.Matching.cs",
            "        _deadlines.Set(job, job.Term.Deadline.Ticks);\n        offer.Order(lease);",
            "        DeadlineHeap.Leave(job);\n        offer.Order(lease);",
            "A worker that is gone keeps its jobs for ever."
        ),
        new(
            "report-job",
            "grains/Market/MarketReports.cs",
            "is not { } job || job.Ticket.Job != report.Job)",
            "is not { } job)",
            "A report on a lease names another job than the lease's."
        ),
        new(
            "report-output",
            "grains/Market/MarketReports.cs",
            "job.Offer!.AddsOutputs && job.Run!.RefusalOf(report.Output, job.IsSeat) is { } foreign",
            "job.Run!.RefusalOf(default, job.IsSeat) is { } foreign",
            "A worker hands out another account's blob as its output."
        ),
        new(
            "report-doubt",
            "grains/Market/MarketReports.cs",
            "RunOutcome.InputUnavailable or RunOutcome.InvalidModule && IsDoubted(job, report.Outcome, worker)",
            "RunOutcome.InputUnavailable or RunOutcome.InvalidModule && IsDoubted(job, report.Outcome, worker) && false",
            "One worker's word ends a job whose module is good."
        ),
        new(
            "one-seat",
            "grains/Market/MarketJob.cs",
            "        || Panel?.Refuses(this, offer.Offer) == true\n",
            "",
            "A worker has two of the votes by which a job is decided."
        ),
        new(
            "one-owner",
            "grains/Market/Panel.cs",
            "IsTaken(seat, offer.PayTo.Value) || IsTaken(",
            "IsTaken(",
            "Two workers of one owner have two of the votes by which a job is decided."
        ),
        new(
            "agreeing",
            "grains/Market/Panel.cs",
            "public int Needed => IsAudited == true ? 2 : Assurance.Agreeing;",
            "public int Needed => 1;",
            "A job ends by fewer results than were bought."
        ),
        new(
            "poll-sequence",
            "grains/Market/MarketBook.Offers.cs",
            " || poll.Sequence < offer.Sequence)",
            ")",
            "A poll that comes late takes leases that its worker does not wait for."
        ),
        new(
            "heartbeat-forward",
            "grains/Market/MarketJob.cs",
            "FuelSoFar = Math.Max(FuelSoFar, (long)UInt128.Min(",
            "FuelSoFar = Math.Max(0, (long)UInt128.Min(",
            "An old heartbeat takes back what a cancelled run has used."
        ),
        new(
            "fuel-limit",
            "grains/Jobs/JobPricing.cs",
            "Cost((ulong)Math.Clamp(end.FuelUsed, 0, spec.FuelMax),",
            "Cost((ulong)Math.Max(end.FuelUsed, 0),",
            "A worker is paid for more fuel than the job may use."
        ),
        new(
            "signed-execution",
            "grains/Market/ReportRules.cs",
            "return execution == claimed ? null :",
            "return execution != default ? null :",
            "A worker is paid for another run than the one that it has signed."
        ),
        new(
            "first-terminal-write",
            "grains/Jobs/JobGrain.cs",
            "        if (_job.Value is { Ending: null } open)\n        {\n            var ended = Ended(open, end);",
            "        if (_job.Value is { } open)\n        {\n            var ended = Ended(open, end);",
            "A later end replaces the first one."
        ),
        new(
            "request-id",
            "grains/Jobs/JobGrain.cs",
            "known.SpecHash == hash && known.Account == submission.Account ?",
            "known.Account == submission.Account ?",
            "Another job under a request id that was used counts as accepted."
        ),
        new(
            "settle-once",
            "grains/Accounts/AccountRules.cs",
            "hold.Carries(settlement.HeldAt) && settlement.Payee is not null",
            "settlement.Payee is not null",
            "A job that was settled is paid again from the hold of a repeated request."
        ),
        new(
            "release-own-hold",
            "grains/Submission/SubmissionGrain.cs",
            "\n                && admission.HeldAt < heldAt\n",
            "\n",
            "A repeated request gives back the hold that its job stands on."
        ),
        new(
            "transfer-sequence",
            "grains/Accounts/AccountGrain.cs",
            "        if (sequence <= last)\n        {\n            await _journal.Settled();\n            return;\n        }\n\n"
                + "        if (sequence != last + 1)",
            "        if (sequence > last + 1)",
            "A charge that is sent again arrives twice."
        ),
        new(
            "transfer-request",
            "grains/Accounts/AccountGrain.Transfers.cs",
            "        if (_account.Operations.Find(OperationKind.Transfer, order.RequestId) is not { } done)\n",
            "        if (_account.Operations.Find(OperationKind.Transfer, order.RequestId) is not { } done || order.To != _id)\n",
            "An order that is repeated sends the money twice."
        ),
        new(
            "transfer-fixed",
            "grains/Accounts/AccountParts.cs",
            "IsEmpty || Newest!.Sent ? Last + 1 : Last;",
            "IsEmpty ? Last + 1 : Last;",
            "A charge is added to a transfer that was sent already."
        ),
        new(
            "hand-over-check",
            "grains/Market/ShardStays.cs",
            "        foreach (var shard in book.JobsAway().Select(job => job.Away!.Shard).Distinct().ToArray())\n",
            "        foreach (var shard in Array.Empty<string>())\n",
            "A job that was handed over and did not arrive waits for ever."
        ),
        new(
            "hand-over-held",
            "grains/Market/MarketGrain.Time.cs",
            "            await _stays.FindHeld();\n",
            "",
            "A shard that starts leases what another has of its jobs."
        ),
        new(
            "sweep",
            "grains/Market/MarketGrain.Twins.cs",
            "        if (_sweeping || _book.IsPaused)",
            "        if (_steppedDown || !_steppedDown)",
            "A job that did not arrive in the queue is not found."
        ),
    ];
}
