using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker;
using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Verify.Authz;

/// <summary>
/// Every call of a worker's link with a lease that is not the caller's, is over, or never was, and the two routes of a lease. The worker
/// that has the lease then ends the job, as if nothing had been tried.
/// </summary>
internal sealed class AuthzFrames
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly List<string> _violations = [];
    private int _requests;

    public static async Task<AuthzResult> Run(AuthzScene scene)
    {
        var run = new AuthzFrames();
        await using var owner = await Linked.Start(scene, 0x51);
        await using var thief = await Linked.Start(scene, 0x52);
        var welcome = await owner.Offer(price: 1);
        var orders = await owner.Link.Poll(new WorkerPoll(owner.Id, welcome.Start, 1, 1), owner.Stop);
        var lease = orders.Leases.Single();
        await thief.Offer(price: 2);
        var before = await scene.Books();

        await run.TryAll(thief, lease, "another worker");
        await run.Forge(scene, owner.Id, welcome.Start, lease, thief.Domain!);
        if (await scene.Books() is var after && after != before)
        {
            run._violations.Add(
                $"frames of another worker changed what is the victim's:{Environment.NewLine}{before}{Environment.NewLine}{after}"
            );
        }

        await owner.Link.Report(new WorkerReport(owner.Id, [ResultOf(lease, "honest")]), owner.Stop);
        var job = await scene.Victim.Jobs.Get(scene.Job);
        if (job.State != JobState.Completed || job.Worker != owner.Id || await scene.Victim.Jobs.OutputText(job) != "honest")
        {
            run._violations.Add($"the job of the worker that has the lease ended as {job.State} of {job.Worker}");
        }
        await scene.Settle();
        var ended = await scene.Books();
        await run.TryAll(owner, lease, "a worker whose lease is over");
        if (await scene.Books() != ended)
        {
            run._violations.Add($"frames of a lease that is over changed what is the victim's: {ended}");
        }
        return new AuthzResult(0, run._requests, run._violations);
    }

    private async Task TryAll(Linked worker, WorkerLease lease, string who)
    {
        var call = new LeaseCall(worker.Id, lease.Id, 1_000);
        var link = worker.Link;
        await Refused($"find by {who}", async () => await link.FindBlob(call, lease.Module, worker.Stop));
        await Refused($"read by {who}", async () => await link.ReadState(call, "key"u8.ToArray(), worker.Stop));
        await Refused($"list by {who}", async () => await link.ListState(call, default, worker.Stop));
        await Refused($"root by {who}", async () => await link.StateRootWith(call, [], worker.Stop));
        await Refused($"blob by {who}", async () => await link.OpenBlob(call, lease.Module, worker.Stop));
        var output = Encoding.UTF8.GetBytes($"stolen by {who}");
        await Refused(
            $"output by {who}",
            async () =>
            {
                await link.PutOutput(call, IdDerivation.Blob(output), output, worker.Stop);
                return null;
            }
        );
        // A report and a heartbeat are answered, and name what of them does not count.
        _requests += 2;
        await link.Report(new WorkerReport(worker.Id, [ResultOf(lease, "stolen")]), worker.Stop);
        var over = await link.Heartbeat(new WorkerHeartbeat(worker.Id, [new LeaseBeat(lease.Id, LeaseStage.Running, 5)]), worker.Stop);
        if (!over.Contains(lease.Id))
        {
            _violations.Add($"a heartbeat by {who} is taken for the lease");
        }
    }

    /// <summary>Calls that name the lease's worker, on the link of another one: each ends its link.</summary>
    private async Task Forge(AuthzScene scene, WorkerId owner, long start, WorkerLease lease, MarketDomain domain)
    {
        var call = new LeaseCall(owner, lease.Id, 1_000);
        var offer = OfferOf(owner, price: 1);
        using var key = await Linked.Open(scene, 0x53);
        var report = WorkerSignatures.Sign(key, domain, new WorkerReport(owner, [ResultOf(lease, "forged")]), start, 1);
        LinkFrame[] frames =
        [
            new() { Call = 1, Offer = offer },
            new() { Call = 1, Poll = new WorkerPoll(owner, start, 2, 1) },
            new() { Call = 1, Report = report },
            new() { Call = 1, Find = new FindBlobCall(call, lease.Module) },
            new() { Call = 1, Read = new ReadStateCall(call, "key"u8.ToArray()) },
            new() { Call = 1, List = new ListStateCall(call, default) },
            new() { Call = 1, RootWith = new StateRootCall(call, []) },
            new()
            {
                Call = 1,
                Vote = new CommitteeVotes(owner) { Shares = [new EpochShare(1, new byte[96])] },
            },
        ];
        foreach (var frame in frames)
        {
            _requests++;
            using var http = new HttpMessageInvoker(new SocketsHttpHandler());
            using var socket = new ClientWebSocket();
            await socket.ConnectAsync(new UriBuilder(scene.Url) { Scheme = "ws", Path = Routes.WorkersConnect }.Uri, http, default);
            using var ephemeral = LinkEphemeral.Make(RandomNumberGenerator.Create());
            using var patience = new CancellationTokenSource(Patience);
            var (keys, _) = await LinkHandshake.Connect(socket, key, domain.Market, ephemeral, patience.Token);
            using var channel = LinkChannel.OfWorker(socket, keys, new OneLinkMemory(), TimeProvider.System);
            await channel.Receive(patience.Token);
            await channel.Send(frame, patience.Token);
            try
            {
                while ((await channel.Receive(patience.Token)).Frame is { } answer)
                {
                    if (answer.Call is not null)
                    {
                        _violations.Add($"a frame in the name of another worker is answered: {frame} with {answer}");
                        break;
                    }
                }
            }
            catch (LinkEndedException ended) when (ended.Reason is LinkEnd.ForeignWorker or LinkEnd.BadSignature)
            {
                continue;
            }
        }
    }

    /// <summary>Refused, or answered with nothing.</summary>
    private async Task Refused(string what, Func<Task<object?>> ask)
    {
        _requests++;
        try
        {
            if (await ask().WaitAsync(Patience) is { } answer)
            {
                _violations.Add($"{what} is answered with {answer}");
            }
        }
        catch (Exception refusal) when (refusal is MarketLinkException or LinkEndedException)
        {
            return;
        }
    }

    private static WorkerOffer OfferOf(WorkerId worker, int price) =>
        new(
            Worker: worker,
            PayTo: new AccountId(worker.Value),
            PricePerMillionFuel: new TokenAmount((UInt128)price),
            Slots: 1,
            MemoryPagesMax: 4096
        );

    private static WorkerResult ResultOf(WorkerLease lease, string output) =>
        ExecutionClaims.Claim(
            lease,
            new WorkerResult(
                Lease: lease.Id,
                Job: lease.Job,
                Outcome: RunOutcome.Completed,
                Reason: null,
                FuelUsed: 10,
                Output: Encoding.UTF8.GetBytes(output),
                OutputBlob: null,
                OutputSize: Encoding.UTF8.GetByteCount(output),
                Log: default,
                StateChanges: [],
                StartedAt: DateTimeOffset.UtcNow,
                EndedAt: DateTimeOffset.UtcNow
            ),
            profile: default
        );

    /// <summary>A worker's key with an open account and its link to the market.</summary>
    private sealed class Linked : IMarketPin, IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());
        private readonly Ed25519KeyPair _key;
        private readonly Task _run;

        private Linked(AuthzScene scene, Ed25519KeyPair key)
        {
            _key = key;
            var remote = new RemoteMarket
            {
                Url = scene.Url,
                Key = key,
                Pin = this,
                Http = _http,
            };
            Link = new RemoteMarketLink(remote, TimeProvider.System, NullLogger<RemoteMarketLink>.Instance);
            _run = Link.Run(_stop.Token);
        }

        public RemoteMarketLink Link { get; }

        public WorkerId Id => new(_key.PublicKey);

        public CancellationToken Stop => _stop.Token;

        public MarketDomain? Domain { get; private set; }

        public void Keep(MarketDomain domain) => Domain = domain;

        public static async Task<Linked> Start(AuthzScene scene, byte seed) => new(scene, await Open(scene, seed));

        /// <summary>A key with an open account.</summary>
        public static async Task<Ed25519KeyPair> Open(AuthzScene scene, byte seed)
        {
            var key = new Ed25519KeyPair([.. Enumerable.Repeat(seed, Ed25519.SeedSize)]);
            await scene.Victim.Accounts.Open(key);
            return key;
        }

        public async Task<WorkerWelcome> Offer(int price) => await Link.Offer(OfferOf(Id, price), Stop);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run.ContinueWith(static _ => { }, TaskScheduler.Default);
            _http.Dispose();
            _key.Dispose();
            _stop.Dispose();
        }
    }
}
