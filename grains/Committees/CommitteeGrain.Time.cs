using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// What time brings. The market asks in each of its rounds while workers are there that serve, which wakes this activation and sets its
/// timer. It needs no reminder: an epoch of which no worker could give a share is not begun, and none begins before workers had the time to
/// connect after a start.
/// </summary>
internal sealed partial class CommitteeGrain
{
    private IGrainTimer _timer = null!;
    private bool _isAdvancing;
    private Collection? _collection;

    /// <summary>The last epoch whose file is in its own document.</summary>
    private ulong _filed;

    /// <summary>What the log was told last of too few workers; null: they are enough.</summary>
    private (int Staked, int Registered)? _toldFew;

    // Of the clock that only runs forward.
    private long? _firstAskedAt;
    private long _askedAt;
    private long? _retryFrom;

    public async Task<ShareCollection?> GetCollection()
    {
        await _epochs.Load();
        _askedAt = _clock.GetTimestamp();
        _firstAskedAt ??= _askedAt;
        var collection = FindCollection();
        if (collection is not null)
        {
            collection.AskedAt ??= _askedAt;
        }
        Rearm();
        return collection is null || IsOver(collection) ? null : new ShareCollection(collection.Request, collection.Missing());
    }

    public async Task Share(WorkerId worker, CommitteeShare share, Authority by)
    {
        Authorities.Require(by, Authority.Market);
        await _epochs.Load();
        if (FindCollection() is not { } collection || collection.List.Epoch != share.Epoch || IsOver(collection))
        {
            return;
        }
        // One share in a turn, so that a thousand of them do not keep reads and rounds waiting for longer than one pairing.
        if (collection.Take(worker, share.Share))
        {
            if (collection.Shares.Count == EpochPolicy.SharesMin)
            {
                collection.EnoughAt = _clock.GetTimestamp();
            }
            Rearm();
        }
        else if (!collection.Has(worker))
        {
            LogNoShare(worker, share.Epoch);
        }
    }

