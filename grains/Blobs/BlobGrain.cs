using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Who keeps a blob. Its document is the truth for the collector; the document per account makes the account's list. A pin writes first the
/// quota, then the truth, then the list; a removal works in the other order. So a crash in between never leaves a blob that is listed and
/// not kept; repeating the call completes it. Before an answer without a write, the document is read again. Only the answer that an account
/// keeps a blob may be a moment old, because the account could give the blob up in that very moment.
/// </summary>
internal sealed class BlobGrain : Grain, IBlobGrain
{
    private readonly IDocumentStore _documents;
    private readonly IBlobStore _blobs;
    private readonly IOpenJobs _jobs;
    private readonly TimeProvider _clock;
    private readonly BlobId _id;
    private readonly StoredState<BlobState> _blob;

    public BlobGrain(
        [PersistentState(BlobState.Kind, StateStorage.Documents)] IPersistentState<BlobState> blob,
        IDocumentStore documents,
        IBlobStore blobs,
        IOpenJobs jobs,
        TimeProvider clock
    )
    {
        (_documents, _blobs, _jobs, _clock) = (documents, blobs, jobs, clock);
        _id = BlobId.Parse(this.GetPrimaryKeyString());
        _blob = new StoredState<BlobState>(blob);
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await _blob.Load();

    public async Task<BlobView> Pin(AccountId account, long size, Caller? caller, Authority by)
    {
        RequireKeeper(account, caller, by, Authority.Market);
        await _blob.Refresh();
        if (_blob.Value?.Accounts.TryGetValue(account, out var since) != true)
        {
            var stored = await RequireStored(size);
            await RequireRoom();
            since = _clock.GetUtcNow();
            await LostWrites.Resend(() => QuotaOf(account).CountBlob(_id, stored.Size, Authority.Blob));
            var blob = (_blob.Value ?? BlobState.Of(stored.Size)) with { Size = stored.Size };
            await _blob.Write(blob with { Accounts = blob.Accounts.Add(account, since) });
        }

        var pin = ListEntry(account);
        await pin.Load();
        if (pin.Value is null)
        {
            await pin.Write(new BlobPin(_id, account, _blob.Value!.Size, since));
        }
        return new BlobView(_id, _blob.Value!.Size, since);
    }

    public async Task Unpin(AccountId account, Caller? caller, Authority by)
    {
        RequireKeeper(account, caller, by);
        await _blob.Refresh();
        var pin = ListEntry(account);
        await pin.Load();
        await pin.Delete();
        var isPinned = _blob.Value?.Accounts.ContainsKey(account) == true;
        if (isPinned)
        {
            await _blob.Write(_blob.Value! with { Accounts = _blob.Value.Accounts.Remove(account) });
        }
        await LostWrites.Resend(() => QuotaOf(account).DiscountBlob(_id, Authority.Blob));
        if (isPinned)
        {
            return;
        }
        LeaveIfUnknown();
        throw NotFound();
    }

    public async Task KeepFor(ProgramId program, AccountId deployer, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Program);
        await _blob.Refresh();
        var held = HolderOf(program);
        if (held == ProgramHolder.Deployed)
        {
            await Count(deployer, program, _blob.Value!.Size);
            return;
        }

        var stored = await RequireStored(null);
        if (held is null)
        {
            await RequireRoom();
        }
        await Count(deployer, program, stored.Size);
        if (held is { } removed && removed.Payer != deployer)
        {
            await Discount(removed.Payer, program);
        }
        var blob = (_blob.Value ?? BlobState.Of(stored.Size)) with { Size = stored.Size };
        await _blob.Write(blob with { Programs = blob.Programs.SetItem(program, ProgramHolder.Deployed) });
    }

