using System.Reflection;
using System.Text.Json;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker;
using Marketplace.Worker.Protocol;

namespace Marketplace.Verify.FuzzNet;

/// <summary>A kind of frame as a worker sends it.</summary>
/// <param name="Sample">One that is in order.</param>
/// <param name="Answer">The kind that answers it; null where nothing does.</param>
/// <param name="Allowed">How a changed one may end beside being answered or malformed.</param>
internal sealed record FrameKind(Func<FuzzWorker, LinkFrame> Sample, string? Answer, params string[] Allowed);

/// <summary>A frame of every kind that there is: a new member of <see cref="LinkFrame"/> is missed here until it has one.</summary>
internal static class FrameSamples
{
    public const string Malformed = "malformed";
    public const string ForeignWorker = "foreign_worker";
    public const string LimitExceeded = "refused limit_exceeded";
    public const string LeaseNotFound = "refused lease_not_found";
    public const string MalformedRequest = "refused malformed_request";

    private static readonly StateChange[] Changes = [new("key"u8.ToArray(), "value"u8.ToArray()), new("old"u8.ToArray(), null)];

    private static readonly PropertyInfo[] Properties =
    [
        .. typeof(LinkFrame).GetProperties().Where(member => member.Name is not (nameof(LinkFrame.Call) or nameof(LinkFrame.More))),
    ];

    /// <summary>The kinds by their names in JSON.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        .. Properties.Select(member => JsonNamingPolicy.CamelCase.ConvertName(member.Name)),
    ];

    /// <summary>What workers send.</summary>
    public static readonly IReadOnlyDictionary<string, FrameKind> OfWorker = new Dictionary<string, FrameKind>
    {
        ["offer"] = new(
            worker => new LinkFrame { Call = worker.NextCall(), Offer = worker.Signed(worker.Offer) },
            "welcome",
            ForeignWorker,
            LimitExceeded,
            MalformedRequest,
            "account_needed"
        ),
        ["poll"] = new(
            worker => new LinkFrame { Call = worker.NextCall(), Poll = PollOf(worker) },
            "orders",
            ForeignWorker,
            LimitExceeded,
            "waits"
        ),
        ["report"] = new(
            worker => new LinkFrame { Call = worker.NextCall(), Report = worker.Sign(ReportOf(worker)) },
            "taken",
            ForeignWorker,
            LimitExceeded,
            "bad_sequence",
            "bad_signature"
        ),
        ["find"] = new(
            worker => new LinkFrame { Call = worker.NextCall(), Find = new FindBlobCall(worker.Run(), worker.Module) },
            "found",
            ForeignWorker,
            LeaseNotFound,
            LimitExceeded
        ),
        ["read"] = new(
            worker => new LinkFrame { Call = worker.NextCall(), Read = new ReadStateCall(worker.Run(), "key"u8.ToArray()) },
            "value",
            ForeignWorker,
            LeaseNotFound,
            LimitExceeded
        ),
        ["list"] = new(
            worker => new LinkFrame { Call = worker.NextCall(), List = new ListStateCall(worker.Run(), "k"u8.ToArray()) },
            "keys",
            ForeignWorker,
            LeaseNotFound,
            LimitExceeded
        ),
        ["rootWith"] = new(
            worker => new LinkFrame { Call = worker.NextCall(), RootWith = new StateRootCall(worker.Run(), Changes) },
            "root",
            ForeignWorker,
            LeaseNotFound,
            LimitExceeded,
            MalformedRequest
        ),
        ["vote"] = new(worker => new LinkFrame { Call = worker.NextCall(), Vote = VotesOf(worker) }, "voted", ForeignWorker, LimitExceeded),
        ["heartbeat"] = new(worker => new LinkFrame { Heartbeat = worker.Beat() }, "heartbeat", "too_often"),
        ["credit"] = new(_ => new LinkFrame { Credit = new LinkCredit(1, 1) }, null, "over_credit"),
        ["goodbye"] = new(_ => new LinkFrame { Goodbye = new LinkGoodbye(LinkEnd.Done, "The worker is done.") }, null, "done"),
    };

    /// <summary>What the market sends, and refuses from a worker.</summary>
    public static readonly IReadOnlyDictionary<string, Func<FuzzWorker, LinkFrame>> OfMarket = new Dictionary<
        string,
        Func<FuzzWorker, LinkFrame>
    >
    {
        ["ready"] = _ => new LinkFrame { Ready = new LinkReady(DateTimeOffset.UnixEpoch, 30) },
        ["welcome"] = worker => new LinkFrame { Call = worker.NextCall(), Welcome = new WorkerWelcome(1) },
        ["orders"] = worker => new LinkFrame { Call = worker.NextCall(), Orders = new WorkerOrders(true, [], []) },
        ["taken"] = worker => new LinkFrame { Call = worker.NextCall(), Taken = new ReportTaken(1) },
        ["found"] = worker => new LinkFrame { Call = worker.NextCall(), Found = new BlobFound(1) },
        ["value"] = worker => new LinkFrame { Call = worker.NextCall(), Value = new StateValue("v"u8.ToArray()) },
        ["keys"] = worker => new LinkFrame { Call = worker.NextCall(), Keys = new StateKeys(["k"u8.ToArray()]) },
        ["root"] = worker => new LinkFrame { Call = worker.NextCall(), Root = new StateRootAnswer(default) },
        ["voted"] = worker => new LinkFrame { Call = worker.NextCall(), Voted = new VotesTaken() },
        ["refused"] = worker => new LinkFrame { Call = worker.NextCall(), Refused = new CallRefused(ErrorCode.Internal, "no") },
    };

    /// <summary>The kind of a frame; empty where it has none.</summary>
    public static string KindOf(LinkFrame frame)
    {
        for (var index = 0; index < Properties.Length; index++)
        {
            if (Properties[index].GetValue(frame) is not null)
            {
                return Names[index];
            }
        }
        return "";
    }

    /// <summary>A report of one result; of the worker's own lease where it has one.</summary>
    public static WorkerReport ReportOf(FuzzWorker worker)
    {
        var result = new WorkerResult(
            Lease: worker.LeaseOrNone,
            Job: worker.Job,
            Outcome: RunOutcome.Completed,
            Reason: null,
            FuelUsed: 1000,
            Output: "HELLO"u8.ToArray(),
            OutputBlob: null,
            OutputSize: 5,
            Log: "log"u8.ToArray(),
            StateChanges: Changes,
            StartedAt: DateTimeOffset.UtcNow,
            EndedAt: DateTimeOffset.UtcNow
        )
        {
            ExitCode = 0,
            RootAfter = new StateRoot(worker.Id.Value),
            Profile = worker.Id.Value,
            Execution = worker.Id.Value,
            Salt = worker.Id.Value,
        };
        return new WorkerReport(worker.Id, [worker.Lease is { } lease ? ExecutionClaims.Claim(lease, result, worker.Id.Value) : result])
        {
            Sealed = [new SealedResult(worker.LeaseOrNone, worker.Id.Value)],
        };
    }

    private static CommitteeVotes VotesOf(FuzzWorker worker) =>
        new(worker.Id)
        {
            Votes = [new WindowVote(1) { Signature = worker.Committee.Possession }, new WindowVote(2) { Refused = [worker.Job] }],
            Shares = [new EpochShare(1, worker.Committee.Possession)],
            Settlement = new SettlementVote(1, 1, worker.Committee.Possession),
        };

    private static WorkerPoll PollOf(FuzzWorker worker) =>
        worker.Poll() with
        {
            Bids = [new SealedBid(1, worker.Id.Value.ToString())],
            Opened = [new OpenedBid(1, new TokenAmount(5), worker.Id.Value.ToString())],
        };
}

