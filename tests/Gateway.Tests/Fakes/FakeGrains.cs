using System.Collections.Immutable;
using System.Reflection;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Tests.Gateway;

/// <summary>
/// Gives the grains of a <see cref="FakeMarket"/>. A proxy, because the factory of one grain host has members that the other's has not, and
/// the gateway calls only those that both have.
/// </summary>
internal class FakeGrains : DispatchProxy
{
    private FakeMarket _market = null!;

    public static IGrainFactory Of(FakeMarket market)
    {
        var factory = Create<IGrainFactory, FakeGrains>();
        ((FakeGrains)(object)factory)._market = market;
        return factory;
    }

    protected override object Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod is { Name: nameof(IGrainFactory.GetGrain), IsGenericMethod: true } && args is [var key, null]
            ? GrainOf(targetMethod.GetGenericArguments()[0].Name, key)
            : throw new NotSupportedException($"{targetMethod}");

    private IGrain GrainOf(string grainInterface, object? key) =>
        (grainInterface, key) switch
        {
            (nameof(IJobGrain), string job) => new FakeJobGrain(_market, JobId.Parse(job)),
            (nameof(IKeyGrain), string id) => new FakeKeyGrain(_market, id),
            (nameof(IAccountGrain), string account) => new FakeAccountGrain(_market, AccountId.Parse(account)),
            (nameof(IBlobGrain), string blob) => new FakeBlobGrain(_market, BlobId.Parse(blob)),
            (nameof(IProgramGrain), string program) => new FakeProgramGrain(_market, ProgramId.Parse(program)),
            (nameof(IStateGrain), string program) => new FakeStateGrain(_market, ProgramId.Parse(program)),
            (nameof(ILedgerGrain), string ledger) => new FakeLedgerGrain(LedgerName.Parse(ledger)),
            (nameof(IDisputeGrain), string job) => new FakeDisputeGrain(JobId.Parse(job)),
            (nameof(ICommitteeGrain), string) => new FakeCommitteeGrain(),
            (nameof(IAdmissionGrain), string) => _market.Admissions,
            (nameof(ISettlementGrain), string) => new FakeSettlementGrain(_market),
            (nameof(ICertificateGrain), string root) => new FakeCertificateGrain(Bytes32.Parse(root)),
            (nameof(IMarketGrain), string) => new FakeMarketGrain(_market),
            (nameof(IWorkerGrain), string worker) => new FakeWorkerGrain(_market.Workers, WorkerId.Parse(worker)),
            (nameof(IReputationGrain), string reputation) => new FakeReputationGrain(_market, reputation),
            (nameof(ISubmissionGrain), long) => new FakeSubmissionGrain(_market),
            (nameof(IQuoteGrain), long) => new FakeQuoteGrain(_market),
            _ => throw new NotSupportedException($"{grainInterface} {key}"),
        };
}

internal sealed class FakeSubmissionGrain(FakeMarket market) : ISubmissionGrain
{
    public async Task<ImmutableArray<SubmitResult>> Submit(Caller caller, ImmutableArray<SubmitItem> items)
    {
        market.Submitting.Release();
        await market.Gate;
        market.ThrowFault();
        return [.. items.Select(item => Submit(caller, item))];
    }

