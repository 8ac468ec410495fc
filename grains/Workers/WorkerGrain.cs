using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// A worker's offer as it last registered, written only when it changes. Also the way by which a worker reads what its leases allow.
/// </summary>
internal sealed partial class WorkerGrain : Grain, IWorkerGrain, IRemindable
{
    private readonly StoredState<OfferState> _offer;
    private readonly IBlobStore _blobs;
    private readonly MarketShards _shards;
    private readonly TimeProvider _clock;
    private readonly ILogger<WorkerGrain> _logger;
    private readonly WorkerId _id;
    private readonly LeaseGrants _grants;
    private readonly MarketDomain _domain;

    public WorkerGrain(
        [PersistentState(OfferState.Kind, StateStorage.Plain)] IPersistentState<OfferState> offer,
        IBlobStore blobs,
        MarketShards shards,
        MarketDomain domain,
        TimeProvider clock,
        ILogger<WorkerGrain> logger
    )
    {
        (_blobs, _shards, _domain, _clock, _logger) = (blobs, shards, domain, clock, logger);
        _id = WorkerId.Parse(this.GetPrimaryKeyString());
        _grants = new LeaseGrants(call => LostWrites.Resend(() => Leasing(call).FindLease(call)), clock);
        _offer = new StoredState<OfferState>(offer);
    }

    private IMarketGrain Market => _shards.Of(GrainFactory, _id);

    private IMarketGrain Leasing(LeaseCall call) => _shards.Of(GrainFactory, call.Lease);

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _offer.Load();

    public async Task<long> Register(WorkerOffer offer)
    {
        RequireOwn(offer.Worker);
        await _offer.Refresh();
        RequireKey(offer);
        LedgerChanges.RequireSigned(offer, _domain);
        await RegisterKey(offer);
        // The market first: an offer that it refuses is not kept.
        var unsigned = offer with
        {
            Statement = null,
        };
        var start = await LostWrites.Resend(() => Market.Offer(unsigned));
        var kept = OfferState.Of(unsigned);
        if (_offer.Value is not { } before || !before.IsSame(kept))
        {
            await Keep(kept, LedgerChanges.Signed(offer));
        }
        return start;
    }

    /// <summary>The offer's change and what its ledger has to hear of it are one write.</summary>
    private async Task Keep(OfferState kept, LedgerStatement? said)
    {
        if (_offer.Value?.Untold.Length >= WorkerPolicy.UntoldMax)
        {
            await TellOffers();
        }
        await this.RemindOfLedger();
        var (untold, unsaid) = (_offer.Value?.Untold ?? [], _offer.Value?.Unsaid ?? []);
        await _offer.Write(
            kept with
            {
                Untold = untold.Add(LedgerChanges.Offered(kept.Offer, _clock.GetUtcNow())),
                Unsaid = said is null ? unsaid : unsaid.Add(said),
            }
        );
        try
        {
            await TellOffers();
        }
        catch (Exception failure)
        {
            // The reminder tells it.
            LogNotTold(failure, _id);
        }
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        await _offer.Refresh();
        await TellOffers();
        await this.EndReminderOfLedger();
    }

    private async Task TellOffers()
    {
        if (_offer.Value is not { Untold: { IsEmpty: false } untold } told)
        {
            return;
        }
        await GrainFactory.Tell(LedgerName.Of(_id), untold, Authority.Worker);
        var ledger = GrainFactory.GetGrain<ILedgerGrain>(LedgerName.Of(_id).ToString());
        foreach (var said in told.Unsaid)
        {
            await LostWrites.Resend(() => ledger.AppendSigned(said, Authority.Worker));
        }
        await _offer.Write(told with { Untold = [], Unsaid = [] });
    }

    public async Task<long> Admit(WorkerOffer offer)
    {
        RequireOwn(offer.Worker);
        var own = new AccountId(offer.Worker.Value);
        await RequireAccount(own, "The worker's own account");
        if (offer.PayTo != own)
        {
            await RequireAccount(offer.PayTo, "The account that is to earn");
        }
        return await Register(offer);
    }

    public async Task<WorkerOffer> Get()
    {
        await _offer.Refresh();
        if (_offer.Value is { } offer)
        {
            return offer.Offer;
        }
        DeactivateOnIdle();
        throw new MarketException(ErrorCode.WorkerNotFound, $"There is no worker {this.GetPrimaryKeyString()}.");
    }

