using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;

namespace Marketplace.Verify.FuzzNet;

/// <summary>Good frames at the wrong moment, too many, or in another's name: what each is by itself, the market would take.</summary>
internal static class CallCases
{
    private const int HeartbeatsAtOnce = LinkPolicy.HeartbeatsBurst + 4;

    private static readonly LinkFrame Goodbye = new() { Goodbye = new LinkGoodbye(LinkEnd.Done, "") };

    private static readonly (string Name, string[] Ends, Func<FuzzLane, IEnumerable<LinkFrame>> Frames)[] Cases =
    [
        ("number of nothing", [FrameSamples.Malformed], lane => [Find(lane) with { Call = 0 }]),
        ("number below nothing", [FrameSamples.Malformed], lane => [Find(lane) with { Call = -1 }]),
        ("no number", [FrameSamples.Malformed], lane => [Find(lane) with { Call = null }]),
        ("two contents", [FrameSamples.Malformed], lane => [Find(lane) with { Heartbeat = lane.Worker.Beat() }]),
        ("no content", [FrameSamples.Malformed], _ => [new LinkFrame { Call = 1 }]),
        ("credit that was not used", ["over_credit"], _ => [Credit(LinkPolicy.WindowFrames, 1)]),
        ("bytes that were not used", ["over_credit"], _ => [Credit(1, LinkPolicy.WindowBytes)]),
        ("credit of nothing", ["over_credit"], _ => [Credit(0, 0)]),
        ("credit below nothing", ["over_credit"], _ => [Credit(int.MinValue, long.MinValue)]),
        ("largest credit", ["over_credit"], _ => [Credit(int.MaxValue, long.MaxValue)]),
        ("too many heartbeats", ["too_often"], lane => Enumerable.Range(0, HeartbeatsAtOnce).Select(_ => Beat(lane))),
        ("too many leases in a heartbeat", [FrameSamples.Malformed], lane => [Runs(lane, WorkerLimits.LeasesMax + 1)]),
        ("most leases in a heartbeat", ["heartbeat"], lane => [Runs(lane, WorkerLimits.LeasesMax)]),
        ("another's offer", [FrameSamples.ForeignWorker], lane => [Offer(lane, offer => offer with { Worker = Other(lane) })]),
        ("another's run", [FrameSamples.ForeignWorker], lane => [Foreign(lane)]),
        ("another's report", [FrameSamples.ForeignWorker], lane => [Report(lane, report => report with { Worker = Other(lane) })]),
        ("a report that another signed", ["bad_signature"], SignedByAnother),
        ("a report for another market", ["bad_signature"], SignedForAnother),
        ("a report changed behind its signature", ["bad_signature"], ChangedReport),
        ("a result that is not of its execution", ["taken"], lane => [Report(lane, AnotherResult)]),
        ("an old report", ["bad_sequence"], OldReport),
        (
            "a report without results",
            [FrameSamples.Malformed],
            lane => [Report(lane, report => report with { Results = [], Sealed = null })]
        ),
        ("most results", ["taken"], lane => [Report(lane, report => Many(report, LinkPolicy.ReportResultsMax))]),
        ("one result too many", [FrameSamples.Malformed], lane => [Report(lane, report => Many(report, LinkPolicy.ReportResultsMax + 1))]),
        ("most slots", ["welcome"], lane => [Offer(lane, offer => offer with { Slots = WorkerLimits.SlotsMax })]),
        (
            "one slot too many",
            [FrameSamples.LimitExceeded],
            lane => [Offer(lane, offer => offer with { Slots = WorkerLimits.SlotsMax + 1 })]
        ),
        ("a price of nothing", [FrameSamples.LimitExceeded], lane => [Offer(lane, offer => offer with { PricePerMillionFuel = default })]),
        ("most votes", ["voted"], lane => [Votes(lane, WorkerLimits.WindowsMax)]),
        ("one vote too many", [FrameSamples.Malformed], lane => [Votes(lane, WorkerLimits.WindowsMax + 1)]),
        (
            "a key for committees that is not registered",
            [FrameSamples.MalformedRequest],
            lane =>
                [Offer(lane, offer => offer with { Committee = offer.Committee! with { Registration = new byte[Ed25519.SignatureSize] } })]
        ),
        ("a signed offer", ["welcome"], lane => [Offer(lane, lane.Worker.Signed)]),
        (
            "an offer that was signed as another",
            [FrameSamples.MalformedRequest],
            lane => [Offer(lane, offer => lane.Worker.Signed(offer) with { Slots = WorkerLimits.SlotsMax })]
        ),
        (
            "a statement without a signature",
            [FrameSamples.Malformed],
            lane => [Offer(lane, offer => offer with { Statement = new OfferStatement(1, 1, 1, default) })]
        ),
        ("most labels", ["welcome"], lane => [Offer(lane, offer => offer with { Labels = Labels(WorkerLimits.LabelsMax) })]),
        (
            "one label too many",
            [FrameSamples.LimitExceeded],
            lane => [Offer(lane, offer => offer with { Labels = Labels(WorkerLimits.LabelsMax + 1) })]
        ),
        ("a label that is null", [FrameSamples.Malformed], lane => [Offer(lane, offer => offer with { Labels = [null!] })]),
        ("an account that is not open", ["account_needed"], lane => [Offer(lane, offer => offer with { PayTo = new AccountId(default) })]),
        ("a bid too many", [FrameSamples.LimitExceeded], lane => [Bids(lane, WorkerLimits.BidsMax + 1)]),
        ("a bid that is null", [FrameSamples.Malformed], NullBid),
        ("a frame behind the goodbye", ["done"], lane => [Goodbye, Find(lane)]),
    ];

