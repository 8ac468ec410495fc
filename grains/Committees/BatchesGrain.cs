using System.Collections.Immutable;
using System.Globalization;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// Tells the market's ledger what committees have signed, many certificates at a time. What is to be told is in the store: the certificates
/// that know no batch. A batch is fixed in one write; each step after it may be repeated, so whatever crashes, each certificate comes into
/// one batch, and each batch into the ledger once.
/// </summary>
internal sealed partial class BatchesGrain : Grain, IBatchesGrain, IRemindable
{
    private readonly StoredState<BatchesState> _state;
    private readonly IListing _listing;
    private readonly IDocumentStore _documents;
    private readonly MarketDomain _domain;
    private readonly TimeProvider _clock;
    private readonly ILogger<BatchesGrain> _logger;
    private IGrainTimer _timer = null!;
    private bool _isArmed;

    /// <summary>A certificate was announced since the last step began.</summary>
    private bool _isAnnounced;

    /// <summary>Null: this activation has not set it.</summary>
    private Task? _reminding;

    public BatchesGrain(
        [PersistentState(BatchesState.Kind, StateStorage.Documents)] IPersistentState<BatchesState> state,
        IListing listing,
        IDocumentStore documents,
        MarketDomain domain,
        TimeProvider clock,
        ILogger<BatchesGrain> logger
    )
    {
        if (this.GetPrimaryKeyString() is var key && key != MarketLimits.BatchesKey)
        {
            throw new ArgumentException(
                $"This is a bug: batches of certificates have one grain, '{MarketLimits.BatchesKey}', not '{key}'."
            );
        }
        _state = new StoredState<BatchesState>(state);
        (_listing, _documents, _domain, _clock, _logger) = (listing, documents, domain, clock, logger);
    }

    private BatchesState State => _state.Value ?? BatchesState.None;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await _state.Load();
        _timer = this.RegisterGrainTimer(
            OnTimer,
            new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = false, KeepAlive = true }
        );
    }

    public Task Announce(Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Market);
        _isAnnounced = true;
        Arm();
        if (_reminding is null || _reminding.IsFaulted || _reminding.IsCanceled)
        {
            // It stays: a market that had a committee once looks for untold certificates once a minute.
            _reminding = this.RemindOfLedger();
        }
        return _reminding;
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status) => await TellAll();

    private async Task OnTimer()
    {
        _isArmed = false;
        // What was announced a moment ago may be written only after the step has looked.
        var again = _isAnnounced;
        _isAnnounced = false;
        try
        {
            await TellAll();
        }
        catch (Exception failure)
        {
            LogNotTold(failure);
            again = true;
        }
        if (again || _isAnnounced)
        {
            Arm();
        }
    }

    private void Arm()
    {
        if (!_isArmed)
        {
            _isArmed = true;
            _timer.Change(BatchPolicy.TellAfter, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task TellAll()
    {
        // Before the list is read: what another activation has fixed meanwhile makes the write of this one fail.
        await _state.Refresh();
        do
        {
            if (State.Open is { } open)
            {
                await Tell(open);
            }
        } while (await Fix());
    }

    /// <returns>False: no certificate is untold.</returns>
    private async Task<bool> Fix()
    {
        var untold = new ListingQuery(CertificateState.Kind, State: CertificateProjection.Untold, Limit: BatchPolicy.CertificatesMax);
        var rows = await _listing.ListNewest(untold);
        if (rows.Count == 0)
        {
            return false;
        }
        // The list has the newest first, and a batch is of one epoch.
        var epoch = rows[^1].Label;
        ImmutableArray<Bytes32> roots = [.. rows.Where(row => row.Label == epoch).Select(row => Bytes32.Parse(row.Id)).Order()];
        var number = State.Last + 1;
        var batch = new CertificateBatch(number, ulong.Parse(epoch, CultureInfo.InvariantCulture), _clock.GetUtcNow(), roots);
        await _state.Write(new BatchesState(number, batch));
        return true;
    }

    private async Task Tell(CertificateBatch batch)
    {
        var change = LedgerChanges.ReceiptBatch(batch);
        await GrainFactory.Tell(LedgerName.Market, [change], Authority.Market);
        var ledger = GrainFactory.GetGrain<ILedgerGrain>(LedgerName.Market.ToString());
        var newest = await LostWrites.Resend(() => ledger.FindNewest(LedgerKinds.ReceiptBatch));
        if (newest is null || !newest.Subject.SequenceEqual(change.Words))
        {
            // Another activation is further: this one goes on from what that has stored.
            throw new MarketException(ErrorCode.Unavailable, $"Batch {batch.Number} of certificates is not the newest in the ledger.");
        }
        var told = batch with { Place = new BatchPlace(_domain.Id, newest.Index) };
        var document = new StoredDocument<CertificateBatch>(_documents, CertificateBatch.KeyOf(batch.Number), CertificateBatch.Form);
        await document.Load();
        if (document.Value is null)
        {
            await document.Write(told);
        }
        foreach (var part in batch.Roots.Chunk(BatchPolicy.JoinedAtOnceMax))
        {
            await Task.WhenAll(part.Select(root => Join(root, batch.Number)));
        }
        await _state.Write(new BatchesState(batch.Number, Open: null));
        LogTold(batch.Number, batch.Roots.Length, newest.Index);
    }

    private Task Join(Bytes32 root, ulong batch) =>
        LostWrites.Resend(() => GrainFactory.GetGrain<ICertificateGrain>(root.ToString()).Join(batch, Authority.Market));

    [LoggerMessage(
        Level = LogLevel.Debug,
        Message = "Batch {Batch} of {Certificates} certificates is record {Index} of the market's ledger"
    )]
    private partial void LogTold(ulong batch, int certificates, long index);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ledger could not be told what committees have signed; it is told again")]
    private partial void LogNotTold(Exception failure);
}
