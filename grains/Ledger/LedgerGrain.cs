using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// The history of one namespace. The records are the entries of an event log; in memory is only what it takes to go on. Calls come one
/// after the other, so whatever a head or a proof says is durable: what the market has signed once, it must never have to take back.
/// </summary>
internal sealed partial class LedgerGrain : Grain, ILedgerGrain
{
    private readonly IEventLog _log;
    private readonly IDocumentStore _documents;
    private readonly MarketIdentity _market;
    private readonly TimeProvider _clock;
    private readonly ILogger<LedgerGrain> _logger;
    private readonly LedgerName _name;
    private readonly MarketDomain _domain;
    private readonly string _id;
    private readonly EventedState<LedgerState, LedgerEntry> _journal;
    private LedgerState _ledger = new();

    /// <summary>Of this activation; 0: it has written nothing.</summary>
    private ulong _epoch;

    public LedgerGrain(
        IEventLog log,
        IDocumentStore documents,
        MarketIdentity market,
        MarketDomain domain,
        TimeProvider clock,
        ILogger<LedgerGrain> logger
    )
    {
        (_log, _documents, _market, _domain, _clock, _logger) = (log, documents, market, domain, clock, logger);
        _name = LedgerName.Parse(this.GetPrimaryKeyString());
        // A market with another domain begins other ledgers: signatures of the ones before do not hold in it.
        _id = $"{_name}.{domain.Id}";
        _journal = new EventedState<LedgerState, LedgerEntry>(
            StoredForms.Ledger,
            _id,
            log,
            documents,
            new EventedEnds(DeactivateOnIdle, failure => LogAppendFailed(failure, _name), failure => LogSnapshotFailed(failure, _name))
        );
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => _ledger = await _journal.Load(cancellationToken);

    public async Task Append(ImmutableArray<LedgerChange> changes, Authority by)
    {
        Authorities.Require(
            by,
            Authority.Account,
            Authority.Program,
            Authority.Worker,
            Authority.Reputation,
            Authority.Market,
            Authority.Silo
        );
        if (changes.IsDefaultOrEmpty || changes.Length > MarketLimits.LedgerChangesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The call tells {(changes.IsDefault ? 0 : changes.Length)} changes; allowed are 1 to {MarketLimits.LedgerChangesMax}."
            );
        }
        foreach (var change in changes)
        {
            LedgerTellers.Require(change.Kind, by);
            RequireForm(OperationOf(change, _domain.Market, epoch: 0, sequence: 1));
        }
        await RequireRoom();
        var told = await FindOld(changes);
        var durable = Task.CompletedTask;
        foreach (var change in changes)
        {
            if (!told.Contains(change.Change) && _ledger.Knows(change.Change, change.Time) is not true)
            {
                durable = AppendOwn(change);
            }
        }
        await durable;
        await SaveTiles();
    }

    public async Task<LedgerPlace> AppendSigned(LedgerStatement statement, Authority by)
    {
        Authorities.Require(by, Authority.Worker);
        var operation = OperationOf(statement.Change, statement.Author, statement.Epoch, statement.Sequence);
        if (statement.Author == _domain.Market || !_name.Admits(statement.Author, _domain.Market))
        {
            throw new MarketException(
                ErrorCode.Forbidden,
                $"{statement.Author} is not the owner of '{_name}'; only the owner's own operations are taken."
            );
        }
        RequireForm(operation);
        if (statement.Sequence == 0)
        {
            throw new MarketException(ErrorCode.MalformedRequest, "The operation has the sequence 0; sequences count from 1.");
        }
        if (!Ed25519.Verify(statement.Author, operation.Digest(_domain).ToArray(), statement.Signature.Span))
        {
            throw new MarketException(ErrorCode.Forbidden, $"The signature of {statement.Author} over the operation does not hold.");
        }
        await RequireRoom();
        var (same, first) = await FindNumbers(operation);
        if (same is { } index)
        {
            return new LedgerPlace(index, first == same ? null : first);
        }
        var place = new LedgerPlace(_ledger.Size, first);
        if (first is not null)
        {
            LogForked(statement.Author, statement.Epoch, statement.Sequence, _name);
        }
        await _journal.Append(new LedgerEntry(operation, statement.Signature, _ledger.Last, IsOfMarket: false, first));
        await SaveTiles();
        return place;
    }

    public async Task<LedgerNewest?> FindNewest(string kind)
    {
        _journal.RequireSound();
        await _journal.RequireNewest();
        if (_ledger.NewestOf(kind) is not { } index)
        {
            return null;
        }
        var words = ImmutableArray<ChangeWord>.Empty;
        await _log.Replay(
            StoredForms.Ledger.StreamOf(_id),
            index + 1,
            index + 1,
            entry =>
            {
                words = [.. LedgerEntry.Read(entry.Content.Span).Operation.Subject.Select(word => new ChangeWord(word.Name, word.Value))];
                return default;
            }
        );
        return new LedgerNewest(index, words);
    }