    private void BeginTime() =>
        _timer = this.RegisterGrainTimer(
            OnTimer,
            new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = false, KeepAlive = true }
        );

    private async Task OnTimer()
    {
        _isAdvancing = true;
        try
        {
            _retryFrom = null;
            await Advance();
        }
        catch (Exception failure)
        {
            LogFailed(failure);
            _retryFrom = _clock.GetTimestamp();
        }
        finally
        {
            _isAdvancing = false;
        }
        Rearm();
    }

    /// <summary>One step, if one is due. Each begins from what is durable, also if another activation wrote it.</summary>
    private async Task Advance()
    {
        await _epochs.Refresh();
        await FileLast();
        if (FindCollection() is { } collection)
        {
            if (IsOver(collection))
            {
                await Close(collection);
            }
            return;
        }
        if (Due() is not { } due || due > TimeSpan.Zero)
        {
            return;
        }
        await _keys.Refresh();
        var onChain = await FindChainStakes();
        var staked = await FindStaked(Keys.Keys, onChain);
        // Stakes that were known too long ago may be gone, so a list of them would sign nothing.
        if (staked.Count < EpochPolicy.SharesMin || onChain is not null && !(onChain.CoveredUntil > _clock.GetUtcNow()))
        {
            TellFew(staked.Count, onChain);
            _retryFrom = _clock.GetTimestamp();
            return;
        }
        _toldFew = null;
        await _epochs.Write(_rules.Fix(Epochs, staked, onChain?.CoveredUntil));
        LogFixed(Epochs.Collected!.Epoch, staked.Count);
    }

    private void TellFew(int staked, ChainStakes? onChain)
    {
        var (few, running) = ((staked, Keys.Keys.Length), Epochs.Running?.List);
        if (_toldFew == few)
        {
            return;
        }
        _toldFew = few;
        if (onChain is not null)
        {
            LogTooFewOnChain(staked, few.Length, onChain.CoveredUntil, running?.Epoch ?? 0, running?.SignsUntil);
        }
        else
        {
            LogTooFew(staked, few.Length, _terms.StakeMin, running?.Epoch ?? 0);
        }
    }

    private async Task Close(Collection collection)
    {
        await _epochs.Write(_rules.Close(Epochs, collection.Shares, _clock.GetUtcNow()));
        var last = Epochs.Last!;
        if (last.IsDrawn)
        {
            LogBegun(last.List.Epoch, last.Given, last.List.Members.Length);
        }
        else
        {
            LogNotDrawn(last.List.Epoch, last.Given, last.List.Members.Length, Epochs.Running?.List.Epoch ?? 0);
        }
        await FileLast();
    }

    /// <summary>
    /// Puts the last epoch into a document of its own before the next one takes its place, and removes the one that is kept no more. What
    /// is filed was durable before, so every activation files the same.
    /// </summary>
    private async Task FileLast()
    {
        if (Epochs.Last is not { } last || last.List.Epoch == _filed)
        {
            return;
        }
        var file = FileOf(last.List.Epoch);
        await file.Load();
        if (file.Value is null)
        {
            await file.Write(last);
        }
        if (last.List.Epoch > EpochPolicy.KeptMax)
        {
            var old = FileOf(last.List.Epoch - EpochPolicy.KeptMax);
            await old.Load();
            await old.Delete();
        }
        _filed = last.List.Epoch;
    }

    /// <summary>That of the list that is fixed; null where none is.</summary>
    private Collection? FindCollection()
    {
        if (Epochs.Collected is not { } list)
        {
            return null;
        }
        if (_collection?.List.Epoch != list.Epoch)
        {
            var request = EpochRules.RequestOf(list);
            _collection = new Collection(list, request, _rules.DigestOf(request));
        }
        return _collection;
    }

    /// <summary>All have given shares, or had the time to. A list whose workers do not come back makes room for a newer one.</summary>
    private bool IsOver(Collection collection) =>
        collection.Shares.Count == collection.List.Members.Length || DueOf(collection) <= TimeSpan.Zero;

    private void Rearm()
    {
        if (!_isAdvancing && Due() is { } due)
        {
            _timer.Change(due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <returns>When the next step is due, from now; null: not before somebody asks.</returns>
    private TimeSpan? Due()
    {
        if (_firstAskedAt is not { } first || _clock.GetElapsedTime(_askedAt) > EpochPolicy.AskedWithin)
        {
            return null;
        }
        var due =
            FindCollection() is { } collection ? (IsOver(collection) ? TimeSpan.Zero : DueOf(collection))
            : Epochs.Running is { } running ? running.Until - _terms.Shares - _clock.GetUtcNow()
            : _terms.Shares - _clock.GetElapsedTime(first);
        if (_retryFrom is { } failed && due is { } at)
        {
            var again = EpochPolicy.RetryAfter - _clock.GetElapsedTime(failed);
            return again > at ? again : at;
        }
        return due;
    }

    /// <summary>
    /// The time for shares is counted from when there are enough: after an outage those who are back first are not all that serve.
    /// </summary>
    private TimeSpan? DueOf(Collection collection) =>
        collection.EnoughAt is { } enough ? _terms.Shares - _clock.GetElapsedTime(enough)
        : collection.AskedAt is { } asked ? _terms.Length - _clock.GetElapsedTime(asked)
        : null;

    [LoggerMessage(Level = LogLevel.Information, Message = "The list of epoch {Epoch} is fixed: {Workers} workers are asked for shares")]
    private partial void LogFixed(ulong epoch, int workers);

    [LoggerMessage(Level = LogLevel.Information, Message = "Epoch {Epoch} has begun: {Given} of {Listed} workers gave a share")]
    private partial void LogBegun(ulong epoch, int given, int listed);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Epoch {Epoch} has no committees: {Given} of {Listed} workers gave a share. Epoch {Running} goes on (0: none)"
    )]
    private partial void LogNotDrawn(ulong epoch, int given, int listed, ulong running);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "{Staked} of {Registered} workers have {StakeMin} at stake: too few for committees. Epoch {Running} goes on (0: none)"
    )]
    private partial void LogTooFew(int staked, int registered, TokenAmount stakeMin, ulong running);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "There is no new committee: {Staked} of {Registered} workers serve on the chain with the keys that they registered here, "
            + "and their stakes cover what they sign until {Covered}. It takes more workers (`market worker stake`), or a chain that "
            + "answers. Epoch {Running} goes on (0: none), and its members sign until {SignsUntil}"
    )]
    private partial void LogTooFewOnChain(int staked, int registered, DateTimeOffset? covered, ulong running, DateTimeOffset? signsUntil);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A step of the committees' epochs failed; it is tried again")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What worker {Worker} gave for epoch {Epoch} is not its share; it is asked again")]
    private partial void LogNoShare(WorkerId worker, ulong epoch);

    /// <summary>The shares of a list, in memory until they are closed.</summary>
    private sealed class Collection(EpochList list, ShareRequest request, byte[] digest)
    {
        public EpochList List => list;

        public ShareRequest Request => request;

        public Dictionary<WorkerId, ReadOnlyMemory<byte>> Shares { get; } = [];

        /// <summary>When the market first passed the request on; null: not yet.</summary>
        public long? AskedAt { get; set; }

        /// <summary>When there were as many as an epoch needs; null: not yet.</summary>
        public long? EnoughAt { get; set; }

        public bool Has(WorkerId worker) => Shares.ContainsKey(worker);

        public ImmutableArray<WorkerId> Missing() =>
            [.. list.Members.Select(member => member.Worker).Where(worker => !Shares.ContainsKey(worker))];

        /// <returns>Whether it is the share of this worker, and the first.</returns>
        public bool Take(WorkerId worker, ReadOnlyMemory<byte> share)
        {
            if (Shares.ContainsKey(worker) || list.IndexOf(worker) is not (>= 0 and var index))
            {
                return false;
            }
            var key = ProvenBlsPublicKey.FromTrustedStorage(list.Members[index].Key.Key.Span);
            if (!BlsSignature.TryRead(share.Span, out var signature) || !Bls.FastAggregateVerify([key], digest, signature))
            {
                return false;
            }
            Shares.Add(worker, share);
            return true;
        }
    }
}