    /// <summary>Of a worker that has just offered and whose polls therefore wait.</summary>
    private static readonly (string Name, string[] Ends, Func<FuzzLane, IEnumerable<LinkFrame>> Frames)[] Waiting =
    [
        ("number of a call under way", [FrameSamples.Malformed], lane => [Poll(lane, 1), Poll(lane, 1)]),
        ("more calls than credit", ["over_credit"], TooManyPolls),
    ];

    public static async Task Run(FuzzLane lane, CancellationToken cancellation)
    {
        // On a link of its own: what others used of the credit would tell.
        lane.Drop();
        var link = await lane.Link(cancellation);
        var drawn = lane.Chance.Next(Cases.Length + Waiting.Length);
        var (name, ends, frames) = drawn < Cases.Length ? Cases[drawn] : Waiting[drawn - Cases.Length];
        if (drawn >= Cases.Length && !await lane.Offer(link, cancellation))
        {
            return;
        }
        LinkFrame[] sent = [.. frames(lane)];
        foreach (var frame in sent)
        {
            await link.Send(frame, cancellation);
        }
        Heard heard;
        string outcome;
        do
        {
            heard = lane.Take(await link.Receive(cancellation));
            outcome = heard.Frame is { } answer ? FuzzLane.OutcomeOf(answer) : heard.End;
        } while (!heard.IsEnd && !ends.Contains(outcome));
        if (sent.Any(frame => frame.Report is not null))
        {
            // It may have been taken before the link ended, and its end is being recorded.
            lane.Worker.Lease = null;
        }
        lane.Drop();
        lane.Table.Add($"call {name}", outcome, ends, () => "");
    }

    private static LinkFrame Find(FuzzLane lane) => FrameSamples.OfWorker["find"].Sample(lane.Worker);

    private static LinkFrame Beat(FuzzLane lane) => new() { Heartbeat = lane.Worker.Beat() };

    private static LinkFrame Credit(int frames, long bytes) => new() { Credit = new LinkCredit(frames, bytes) };

    private static WorkerId Other(FuzzLane lane) => new(Blake3.Hash(lane.Worker.Id.Value.ToArray()));

    /// <summary>Wants no leases, so it waits.</summary>
    private static LinkFrame Poll(FuzzLane lane, long call) => new() { Call = call, Poll = lane.Worker.Poll() with { LeasesMax = 0 } };

    private static LinkFrame Foreign(FuzzLane lane) =>
        new() { Call = 1, Find = new FindBlobCall(lane.Worker.Run() with { Worker = Other(lane) }, lane.Worker.Module) };