    /// <summary>
    /// Numbers that no other activation gives: its epoch is greater than all before, and what two of them write at the same moment, only
    /// one of them writes.
    /// </summary>
    private Task AppendOwn(LedgerChange change)
    {
        var (epoch, sequence) = _ledger.NumbersOf(_domain.Market);
        if (_epoch == 0)
        {
            _epoch = Math.Max((ulong)_clock.GetUtcNow().ToUnixTimeMilliseconds(), epoch + 1);
        }
        var operation = OperationOf(change, _domain.Market, _epoch, epoch == _epoch ? sequence + 1 : 1);
        var signature = _market.Sign(operation.Digest(_domain).ToArray());
        return _journal.Append(new LedgerEntry(operation, signature, _ledger.Last, IsOfMarket: true, ForkOf: null));
    }

    /// <summary>Of changes that are older than what is remembered: those that stand in the ledger.</summary>
    private async ValueTask<HashSet<Bytes32>> FindOld(ImmutableArray<LedgerChange> changes)
    {
        var asked = changes.Where(change => _ledger.Knows(change.Change, change.Time) is null).Select(change => change.Change).ToHashSet();
        var found = new HashSet<Bytes32>();
        if (asked.Count > 0)
        {
            await EachEntry(
                (_, entry) =>
                {
                    if (entry.IsOfMarket && asked.Contains(entry.Operation.Change))
                    {
                        found.Add(entry.Operation.Change);
                    }
                }
            );
        }
        return found;
    }

    /// <returns>Where the operation stands, and where the first with its numbers does.</returns>
    private async ValueTask<(long? Same, long? First)> FindNumbers(LedgerOperation operation)
    {
        if ((operation.Epoch, operation.Sequence).CompareTo(_ledger.NumbersOf(operation.Author)) > 0)
        {
            return (null, null);
        }
        var hash = operation.Hash();
        (long? Same, long? First) found = (null, null);
        await EachEntry(
            (index, entry) =>
            {
                var other = entry.Operation;
                if (other.Author == operation.Author && other.Epoch == operation.Epoch && other.Sequence == operation.Sequence)
                {
                    found = (other.Hash() == hash ? index : found.Same, found.First ?? index);
                }
            }
        );
        return found;
    }

    private ValueTask EachEntry(Action<long, LedgerEntry> take) =>
        _log.Replay(StoredForms.Ledger.StreamOf(_id), 1, entry => take(entry.Version - 1, LedgerEntry.Read(entry.Content.Span)));

    private LedgerOperation OperationOf(LedgerChange change, Bytes32 author, ulong epoch, ulong sequence) =>
        new()
        {
            Namespace = _name,
            Author = author,
            Epoch = epoch,
            Sequence = sequence,
            Change = change.Change,
            Kind = change.Kind,
            Subject = [.. (change.Words.IsDefault ? [] : change.Words).Select(word => new LedgerWord(word.Name, word.Value))],
            Time = change.Time,
        };

    /// <exception cref="MarketException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    private static void RequireForm(LedgerOperation operation)
    {
        var refusal = LedgerKinds.IsKnown(operation.Kind)
            ? LedgerKinds.Refusal(operation)
            : $"'{operation.Kind}' is no kind of operation; there are {string.Join(", ", LedgerKinds.Names)}.";
        if (refusal is not null)
        {
            throw new MarketException(ErrorCode.MalformedRequest, refusal);
        }
    }

    private async ValueTask RequireRoom()
    {
        _journal.RequireSound();
        await SaveTiles();
        if (_ledger.Tiles.Unsaved.Count > LedgerGrainPolicy.UnsavedTilesMax)
        {
            throw new MarketException(
                ErrorCode.Unavailable,
                $"{_ledger.Tiles.Unsaved.Count} tiles of '{_name}' could not be stored; nothing is appended until they are."
            );
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The ledger of {Name} could not be appended to; it is read again")]
    private partial void LogAppendFailed(Exception failure, LedgerName name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ledger of {Name} has no newer snapshot; its next start reads more records")]
    private partial void LogSnapshotFailed(Exception failure, LedgerName name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A tile of the ledger of {Name} could not be stored; the next call tries again")]
    private partial void LogTileFailed(Exception failure, LedgerName name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Author} has signed two operations {Epoch}.{Sequence} of {Name}")]
    private partial void LogForked(Bytes32 author, ulong epoch, ulong sequence, LedgerName name);
}
