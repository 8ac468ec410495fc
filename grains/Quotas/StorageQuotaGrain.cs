using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// What one account keeps, as an event log of its own. Earlier builds counted in the account's log. Until this log counts, the grain reads
/// the account's stored log directly; with the first event of its own it carries that count over.
/// </summary>
[Reentrant]
public sealed partial class StorageQuotaGrain : Grain, IStorageQuotaGrain
{
    private readonly IEventLog _log;
    private readonly IDocumentStore _documents;
    private readonly ILogger<StorageQuotaGrain> _logger;
    private readonly AccountId _id;
    private readonly EventedState<KeptBlobs, StorageEvent> _events;
    private KeptBlobs _own = null!;

    /// <summary>What the account's log says, until this one counts.</summary>
    private KeptBlobs _earlier = new();
    private bool _isOpen;

    public StorageQuotaGrain(IEventLog log, IDocumentStore documents, ILogger<StorageQuotaGrain> logger)
    {
        (_log, _documents, _logger) = (log, documents, logger);
        _id = AccountId.Parse(this.GetPrimaryKeyString());
        _events = new EventedState<KeptBlobs, StorageEvent>(
            StoredForms.Quota,
            _id.ToString(),
            log,
            documents,
            new EventedEnds(DeactivateOnIdle, failure => LogAppendFailed(failure, _id), failure => LogSnapshotFailed(failure, _id))
        );
    }

    private KeptBlobs Kept => _own.IsOwn ? _own : _earlier;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _own = await _events.Load(cancellationToken);
        // A count exists only for an account that was open, and accounts stay open.
        _isOpen = _own.IsOwn;
        if (!_own.IsOwn)
        {
            var account = (await StoredForms.Account.Load(_log, _documents, _id.ToString(), cancellationToken)).State;
            (_isOpen, _earlier) = (account.IsOpen, account.Storage);
        }
    }

    public async Task CountBlob(BlobId blob, long size, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Blob);
        await RequireOpen();
        if (Kept.IsPinned(blob))
        {
            await _events.RequireNewest();
            return;
        }

        await RequireRoom(blob, size);
        await Append(new BlobCounted(blob, size));
    }

    public async Task DiscountBlob(BlobId blob, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Blob);
        _events.RequireSound();
        await (Kept.IsPinned(blob) ? Append(new BlobDiscounted(blob)) : _events.RequireNewest());
    }

    public async Task CountModule(ProgramId program, BlobId module, long size, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Blob);
        await RequireOpen();
        if (Kept.Deployed(program))
        {
            await _events.RequireNewest();
            return;
        }

        if (Kept.ProgramCount >= StorageQuotaPolicy.ProgramsMax)
        {
            await _events.RequireNewest();
            throw new MarketException(
                ErrorCode.QuotaExceeded,
                $"The account has deployed {Kept.ProgramCount} programs; allowed are {StorageQuotaPolicy.ProgramsMax}. "
                    + "Remove some with 'market program remove'."
            );
        }

        await RequireRoom(module, size);
        await Append(new ModuleCounted(program, module, size));
    }

    public async Task DiscountModule(ProgramId program, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Blob, Authority.Program);
        _events.RequireSound();
        await (Kept.Deployed(program) ? Append(new ModuleDiscounted(program)) : _events.RequireNewest());
    }

    public async Task<BlobId?> FindModule(ProgramId program)
    {
        _events.RequireSound();
        if (Kept.ModuleOf(program) is null)
        {
            await _events.RequireNewest();
        }
        return Kept.ModuleOf(program);
    }

    /// <summary>
    /// The first event is preceded by what the account's log counted. An attempt that was cut off between two appends has left a part of
    /// that and nothing else.
    /// </summary>
    private Task Append(StorageEvent happened)
    {
        if (!_own.IsOwn)
        {
            foreach (var earlier in _own.ChangesTo(_earlier))
            {
                _events.Prepend(earlier);
            }
            _events.Prepend(new CarriedOver());
            _earlier = new KeptBlobs();
        }
        return _events.Append(happened);
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.AccountNotFound"/>.</exception>
    private async ValueTask RequireOpen()
    {
        _events.RequireSound();
        if (_isOpen)
        {
            return;
        }
        DeactivateOnIdle();
        await _events.RequireNewest();
        throw new MarketException(ErrorCode.AccountNotFound, $"There is no account {_id}; an account begins with its first credit.");
    }

    /// <summary>A blob that the account keeps already costs nothing more.</summary>
    private async ValueTask RequireRoom(BlobId blob, long size)
    {
        if (Kept.Keeps(blob) || (Kept.Count < StorageQuotaPolicy.BlobsMax && size <= StorageQuotaPolicy.BlobBytesMax - Kept.Bytes))
        {
            return;
        }
        await _events.RequireNewest();
        throw new MarketException(
            ErrorCode.QuotaExceeded,
            $"The account keeps {Kept.Count} blobs with {Kept.Bytes} bytes, modules of its programs included; allowed are "
                + $"{StorageQuotaPolicy.BlobsMax} blobs with {StorageQuotaPolicy.BlobBytesMax} bytes, and this one has {size}. Remove "
                + "some with 'market blob rm' and 'market program remove'; a removed program's module counts until its jobs have ended "
                + "and the collector has passed."
        );
    }

    [LoggerMessage(
        EventId = 1151,
        Level = LogLevel.Error,
        Message = "Storage of account {Account}: an append failed; the quota is read again."
    )]
    private partial void LogAppendFailed(Exception failure, AccountId account);

    [LoggerMessage(
        EventId = 1152,
        Level = LogLevel.Warning,
        Message = "Storage of account {Account}: could not write the snapshot; the quota will try again later."
    )]
    private partial void LogSnapshotFailed(Exception failure, AccountId account);
}