    private static LinkFrame Offer(FuzzLane lane, Func<WorkerOffer, WorkerOffer> change) =>
        new() { Call = 1, Offer = change(lane.Worker.Offer) };

    private static LinkFrame Report(FuzzLane lane, Func<WorkerReport, WorkerReport> change) =>
        new() { Call = 1, Report = lane.Worker.Sign(change(FrameSamples.ReportOf(lane.Worker))) };

    private static LinkFrame Votes(FuzzLane lane, int count)
    {
        var vote = new WindowVote(1) { Signature = lane.Worker.Committee.Possession };
        return new LinkFrame
        {
            Call = 1,
            Vote = new CommitteeVotes(lane.Worker.Id) { Votes = [.. Enumerable.Repeat(vote, count)] },
        };
    }

    private static WorkerReport Many(WorkerReport report, int count) =>
        report with
        {
            Results = [.. Enumerable.Repeat(report.Results[0], count)],
        };

    private static string[] Labels(int count) => [.. Enumerable.Range(0, count).Select(number => $"label{number}=x")];

    private static LinkFrame Runs(FuzzLane lane, int count)
    {
        var runs = Enumerable.Range(1, count).Select(number => new LeaseBeat(new LeaseId(number, long.MaxValue), LeaseStage.Running, -1));
        return new LinkFrame { Heartbeat = lane.Worker.Beat() with { Runs = [.. runs] } };
    }

    private static LinkFrame Bids(FuzzLane lane, int count) =>
        new()
        {
            Call = 1,
            Poll = lane.Worker.Poll() with { Bids = [.. Enumerable.Repeat(new SealedBid(1, $"{lane.Worker.Id.Value}"), count)] },
        };

    private static IEnumerable<LinkFrame> NullBid(FuzzLane lane) =>
        [new LinkFrame { Call = 1, Poll = lane.Worker.Poll() with { Bids = [null!] } }];

    /// <summary>One poll, again and again under other numbers: none is answered before the first, and each holds its credit.</summary>
    private static IEnumerable<LinkFrame> TooManyPolls(FuzzLane lane)
    {
        var poll = lane.Worker.Poll() with { LeasesMax = 0 };
        return Enumerable.Range(1, 2 * LinkPolicy.WindowFrames).Select(call => new LinkFrame { Call = call, Poll = poll });
    }

    private static IEnumerable<LinkFrame> SignedByAnother(FuzzLane lane)
    {
        var own = lane.Worker.Sign(FrameSamples.ReportOf(lane.Worker));
        using var other = new Ed25519KeyPair(Other(lane).Value.ToArray());
        var signed = WorkerSignatures.Sign(other, lane.Target.Domain, own.Report, own.Start, own.Sequence);
        return [new LinkFrame { Call = 1, Report = signed }];
    }

    private static IEnumerable<LinkFrame> SignedForAnother(FuzzLane lane)
    {
        var own = lane.Worker.Sign(FrameSamples.ReportOf(lane.Worker));
        var signed = WorkerSignatures.Sign(lane.Worker.Key, new MarketDomain(Other(lane).Value), own.Report, own.Start, own.Sequence);
        return [new LinkFrame { Call = 1, Report = signed }];
    }

    private static IEnumerable<LinkFrame> ChangedReport(FuzzLane lane)
    {
        var own = lane.Worker.Sign(FrameSamples.ReportOf(lane.Worker));
        var changed = own.Report with { Results = [own.Report.Results[0] with { Execution = Other(lane).Value }] };
        return [new LinkFrame { Call = 1, Report = own with { Report = changed } }];
    }

    private static WorkerReport AnotherResult(WorkerReport report) =>
        report with
        {
            Results = [report.Results[0] with { FuelUsed = 1_000_000 }],
        };

    private static IEnumerable<LinkFrame> OldReport(FuzzLane lane)
    {
        var own = lane.Worker.Sign(FrameSamples.ReportOf(lane.Worker));
        return [new LinkFrame { Call = 1, Report = own }, new LinkFrame { Call = 2, Report = own }];
    }
}