    private SubmitResult Submit(Caller caller, SubmitItem item)
    {
        var id = IdDerivation.Job(caller.Account, item.RequestId);
        if (item.Spec.Input.Length > MarketLimits.InlineBytesMax)
        {
            return new SubmitResult(id, false, ErrorCode.LimitExceeded, $"The input has {item.Spec.Input.Length} bytes.");
        }
        if (item.Spec.TimeMax > MarketLimits.TimeMax || item.Spec.TimeMax <= TimeSpan.Zero)
        {
            return new SubmitResult(id, false, ErrorCode.LimitExceeded, $"timeMax is {item.Spec.TimeMax}.");
        }
        if (!market.Programs.ContainsKey(item.Spec.Program))
        {
            return new SubmitResult(id, false, ErrorCode.ProgramNotFound, "There is no such program.");
        }
        if (market.Overload is { } overload && !market.Jobs.ContainsKey(id))
        {
            return new SubmitResult(id, false, ErrorCode.Unavailable, overload.Message, overload.RetryAfter);
        }
        var now = market.Time.GetUtcNow();
        var job = new FakeJob(
            caller.Account,
            new JobView(
                Id: id,
                RequestId: item.RequestId,
                Spec: item.Spec,
                Status: JobStatus.Pending,
                Fault: JobFault.None,
                Code: null,
                Reason: null,
                SubmittedAt: now,
                EndedAt: null,
                Worker: null,
                FuelUsed: 0,
                Charge: TokenAmount.Zero,
                Output: default,
                RootBefore: null,
                RootAfter: null,
                History: [new JobEvent(JobStatus.Pending, now, null, null)]
            )
        );
        var kept = market.Jobs.GetOrAdd(id, job);
        return kept == job || Same(kept.View.Spec, item.Spec)
            ? new SubmitResult(id, kept != job, null, null)
            : new SubmitResult(id, true, ErrorCode.RequestIdReused, "The request id was used with another spec.");
    }

    private static bool Same(JobSpec left, JobSpec right) =>
        left.Program == right.Program && left.Input.Span.SequenceEqual(right.Input.Span);
}

internal sealed class FakeJobGrain(FakeMarket market, JobId id) : IJobGrain
{
    public async Task<JobView> Get(Caller caller)
    {
        if (!market.GetGate.IsCompleted)
        {
            market.Getting.Release();
        }
        await market.GetGate;
        return Own(caller).View;
    }

    public async Task<JobView> WaitEnded(Caller caller, TimeSpan atMost, CancellationToken cancellation)
    {
        var job = Own(caller);
        if (market.RefuseWait())
        {
            return job.View;
        }
        await Task.WhenAny(job.Ended, Task.Delay(atMost, market.Time, cancellation));
        return job.View;
    }

    public Task<ReadOnlyMemory<byte>> GetReceipt(Caller caller) =>
        Own(caller).View.EndedAt is null
            ? throw new MarketException(ErrorCode.ReceiptNotFound, "The job has not ended.")
            : Task.FromResult<ReadOnlyMemory<byte>>("{}"u8.ToArray());

    public Task<ReadOnlyMemory<byte>> GetLog(Caller caller) => Task.FromResult<ReadOnlyMemory<byte>>(Own(caller).Log);

    public Task<GrainInterfaces.JobExplanation> Explain(Caller caller)
    {
        Own(caller);
        return Task.FromResult(
            new GrainInterfaces.JobExplanation(
                "It waits for a worker.",
                [new GrainInterfaces.OfferVerdict(default, new TokenAmount(5), false, "Too dear.")]
            )
        );
    }

    public Task<JobView> Cancel(Caller caller)
    {
        var job = Own(caller);
        if (job.View.Status.HasEnded() && job.View.Status != JobStatus.Cancelled)
        {
            throw new MarketException(ErrorCode.JobEnded, "The job has ended.");
        }
        if (!job.View.Status.HasEnded())
        {
            market.End(id, JobStatus.Cancelled, code: ErrorCode.CancelledByClient);
        }
        return Task.FromResult(job.View);
    }

    public Task<JobAdmission> Submit(JobSubmission submission, Authority by) => throw new NotSupportedException();

    public Task<JobProposal?> Propose(JobEnd end, ulong epoch, Authority by) => throw new NotSupportedException();

    public Task<JobSettlement?> Complete(JobEnd end, Authority by) => throw new NotSupportedException();

    public Task<JobSettlement?> GetSettlement(Authority by) => throw new NotSupportedException();

    public Task<JobPayment?> GetPayment(Authority by) => throw new NotSupportedException();

    public Task<ReusableRun?> GetReusable(Authority by) => throw new NotSupportedException();

    public Task<JobDrop> Drop(Authority by) => throw new NotSupportedException();

    private FakeJob Own(Caller caller)
    {
        market.ThrowFault();
        return market.Jobs.TryGetValue(id, out var job) && job.Account == caller.Account
            ? job
            : throw new MarketException(ErrorCode.JobNotFound, $"This account has no job {id}.");
    }
}