    public async Task<long?> FindBlob(LeaseCall call, BlobId blob)
    {
        var grant = await Grant(call);
        return grant.Blobs.Contains(blob) || await GrainFactory.GetGrain<IBlobGrain>(blob.ToString()).Find(grant.Account) is not null
            ? (await _blobs.FindBlob(blob))?.Size
            : null;
    }

    public async Task BeginOutput(LeaseCall call, BlobId output, long size)
    {
        RequireOwn(call.Worker);
        if (!await LostWrites.Resend(() => Leasing(call).BeginOutput(call, output, size)))
        {
            throw LeaseGrants.Gone(call);
        }
    }

    public async Task AddOutput(LeaseCall call, BlobId output)
    {
        RequireOwn(call.Worker);
        if (!await LostWrites.Resend(() => Leasing(call).AddOutput(call, output)))
        {
            throw LeaseGrants.Gone(call);
        }
    }

    public async Task<ReadOnlyMemory<byte>?> ReadState(LeaseCall call, ReadOnlyMemory<byte> key)
    {
        var (state, root) = StateOf(await Grant(call), call);
        return await state.Read(root, key);
    }

    public async Task<ImmutableArray<ReadOnlyMemory<byte>>> ListState(LeaseCall call, ReadOnlyMemory<byte> prefix)
    {
        var (state, root) = StateOf(await Grant(call), call);
        return await state.List(root, prefix);
    }

    public async Task<StateRoot> StateRootWith(LeaseCall call, ImmutableArray<StateChange> changes)
    {
        var (state, root) = StateOf(await Grant(call), call);
        return await state.RootWith(root, changes);
    }

    /// <summary>A key is verified once: the one that is kept was.</summary>
    private void RequireKey(WorkerOffer offer)
    {
        if (
            offer.Committee is { } key
            && !CommitteeKeys.AreSame(key, _offer.Value?.Offer.Committee)
            && CommitteeKeys.Refusal(offer.Worker, key, _domain) is { } refusal
        )
        {
            throw refusal;
        }
    }

    /// <summary>
    /// With every offer, because a worker that had nothing at stake may have lost its place. Without one it works for everybody else.
    /// </summary>
    private async Task RegisterKey(WorkerOffer offer)
    {
        if (offer.Committee is not { } key)
        {
            return;
        }
        var committees = GrainFactory.GetGrain<ICommitteeGrain>(MarketLimits.CommitteesKey);
        try
        {
            await LostWrites.Resend(() => committees.Register(_id, key, Authority.Worker));
        }
        catch (MarketException full) when (full.Code == ErrorCode.LimitExceeded)
        {
            LogNoPlace(full, _id);
        }
    }

    /// <summary>Openings have limits: a stranger cannot be as many workers as it likes.</summary>
    private async Task RequireAccount(AccountId account, string which)
    {
        try
        {
            await GrainFactory.GetGrain<IAccountGrain>(account.ToString()).Get();
        }
        catch (MarketException missing) when (missing.Code == ErrorCode.AccountNotFound)
        {
            throw new MarketException(
                ErrorCode.AccountNotFound,
                $"{which} is not open: {account}. Open it with its key: 'market account open --account-key FILE', or POST /v1/accounts."
            );
        }
    }

    private ValueTask<LeaseGrant> Grant(LeaseCall call)
    {
        RequireOwn(call.Worker);
        return _grants.Require(call);
    }

    private (IStateGrain State, StateRoot Root) StateOf(LeaseGrant grant, LeaseCall call) =>
        grant.Root is { } root
            ? (GrainFactory.GetGrain<IStateGrain>(grant.Program.ToString()), root)
            : throw new MarketException(
                ErrorCode.MalformedRequest,
                $"Lease {call.Lease} runs program {grant.Program}, which keeps no state."
            );

    private void RequireOwn(WorkerId worker)
    {
        if (worker.ToString() != this.GetPrimaryKeyString())
        {
            throw new MarketException(
                ErrorCode.MalformedRequest,
                $"What worker {worker} sent came to worker {this.GetPrimaryKeyString()}."
            );
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker} has no place in committees; it works for all others")]
    private partial void LogNoPlace(Exception full, WorkerId worker);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ledger of worker {Worker} could not be told of its offer; it is told again")]
    private partial void LogNotTold(Exception failure, WorkerId worker);
}
