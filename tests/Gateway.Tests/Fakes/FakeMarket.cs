using System.Collections.Concurrent;
using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>
/// A market in memory behind the real grain interfaces: as much of its behaviour as requests can see, and hooks to make it fail.
/// </summary>
internal sealed class FakeMarket : IAccountLists, IMarketStreams
{
    private readonly TaskCompletionSource _unheard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<JobsEnded>? _listener;
    private Action? _missed;

    public FakeMarket(ManualTime time)
    {
        Time = time;
        Workers = new FakeWorkers(Blobs);
    }

    public ManualTime Time { get; }

    public MemoryBlobStore Blobs { get; } = new();

    public FakeWorkers Workers { get; }

    public FakeBooks Books { get; } = new();

    /// <summary>What every account owes.</summary>
    public TokenAmount Debt { get; set; }

    /// <summary>What every account has to claim on the chain; null: the market settles on none.</summary>
    public TokenAmount? Claimable { get; set; }

    /// <summary>What the owner of an account has signed, as it reached the account.</summary>
    public OwnerProof? Proof { get; set; }

    /// <summary>What the market has of workers, in order.</summary>
    public List<OfferView> Offers { get; } = [];

    /// <summary>What every worker has to do.</summary>
    public List<LeaseView> Leases { get; } = [];

    /// <summary>Who asks to be let in, and what was decided.</summary>
    public FakeAdmissionGrain Admissions { get; } = new();

    /// <summary>How it stands with its chain; null: it settles nowhere.</summary>
    public SettlementStatus? Settlement { get; set; }

    /// <summary>The account for which an address stands; null: none.</summary>
    public ChainAccount? ChainAccount { get; set; }

    /// <summary>What was said of addresses that stand for accounts.</summary>
    public List<(Caller By, EvmAddress Owner, ReadOnlyMemory<byte> ByAccount, ReadOnlyMemory<byte> ByOwner)> Bindings { get; } = [];

    public GrainInterfaces.RefusalList Refusals { get; set; } = GrainInterfaces.RefusalList.None;

    /// <summary>What reached reputations, and what accounts refuse.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>The last transfer or credit that reached an account, and who asked.</summary>
    public (Caller By, TransferOrder Order)? Order { get; set; }

    public ConcurrentDictionary<string, FakeKey> Keys { get; } = new();

    public ConcurrentDictionary<JobId, FakeJob> Jobs { get; } = new();

    public ConcurrentDictionary<(BlobId, AccountId), BlobView> Pins { get; } = new();

    public ConcurrentDictionary<ProgramId, ProgramView> Programs { get; } = new();

    /// <summary>Thrown by the next grain calls instead of an answer.</summary>
    public Func<Exception>? Fault { get; set; }

    /// <summary>Awaited inside <see cref="ISubmissionGrain.Submit"/>.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Awaited inside <see cref="IJobGrain.Get"/>.</summary>
    public Task GetGate { get; set; } = Task.CompletedTask;

    /// <summary>Waits that jobs do not hold but answer at once; null: they hold all. One more than that is a fault.</summary>
    public int? WaitsNotHeld { get; set; }

    public SemaphoreSlim Getting { get; } = new(0);