internal sealed class FakeKeyGrain(FakeMarket market, string id) : IKeyGrain
{
    public Task<Caller?> Verify(Bytes32 secretHash)
    {
        Interlocked.Increment(ref market.Verifications);
        return Task.FromResult(
            market.Keys.TryGetValue(id, out var key) && key.SecretHash == secretHash && key.View.RevokedAt is null
                ? new Caller(key.Account, id, key.View.Scopes)
                : null
        );
    }

    public Task Register(AccountId account, Scopes scopes, Bytes32 secretHash, Authority by) => throw new NotSupportedException();

    public Task Revoke(Authority by) => throw new NotSupportedException();
}

internal sealed class FakeAccountGrain(FakeMarket market, AccountId id) : IAccountGrain
{
    public Task<AccountView> Get()
    {
        market.ThrowFault();
        return Task.FromResult(
            new AccountView(
                Id: id,
                Available: new TokenAmount(UInt128.MaxValue),
                Held: new TokenAmount(2),
                UnderWay: new TokenAmount(3),
                Earned: new TokenAmount(4),
                Spent: new TokenAmount(5),
                OpenJobs: 6,
                Debt: market.Debt,
                Claimable: market.Claimable ?? TokenAmount.Zero,
                EarnsOnChain: market.Claimable is not null
            )
        );
    }

    public Task<LifetimeTotals> GetTotals(Authority by) => throw new NotSupportedException();

    /// <summary>Refuses as the account does; what it refuses, the grain's own tests show.</summary>
    public Task<GrainInterfaces.CreatedKey> CreateKey(GrainInterfaces.KeyRequest request, Caller? caller, Authority by)
    {
        if (caller is null || (request.Scopes & ~caller.Scopes) != Scopes.None || market.Keys[caller.KeyId].View.SpendLimit is not null)
        {
            throw new MarketException(ErrorCode.Forbidden, "This key may not make that one.");
        }
        var key = market.AddKey(id, request.Scopes, request.SpendLimit);
        return Task.FromResult(
            new GrainInterfaces.CreatedKey(key, market.Keys[key[..ApiKey.IdTextSize]].View with { Name = request.Name })
        );
    }

    public Task<GrainInterfaces.RefusalList> GetRefusals(Caller caller) => Task.FromResult(market.Refusals);

    public Task<GrainInterfaces.RefusalList> SetRefusals(Caller caller, GrainInterfaces.RefusalList refusals)
    {
        market.Asked.Add($"{caller.Account} refuses {string.Join(' ', refusals.Workers)} {string.Join(' ', refusals.Owners)}");
        return Task.FromResult(market.Refusals = refusals);
    }

    public Task<ImmutableArray<KeyView>> ListKeys() =>
        Task.FromResult(market.Keys.Values.Where(key => key.Account == id).Select(key => key.View).ToImmutableArray());

    public Task RevokeKey(string keyId, Caller? caller, Authority by)
    {
        if (!market.Keys.TryGetValue(keyId, out var key) || key.Account != id)
        {
            throw new MarketException(ErrorCode.KeyNotFound, "This account has no such key.");
        }
        market.Keys[keyId] = key with { View = key.View with { RevokedAt = market.Time.GetUtcNow() } };
        return Task.CompletedTask;
    }

    public Task Credit(string operation, TokenAmount amount, DateTimeOffset? at, Authority by) => throw new NotSupportedException();

    /// <summary>Gives a key for any signature; what the account refuses, the grain's own tests show.</summary>
    public Task<GrainInterfaces.CreatedKey> Open(OwnerProof proof, bool mayBeFirst, Authority by)
    {
        market.ThrowFault();
        if (!mayBeFirst && market.Keys.Values.All(key => key.Account != id))
        {
            throw new MarketException(ErrorCode.TooManyAccounts, "As many accounts were opened as allowed.");
        }
        market.Proof = proof;
        var key = market.AddKey(id, proof.Request.Scopes, proof.Request.SpendLimit);
        return Task.FromResult(
            new GrainInterfaces.CreatedKey(key, market.Keys[key[..ApiKey.IdTextSize]].View with { Name = proof.Request.Name })
        );
    }

    public Task<AccountView> Transfer(Caller caller, TransferOrder order)
    {
        market.Order = (caller, order);
        return Get();
    }