/// <summary>What a fuzzing worker says of itself: its key, its lease if it has one, and its counters.</summary>
internal sealed class FuzzWorker(Ed25519KeyPair key, MarketDomain domain, AccountId payTo, BlobId module, string label) : IDisposable
{
    private readonly OfferStatements _statements = new(key, TimeProvider.System);
    private long _calls;
    private long _runCalls;
    private long _reports;

    public Ed25519KeyPair Key => key;

    public WorkerId Id { get; } = new(key.PublicKey);

    public BlobId Module => module;

    public WorkerLease? Lease { get; set; }

    public long Start { get; set; }

    public long Polls { get; set; }

    /// <summary>Of a lease that never was, where it has none.</summary>
    public LeaseId LeaseOrNone => Lease?.Id ?? new LeaseId(1, 1);

    public JobId Job => Lease?.Job ?? new JobId(Id.Value);

    public WorkerOffer Offer =>
        new(Worker: Id, PayTo: payTo, PricePerMillionFuel: new TokenAmount(1), Slots: 1, MemoryPagesMax: 1024)
        {
            Labels = [label, "region=eu"],
            RefusedAccounts = [new AccountId(Id.Value)],
            BuyerReputationMin = 1,
            Committee = Committee,
        };

    public CommitteeKey Committee { get; } = KeyOf(key, domain);

    public WorkerOffer Signed(WorkerOffer offer) => _statements.Sign(offer, domain);

    public long NextCall() => ++_calls;

    public LeaseCall Run() => new(Id, LeaseOrNone, ++_runCalls);

    public WorkerPoll Poll() => new(Worker: Id, Start: Start, Sequence: ++Polls, LeasesMax: 1);

    public LinkHeartbeat Beat() => new(DateTimeOffset.UtcNow) { Runs = [new LeaseBeat(LeaseOrNone, LeaseStage.Running, FuelUsed: 1)] };

    public SignedReport Sign(WorkerReport report) => WorkerSignatures.Sign(key, domain, report, Start, ++_reports);

    public string Authorize(string method, string path, LeaseCall call, DateTimeOffset at) =>
        WorkerSignatures.Authorization(key, domain.Market, method, path, call, at);

    private static CommitteeKey KeyOf(Ed25519KeyPair key, MarketDomain domain)
    {
        using var bls = BlsSecretKey.FromSeed(key.PublicKey.ToArray());
        var digest = BatchDigest.OfRegistration(domain, new WorkerId(key.PublicKey), bls.PublicKey.Bytes);
        var possession = bls.ProvePossession().Bytes.ToArray();
        return new CommitteeKey(bls.PublicKey.Bytes.ToArray(), possession, key.Sign(digest.ToArray()));
    }

    public void Dispose() => key.Dispose();
}