    /// <summary>Completes when one more <see cref="IJobGrain.Get"/> waits at <see cref="GetGate"/>.</summary>
    public async Task UntilGetting() =>
        Assert.True(await Getting.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), "No job was asked for.");

    public SemaphoreSlim Submitting { get; } = new(0);

    /// <summary>Completes when one more submission has begun.</summary>
    public async Task UntilSubmitting() =>
        Assert.True(await Submitting.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), "Nothing was submitted.");

    /// <summary>How often keys were verified.</summary>
    public int Verifications;

    /// <summary>Completes when nobody listens any more.</summary>
    public Task UntilUnheard => _unheard.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public bool IsListenedTo => _listener is not null;

    /// <summary>The way from the market breaks and is there again.</summary>
    public void BreakEvents() => _missed!();

    public long Lag => 7;

    /// <summary>Makes an account's key and gives its text.</summary>
    public string AddKey(AccountId account, Scopes scopes, TokenAmount? spendLimit = null)
    {
        var secret = new byte[Bytes32.Size];
        Random.Shared.NextBytes(secret);
        var id = ApiKey.FormatId(secret.AsSpan(0, 8));
        Keys[id] = new FakeKey(
            account,
            ApiKey.HashSecret(secret),
            new KeyView(
                Id: id,
                Name: "test",
                Scopes: scopes,
                SpendLimit: spendLimit,
                Spent: TokenAmount.Zero,
                CreatedAt: Time.GetUtcNow(),
                RevokedAt: null
            )
        );
        return ApiKey.Format(id, secret);
    }

    public ProgramId AddProgram(AccountId deployer)
    {
        var bytes = new byte[Bytes32.Size];
        Random.Shared.NextBytes(bytes);
        var id = new ProgramId(new Bytes32(bytes));
        Programs[id] = new ProgramView(
            Id: id,
            Module: new BlobId(new Bytes32(bytes)),
            ModuleSize: 8,
            Name: "echo",
            Deployer: deployer,
            DeployedAt: Time.GetUtcNow(),
            Abi: "wasi",
            EntryPoints: ["_start"],
            Imports: [],
            UsesState: false
        );
        return id;
    }

    /// <summary>Ends a job and tells whoever listens.</summary>
    public void End(JobId id, JobStatus status, GrainInterfaces.JobOutput output = default, ErrorCode? code = null, byte[]? log = null)
    {
        var job = Jobs[id];
        job.End(status, output, code, log ?? [], Time.GetUtcNow());
        _listener?.Invoke(
            new JobsEnded([
                new EndedJob(
                    Account: job.Account,
                    Job: id,
                    RequestId: job.View.RequestId,
                    Status: status,
                    Code: code,
                    FuelUsed: 42,
                    Charge: new TokenAmount(1),
                    Output: output
                ),
            ])
        );
    }

    /// <summary>The streams of news that are listened to.</summary>
    public ConcurrentDictionary<string, Action<MarketNews>> News { get; } = new(StringComparer.Ordinal);

    public Task<IAsyncDisposable> Listen(string stream, Action<MarketNews> take, Action missed)
    {
        (News[stream], _missed) = (take, missed);
        return Task.FromResult<IAsyncDisposable>(new ListeningToNews(this, stream));
    }

    public Task<IAsyncDisposable> Listen(Action<JobsEnded> take, Action missed)
    {
        (_listener, _missed) = (take, missed);
        return Task.FromResult<IAsyncDisposable>(new Listening(this));
    }

    ValueTask<ListPage<JobSummary>> IAccountLists.Jobs(
        ListRequest request,
        JobStatus? status,
        ProgramId? program,
        CancellationToken cancellation
    ) =>
        Page(
            request,
            Jobs.Values.Where(job =>
                    job.Account == request.Account
                    && (status is null || job.View.Status == status)
                    && (program is null || job.View.Spec.Program == program)
                )
                .Select(job => (job.View.Id.ToString(), job.View.SubmittedAt, job.ToSummary()))
        );

    ValueTask<ListPage<BlobView>> IAccountLists.Blobs(ListRequest request, CancellationToken cancellation) =>
        Page(
            request,
            Pins.Where(pin => pin.Key.Item2 == request.Account)
                .Select(pin => ($"{pin.Key.Item1}.{pin.Key.Item2}", pin.Value.PinnedAt, pin.Value))
        );

    ValueTask<ListPage<ProgramId>> IAccountLists.Programs(ListRequest request, CancellationToken cancellation) =>
        Page(
            request,
            Programs
                .Values.Where(program => program.Deployer == request.Account)
                .Select(program => (program.Id.ToString(), program.DeployedAt, program.Id))
        );

    /// <summary>Completes when the read model has caught up.</summary>
    public Task CaughtUp { get; set; } = Task.CompletedTask;

    /// <returns>True: the job answers the wait at once.</returns>
    public bool RefuseWait()
    {
        if (WaitsNotHeld is not { } left)
        {
            return false;
        }
        WaitsNotHeld = left > 0 ? left - 1 : throw new InvalidOperationException("The job was asked more often than the test allows.");
        return true;
    }

    public ValueTask CatchUp(CancellationToken cancellation = default) => new(CaughtUp);

    /// <summary>What the last quote was asked with.</summary>
    public QuoteTerms? QuoteTerms { get; set; }

    /// <summary>Why the market takes no new jobs, and for how long; null: it takes them.</summary>
    public (string Message, TimeSpan RetryAfter)? Overload { get; set; }

    public void ThrowFault()
    {
        if (Fault is { } fault)
        {
            throw fault();
        }
    }

    private ValueTask<ListPage<TItem>> Page<TItem>(ListRequest request, IEnumerable<(string Id, DateTimeOffset At, TItem Item)> items)
    {
        ThrowFault();
        var rows = items
            .Where(row => request.IdPrefix is null || row.Id.StartsWith(request.IdPrefix, StringComparison.Ordinal))
            .Where(row =>
                request.After is not { } after || row.At < after.At || (row.At == after.At && string.CompareOrdinal(row.Id, after.Id) > 0)
            )
            .OrderByDescending(row => row.At)
            .ThenBy(row => row.Id, StringComparer.Ordinal)
            .Take(request.Limit)
            .ToArray();
        var isLast = request.IdPrefix is not null || rows.Length < request.Limit;
        return new(new ListPage<TItem>([.. rows.Select(row => row.Item)], isLast ? null : new ListPlace(rows[^1].At, rows[^1].Id)));
    }

    private sealed class ListeningToNews(FakeMarket market, string stream) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            market.News.TryRemove(stream, out _);
            market._unheard.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Listening(FakeMarket market) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            market._listener = null;
            market._unheard.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}

internal sealed record FakeKey(AccountId Account, Bytes32 SecretHash, KeyView View);

/// <summary>One job; <see cref="Ended"/> completes with its end.</summary>
internal sealed class FakeJob(AccountId account, JobView view)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AccountId Account { get; } = account;

    public JobView View { get; private set; } = view;

    public byte[] Log { get; private set; } = [];

    public Task Ended => _ended.Task;

    public void End(JobStatus status, GrainInterfaces.JobOutput output, ErrorCode? code, byte[] log, DateTimeOffset now)
    {
        View = View with
        {
            Status = status,
            Output = output,
            Code = code,
            EndedAt = now,
            FuelUsed = 42,
            Charge = new TokenAmount(1),
            Fault = status == JobStatus.Completed ? JobFault.None : JobFault.Program,
            History = View.History.Add(new JobEvent(status, now, null, null)),
        };
        Log = log;
        _ended.TrySetResult();
    }

    public JobSummary ToSummary() =>
        new(
            Id: View.Id,
            RequestId: View.RequestId,
            Program: View.Spec.Program,
            Status: View.Status,
            Code: View.Code,
            SubmittedAt: View.SubmittedAt,
            EndedAt: View.EndedAt,
            FuelUsed: View.FuelUsed,
            Charge: View.Charge
        );
}