    public Task<AccountView> Grant(Caller caller, string operation, TokenAmount amount, DateTimeOffset? at)
    {
        market.Order = (caller, new TransferOrder(operation, id, amount, at));
        return Get();
    }

    public Task Debit(string operation, TokenAmount amount, DateTimeOffset at, Authority by) => throw new NotSupportedException();

    public Task ReverseCredit(string operation, TokenAmount amount, DateTimeOffset at, Authority by) => throw new NotSupportedException();

    public Task Compensate(string operation, TokenAmount amount, DateTimeOffset at, Authority by) => throw new NotSupportedException();

    public Task ReverseCompensation(string operation, TokenAmount amount, DateTimeOffset at, Authority by) =>
        throw new NotSupportedException();

    public Task<HoldOutcome> SetAside(Caller caller, HoldId hold, TokenAmount amount, DateTimeOffset at) =>
        throw new NotSupportedException();

    public Task SettleShared(SharedSettlement settlement, Authority by) => throw new NotSupportedException();

    public Task ChargeHold(HoldCharge charge, Authority by) => throw new NotSupportedException();

    public Task<HoldResult> Hold(Caller caller, ImmutableArray<HoldItem> items) => throw new NotSupportedException();

    public Task Settle(ImmutableArray<JobSettlement> settlements, Authority by) => throw new NotSupportedException();

    public Task RequireOperator(Caller caller) => throw new NotSupportedException();

    public Task Receive(AccountId payer, long sequence, TokenAmount amount, Authority by) => throw new NotSupportedException();
}

internal sealed class FakeBlobGrain(FakeMarket market, BlobId id) : IBlobGrain
{
    public Task<BlobView> Pin(AccountId account, long size, Caller? caller, Authority by) =>
        Task.FromResult(market.Pins.GetOrAdd((id, account), new BlobView(id, size, market.Time.GetUtcNow())));

    public Task Unpin(AccountId account, Caller? caller, Authority by) =>
        market.Pins.TryRemove((id, account), out _)
            ? Task.CompletedTask
            : throw new MarketException(ErrorCode.BlobNotFound, "This account has no such blob.");

    public Task<BlobView?> Find(AccountId account) => Task.FromResult(market.Pins.GetValueOrDefault((id, account)));

    public Task KeepFor(ProgramId program, AccountId deployer, Authority by) => throw new NotSupportedException();

    public Task ReleaseFor(ProgramId program, AccountId deployer, Authority by) => throw new NotSupportedException();

    public Task<bool> IsPinned(Authority by) => throw new NotSupportedException();
}

internal sealed class FakeProgramGrain(FakeMarket market, ProgramId id) : IProgramGrain
{
    public Task<ProgramView> Deploy(Caller caller, ProgramDeployment deployment)
    {
        market.ThrowFault();
        if (!market.Pins.TryGetValue((deployment.Module, caller.Account), out var module))
        {
            throw new MarketException(ErrorCode.BlobNotFound, "This account has no such blob.");
        }
        return Task.FromResult(
            market.Programs.GetOrAdd(
                id,
                new ProgramView(
                    Id: id,
                    Module: deployment.Module,
                    ModuleSize: module.Size,
                    Name: deployment.Name,
                    Deployer: caller.Account,
                    DeployedAt: market.Time.GetUtcNow(),
                    Abi: "wasi",
                    EntryPoints: ["_start"],
                    Imports: [],
                    UsesState: false
                )
            )
        );
    }

    public Task Remove(Caller caller)
    {
        if (!market.Programs.TryGetValue(id, out var program) || program.Deployer != caller.Account)
        {
            throw new MarketException(ErrorCode.ProgramNotFound, $"This account has not deployed a program {id}.");
        }
        if (market.Jobs.Values.Any(job => job.View.Spec.Program == id && !job.View.Status.HasEnded()))
        {
            throw new MarketException(ErrorCode.ProgramInUse, "It has open jobs.");
        }
        market.Programs.TryRemove(id, out _);
        return Task.CompletedTask;
    }

