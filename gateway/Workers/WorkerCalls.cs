using System.Runtime.CompilerServices;
using Marketplace.Api.Workers;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Logging;
using Wire = Marketplace.Api.Workers;

namespace Marketplace.Gateway;

/// <summary>
/// A worker's calls as grain calls. It only translates: what an offer may hold and what a lease allows is decided in the grains. A refusal
/// is
/// an answer; what failed on this side is one too, and the worker repeats the call.
/// </summary>
internal sealed partial class WorkerCalls(
    IGrainFactory grains,
    MarketShards shards,
    IReadiness readiness,
    MarketDomain domain,
    LinkCounts counts,
    ILogger<WorkerCalls> log
)
{
    public static bool IsCall(LinkFrame frame) => SenderOf(frame) is not null;

    /// <summary>The worker that a call names; null for what is no call.</summary>
    public static WorkerId? SenderOf(LinkFrame frame) =>
        frame switch
        {
            { Offer: { } offer } => offer.Worker,
            { Poll: { } poll } => poll.Worker,
            { Report: { } report } => report.Report.Worker,
            { Find: { } find } => find.Call.Worker,
            { Read: { } read } => read.Call.Worker,
            { List: { } list } => list.Call.Worker,
            { RootWith: { } with } => with.Call.Worker,
            { Vote: { } vote } => vote.Worker,
            _ => null,
        };

    public bool IsSigned(SignedReport report) => WorkerSignatures.Verify(report, domain);

    /// <returns>Those of the leases that are over; null where there are none, or the market does not say now.</returns>
    public async Task<IReadOnlyList<LeaseId>?> Heartbeat(
        WorkerId worker,
        IReadOnlyList<Wire.LeaseBeat> runs,
        CancellationToken cancellation
    )
    {
        try
        {
            var over = await MarketOf(worker).Heartbeat(LinkMapping.ToGrain(runs)).WaitAsync(cancellation);
            return over.IsEmpty ? null : over;
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            // The next heartbeat says the same.
            LogFailed(failure);
            return null;
        }
    }

    /// <summary>Whether the market certainly has no offer of the worker, and so no leases.</summary>
    public async Task<bool> IsForgotten(WorkerId worker)
    {
        try
        {
            return await MarketOf(worker).Own.FindOffer(worker) is null;
        }
        catch (Exception failure)
        {
            LogFailed(failure);
            return false;
        }
    }

    /// <summary>The worker has said goodbye. What fails here is made good when its leases end.</summary>
    public async Task Leave(WorkerId worker)
    {
        try
        {
            await MarketOf(worker).Own.Leave(worker);
        }
        catch (Exception failure)
        {
            LogFailed(failure);
        }
    }

    /// <summary>One answer, or orders in parts.</summary>
    public async IAsyncEnumerable<LinkFrame> Answer(LinkFrame call, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (call.Poll is null)
        {
            yield return await Try(() => AnswerOne(call, cancellation), cancellation);
            yield break;
        }
        var answer = await Try(() => Poll(call.Poll, cancellation), cancellation);
        if (answer.Orders is not { } orders)
        {
            yield return answer;
            yield break;
        }
        foreach (var part in OrderParts.Of(orders))
        {
            yield return part;
        }
    }

    private async Task<LinkFrame> Try(Func<Task<LinkFrame>> call, CancellationToken cancellation)
    {
        try
        {
            return await call();
        }
        catch (MarketException missing) when (missing.Code == ErrorCode.AccountNotFound)
        {
            throw new LinkEndedException(LinkEnd.AccountNeeded, missing.Message);
        }
        catch (MarketException refused)
        {
            return Refused(refused.Code, refused.Message);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            LogFailed(failure);
            return Refused(ErrorCode.Unavailable, GatewayMessages.WorkerCallFailed);
        }
    }

    private async Task<LinkFrame> AnswerOne(LinkFrame call, CancellationToken cancellation) =>
        call switch
        {
            { Offer: { } offer } => await Offer(offer, cancellation),
            { Report: { } report } => await Report(report, cancellation),
            { Find: { } find } => new LinkFrame
            {
                Found = new BlobFound(await RunOf(find.Call).FindBlob(LinkMapping.ToGrain(find.Call), find.Blob).WaitAsync(cancellation)),
            },
            { Read: { } read } => new LinkFrame
            {
                Value = new StateValue(await RunOf(read.Call).ReadState(LinkMapping.ToGrain(read.Call), read.Key).WaitAsync(cancellation)),
            },
            { List: { } list } => new LinkFrame
            {
                Keys = new StateKeys(await RunOf(list.Call).ListState(LinkMapping.ToGrain(list.Call), list.Prefix).WaitAsync(cancellation)),
            },
            { RootWith: { } with } => new LinkFrame
            {
                Root = new StateRootAnswer(
                    await RunOf(with.Call)
                        .StateRootWith(LinkMapping.ToGrain(with.Call), LinkMapping.ToGrain(with.Changes))
                        .WaitAsync(cancellation)
                ),
            },
            { Vote: { } vote } => await Vote(vote, cancellation),
            _ => throw new InvalidOperationException("This is a bug in the gateway: a frame was taken for a call."),
        };

    private async Task<LinkFrame> Offer(Wire.WorkerOffer offer, CancellationToken cancellation)
    {
        RequireReady();
        var start = await grains.GetGrain<IWorkerGrain>(offer.Worker.ToString()).Admit(LinkMapping.ToGrain(offer)).WaitAsync(cancellation);
        return new LinkFrame { Welcome = new WorkerWelcome(start) };
    }

    private async Task<LinkFrame> Poll(Wire.WorkerPoll poll, CancellationToken cancellation)
    {
        RequireReady();
        var orders = await MarketOf(poll.Worker).Own.Poll(LinkMapping.ToGrain(poll), cancellation).WaitAsync(cancellation);
        return new LinkFrame { Orders = LinkMapping.ToWire(orders) };
    }

    private async Task<LinkFrame> Vote(CommitteeVotes call, CancellationToken cancellation)
    {
        await MarketOf(call.Worker).Vote(call).WaitAsync(cancellation);
        return new LinkFrame { Voted = new VotesTaken() };
    }

    private async Task<LinkFrame> Report(SignedReport report, CancellationToken cancellation)
    {
        var signature = report.Signature is { } text ? Convert.FromHexString(text) : [];
        var refused = await WorkerReports
            .Send(MarketOf(report.Report.Worker), report.Report, WorkerSignatures.BatchOf(report.Report), signature)
            .WaitAsync(cancellation);
        return new LinkFrame { Taken = new ReportTaken(report.Sequence) { Refused = LinkMapping.ToWire(refused) } };
    }

    /// <summary>A silo without its blobs or its books would fail the jobs that its workers take.</summary>
    private void RequireReady()
    {
        var report = readiness.Current;
        if (report.State != ServiceState.Ready)
        {
            throw new MarketException(ErrorCode.Unavailable, GatewayMessages.NotReady(report.Word, report.Reason));
        }
    }

    private WorkerMarket MarketOf(WorkerId worker) => new(shards, grains, worker);

    private IWorkerGrain RunOf(Wire.LeaseCall call) => grains.GetGrain<IWorkerGrain>(call.Worker.ToString());

    private LinkFrame Refused(ErrorCode code, string message)
    {
        counts.Count(code);
        return new LinkFrame { Refused = new CallRefused(code, message) };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A worker's call failed; the worker repeats it.")]
    private partial void LogFailed(Exception failure);
}