    public async Task ReleaseFor(ProgramId program, AccountId deployer, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Program);
        await _blob.Refresh();
        var held = HolderOf(program);
        if (held == ProgramHolder.Deployed)
        {
            await _blob.Write(
                _blob.Value! with
                {
                    Programs = _blob.Value.Programs.SetItem(program, ProgramHolder.Removed(_clock.GetUtcNow(), deployer)),
                }
            );
        }
        else if (held?.Payer != deployer)
        {
            await Discount(deployer, program);
        }
    }

    public async Task<BlobView?> Find(AccountId account)
    {
        await _blob.Load();
        if (_blob.Value?.Accounts.ContainsKey(account) != true)
        {
            await _blob.Refresh();
        }
        LeaveIfUnknown();
        return _blob.Value is { } blob && blob.Accounts.TryGetValue(account, out var since) ? new BlobView(_id, blob.Size, since) : null;
    }

    public async Task<bool> IsPinned(Authority by)
    {
        Authorities.Require(by, Authority.Silo);
        await _blob.Refresh();
        await DropRemovedPrograms();
        if (_blob.Value is { IsPinned: true })
        {
            return true;
        }
        // The answer is a promise to the collector, so it is stored before it is given: a pin in another activation finds it, or is refused
        // because this write came first.
        var blob = _blob.Value ?? BlobState.Of(0);
        await _blob.Write(blob with { CollectedUntil = _clock.GetUtcNow() + MarketLimits.BlobCollectMax });
        DeactivateOnIdle();
        return false;
    }

    /// <summary>What an account keeps is the business of its own keys, and of the market for outputs.</summary>
    private static void RequireKeeper(AccountId account, Caller? caller, Authority by, params ReadOnlySpan<Authority> others)
    {
        if (caller is null)
        {
            Authorities.Require(by, [Authority.Silo, .. others]);
        }
        else
        {
            Authorities.Require(caller, account, Scopes.Submit);
        }
    }

    /// <summary>
    /// A removed program keeps its module while a job that was submitted before the removal was known everywhere waits or runs. The last
    /// deployer's quota pays until the entry goes. The entries that have waited longest are looked at first; one that stays goes to the end
    /// of the line, so that each has its turn. A slow removal in another activation may have released a program that was deployed again
    /// meanwhile, so the manifest decides.
    /// </summary>
    private async ValueTask DropRemovedPrograms()
    {
        if (_blob.Value is not { } blob)
        {
            return;
        }
        var now = _clock.GetUtcNow();
        var left = blob.Programs;
        var asked = blob.Programs.Where(pair => pair.Value.Since <= now - BlobPolicy.RemovedProgramAge).OrderBy(pair => pair.Value.Since);
        foreach (var (program, holder) in asked.Take(BlobPolicy.RemovedProgramsPerCall))
        {
            if (await ManifestOf(program) is { IsRemoved: false } deployed)
            {
                if (!deployed.Deployers.Contains(holder.Payer))
                {
                    await Discount(holder.Payer, program);
                }
                left = left.SetItem(program, ProgramHolder.Deployed);
                continue;
            }

            var isNeeded = await _jobs.Count(program, account: null, countMax: 1, CancellationToken.None) > 0;
            if (!isNeeded)
            {
                await Discount(holder.Payer, program);
            }
            left = isNeeded ? left.SetItem(program, holder with { Since = now }) : left.Remove(program);
        }

        if (left != blob.Programs)
        {
            await _blob.Write(blob with { Programs = left });
        }
    }

    /// <summary>The bytes must be there, and not about to be deleted.</summary>
    private async ValueTask<BlobInfo> RequireStored(long? size)
    {
        if (_clock.GetUtcNow() < _blob.Value?.CollectedUntil)
        {
            throw new MarketException(
                ErrorCode.Unavailable,
                $"{_id} was not kept and is being collected. Upload it again in {MarketLimits.BlobCollectMax.TotalSeconds} seconds."
            );
        }

        if (await _blobs.FindBlob(_id) is not { } stored || (size is { } expected && stored.Size != expected))
        {
            throw NotFound();
        }
        return stored;
    }

    private async ValueTask RequireRoom()
    {
        if (_blob.Value is { } full && full.Accounts.Count + full.Programs.Count >= BlobPolicy.HoldersMax)
        {
            await DropRemovedPrograms();
        }
        if (_blob.Value is { } blob && blob.Accounts.Count + blob.Programs.Count >= BlobPolicy.HoldersMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"{_id} is kept by {BlobPolicy.HoldersMax} accounts and programs already. Send the bytes with one more byte of your own."
            );
        }
    }

    private ProgramHolder? HolderOf(ProgramId program) =>
        _blob.Value is { } blob && blob.Programs.TryGetValue(program, out var holder) ? holder : null;

    private async ValueTask Count(AccountId account, ProgramId program, long size)
    {
        if (account != default)
        {
            await LostWrites.Resend(() => QuotaOf(account).CountModule(program, _id, size, Authority.Blob));
        }
    }

    private async ValueTask Discount(AccountId account, ProgramId program)
    {
        if (account != default)
        {
            await LostWrites.Resend(() => QuotaOf(account).DiscountModule(program, Authority.Blob));
        }
    }

    private void LeaveIfUnknown()
    {
        if (_blob.Value is not { IsPinned: true })
        {
            DeactivateOnIdle();
        }
    }

    private MarketException NotFound() => new(ErrorCode.BlobNotFound, $"There is no blob {_id} of this account.");

    private IStorageQuotaGrain QuotaOf(AccountId account) => GrainFactory.GetGrain<IStorageQuotaGrain>(account.ToString());

    /// <summary>Read past the program's grain, which waits for this one when it deploys.</summary>
    private async ValueTask<DeployedState?> ManifestOf(ProgramId program)
    {
        var manifest = await _documents.ReadDocument(new DocumentKey(ProgramCodec.Kind, program.ToString()));
        return manifest is { } found ? ProgramCodec.Read(found.Content.Span) : null;
    }

    private StoredDocument<BlobPin> ListEntry(AccountId account) => new(_documents, BlobPin.KeyOf(_id, account), BlobPin.Form);
}