    public Task<ProgramView> Get() =>
        market.Programs.TryGetValue(id, out var program)
            ? Task.FromResult(program)
            : throw new MarketException(ErrorCode.ProgramNotFound, $"There is no program {id}.");

    public Task<bool> IsDeployedBy(AccountId account) =>
        Task.FromResult(market.Programs.TryGetValue(id, out var program) && program.Deployer == account);
}

internal sealed class FakeMarketGrain(FakeMarket market) : IMarketGrain
{
    public Task<int?> CountJurors(JobId job) => throw new NotSupportedException();

    public Task<QueueRoom> GetRoom(AccountId account) => throw new NotSupportedException();

    public Task<ImmutableArray<OfferView>> ListOffers(OfferPlace? after, int limit)
    {
        var first = after is { } place ? market.Offers.FindIndex(offer => offer.Offer.Worker == place.Worker) + 1 : 0;
        return Task.FromResult<ImmutableArray<OfferView>>([.. market.Offers.Skip(first).Take(limit)]);
    }

    public Task<OfferView?> FindOffer(WorkerId worker) =>
        Task.FromResult(market.Offers.FirstOrDefault(offer => offer.Offer.Worker == worker));

    public Task<ImmutableArray<LeaseView>> ListLeases(WorkerId worker) => Task.FromResult<ImmutableArray<LeaseView>>([.. market.Leases]);

    public Task<GrainInterfaces.WorkerExplanation> ExplainWorker(WorkerId worker, Caller caller)
    {
        market.Asked.Add($"{worker} {caller.Account}");
        return Task.FromResult(new GrainInterfaces.WorkerExplanation("It asks too much.", 5, 3, [new(3, "pay less")]));
    }

    public Task SetStanding(WorkerId worker, Standing standing, Authority by) => throw new NotSupportedException();

    public Task<ClassRoom> FindClassRoom(AccountId account, ImmutableArray<string> wanted) => throw new NotSupportedException();

    public Task<int> Dismiss(WorkerId worker, Authority by) => throw new NotSupportedException();

    public Task Leave(WorkerId worker)
    {
        market.Workers.Left.TrySetResult(worker);
        return Task.CompletedTask;
    }

    public Task<MarketView> GetView()
    {
        market.ThrowFault();
        return Task.FromResult(new MarketView(1, 2, 3, 4, new TokenAmount(1)));
    }

    public Task Enqueue(ImmutableArray<JobTicket> tickets, Authority by) => throw new NotSupportedException();

    public Task Withdraw(JobId job, Authority by) => throw new NotSupportedException();

    public Task<long> Offer(WorkerOffer offer) => throw new NotSupportedException();

    public Task<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation) => market.Workers.Poll(poll, cancellation);

    public Task<ImmutableArray<RefusedReport>> Report(WorkerId worker, ImmutableArray<LeaseReport> reports) =>
        market.Workers.Report(worker, reports);

    public Task Vote(WorkerId worker, ImmutableArray<WindowVote> votes, ImmutableArray<CommitteeShare> shares) =>
        market.Workers.Vote(worker, votes, shares);

    public Task Settle(WorkerId worker, SettlementVote vote) => market.Workers.Settle(worker, vote);

    public Task<ImmutableArray<RefusedReport>> Commit(WorkerId worker, ImmutableArray<SealedResult> results) =>
        market.Workers.Commit(worker, results);

    public Task Try(Trial trial, Authority by) => throw new NotSupportedException();

    public Task<ImmutableArray<LeaseId>> Heartbeat(WorkerId worker, ImmutableArray<LeaseProgress> runs) =>
        market.Workers.Heartbeat(worker, runs);

    public Task<OpenRun?> FindRun(JobId job, Authority by) => throw new NotSupportedException();

    public Task<LeaseGrant?> FindLease(LeaseCall call) => throw new NotSupportedException();

    public Task<bool> BeginOutput(LeaseCall call, BlobId output, long size) => throw new NotSupportedException();

    public Task<bool> AddOutput(LeaseCall call, BlobId output) => throw new NotSupportedException();

    public Task<OpenJobStep?> FindJob(JobId job) => throw new NotSupportedException();

    public Task<OpenJob?> Explain(JobId job) => throw new NotSupportedException();
}
