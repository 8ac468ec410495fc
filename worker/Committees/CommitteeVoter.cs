using System.Security.Cryptography;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker;

/// <summary>
/// A worker as a member of committees: has its BLS key and what it voted (VOTES.md), keeps what it ran, and decides what it signs.
/// Thread-safe. Signing writes to the disk and blocks.
/// </summary>
public sealed partial class CommitteeVoter : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Lock _voting = new();
    private readonly KeptRuns _runs = new();
    private readonly IDisposable? _files;
    private readonly VoteLog _votes;
    private readonly Ed25519KeyPair _key;
    private readonly AccountId _payTo;
    private readonly ILogger _log;
    private CommitteeKey? _registered;
    private MarketDomain? _domain;
    private bool _isBroken;
    private readonly KeptSettlements _settlements;
    private SettlementRequest? _notSettled;

    /// <param name="votes">Disposed with the voter.</param>
    /// <param name="files">Disposed with the voter, after the log; null: another one does that.</param>
    /// <param name="key">The worker's own, which outlives the voter.</param>
    /// <param name="payTo">The account that earns for the worker.</param>
    /// <param name="log">Is told what it does not sign, and why.</param>
    public CommitteeVoter(VoteLog votes, IDisposable? files, Ed25519KeyPair key, AccountId payTo, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(votes);
        (_votes, _files, _key, _payTo, _log) = (votes, files, key, payTo, log);
        _settlements = new KeptSettlements(votes.Files);
    }

    private WorkerId Worker => new(_key.PublicKey);

    /// <summary>
    /// Opens the log of a folder; the first start makes it, with a new key. A log that cannot be used is told as an error: the worker then
    /// goes on without committees.
    /// </summary>
    /// <param name="folder">There is such a folder.</param>
    /// <param name="clock">Tells which epochs can have begun.</param>
    /// <returns>Null where the log cannot be used.</returns>
    public static CommitteeVoter? Open(string folder, Ed25519KeyPair key, AccountId payTo, TimeProvider clock, ILogger log)
    {
        VoteFiles? files = null;
        try
        {
            files = new VoteFiles(folder);
            var voter = new CommitteeVoter(OpenLog(files, new WorkerId(key.PublicKey), clock), files, key, payTo, log);
            LogServes(log, voter._votes.PublicKey, files.PathOf(VoteLog.Name));
            return voter;
        }
        catch (Exception failure) when (failure is VoteLogException or IOException or UnauthorizedAccessException)
        {
            files?.Dispose();
            LogServesNot(log, failure.Message);
            return null;
        }
    }

    /// <summary>
    /// The key, with the proofs that it is this worker's at a market; null once the log has failed, and where it votes for another market,
    /// or for another contract of this one.
    /// </summary>
    public CommitteeKey? KeyFor(MarketDomain domain)
    {
        lock (_lock)
        {
            if (_isBroken || !TryBind(domain))
            {
                return null;
            }
            if (_registered is null || _domain != domain)
            {
                var key = _votes.PublicKey.Bytes;
                var digest = BatchDigest.OfRegistration(domain, Worker, key);
                _registered = new CommitteeKey(key.ToArray(), _votes.ProvePossession().Bytes.ToArray(), _key.Sign(digest.ToArray()));
                _domain = domain;
            }
            return _registered;
        }
    }

    /// <summary>Keeps what was run until it is voted on, its lease is over, or others push it out.</summary>
    public void Keep(LeaseId lease, Execution execution, TokenAmount unitPrice)
    {
        lock (_lock)
        {
            _runs.Add(new KeptRun(lease, execution, unitPrice));
        }
    }

    /// <summary>The lease is over: nothing of it is voted on.</summary>
    public void Drop(LeaseId lease)
    {
        lock (_lock)
        {
            _runs.Drop(lease);
        }
    }

    /// <summary>The market has forgotten the worker, and with it what it ran.</summary>
    public void DropAll()
    {
        lock (_lock)
        {
            _runs.Clear();
        }
    }

    /// <summary>The worker's share of an epoch's randomness; the same one again for the same list.</summary>
    /// <returns>Null where it gives none: it gave one for another list, the epoch is too old, or the log has failed.</returns>
    public EpochShare? Share(ShareRequest request, MarketDomain domain)
    {
        ArgumentNullException.ThrowIfNull(request);
        var digest = EpochRandomness.OfShare(domain, request.Epoch, request.Eligible);
        return Sign(request.Epoch, [new MemberVote(VoteKind.Share, default, digest)], domain, digest) is { } share
            ? new EpochShare(request.Epoch, share)
            : null;
    }

    /// <summary>Signs the receipts of a window if the member stands by each of them.</summary>
    /// <returns>A signature, or those that it does not stand by; null where the window is none.</returns>
    public WindowVote? Answer(ReceiptWindow window, MarketDomain domain)
    {
        ArgumentNullException.ThrowIfNull(window);
        if (WhyNoWindow(window) is { } wrong)
        {
            LogNoWindow(window.Number, wrong);
            return null;
        }
        List<MemberVote> votes = [];
        HashSet<JobId> refused = [];
        foreach (var draft in window.Receipts)
        {
            var refusal = Review(draft, window.Epoch, out var receipt);
            if (refusal is null)
            {
                votes.Add(new MemberVote(VoteKind.Receipt, draft.Job.Value, receipt));
            }
            else if (refused.Add(draft.Job))
            {
                LogRefused(draft.Job, window.Epoch, refusal);
            }
        }
        foreach (var vote in _votes.Contradicted(window.Epoch, votes))
        {
            if (refused.Add(new JobId(vote.Subject)))
            {
                LogRefused(
                    new JobId(vote.Subject),
                    window.Epoch,
                    "It has voted on another receipt of this job, or no longer in this epoch."
                );
            }
        }
        if (refused.Count > 0)
        {
            return new WindowVote(window.Number) { Refused = [.. refused] };
        }
        var root = new MerkleBatch([.. votes.Select(vote => vote.Digest)]).Root;
        var digest = BatchDigest.OfCommitteeReceipts(domain, window.Committee, root);
        return SignOnce(window, votes, domain, digest) is { } signature
            ? new WindowVote(window.Number) { Signature = signature }
            : new WindowVote(window.Number) { Refused = [.. window.Receipts.Select(draft => draft.Job).Distinct()] };
    }

    /// <summary>
    /// A run is voted on in one epoch: votes are compared within an epoch, so in another its receipt could be another one. One window at a
    /// time, so that no two that come together are of two epochs.
    /// </summary>
    /// <returns>Null where nothing was signed.</returns>
    private byte[]? SignOnce(ReceiptWindow window, IReadOnlyList<MemberVote> votes, MarketDomain domain, Bytes32 digest)
    {
        lock (_voting)
        {
            lock (_lock)
            {
                if (window.Receipts.FirstOrDefault(draft => (_runs.Find(draft.Job)?.Epoch ?? window.Epoch) != window.Epoch) is { } other)
                {
                    LogRefused(other.Job, window.Epoch, "It has voted on this run in another epoch.");
                    return null;
                }
            }
            var signature = Sign(window.Epoch, votes, domain, digest);
            lock (_lock)
            {
                foreach (var draft in signature is null ? [] : window.Receipts)
                {
                    _runs.NoteVote(draft.Job, window.Epoch);
                }
            }
            return signature;
        }
    }

    public void Dispose()
    {
        _votes.Dispose();
        _files?.Dispose();
    }

    private static VoteLog OpenLog(VoteFiles files, WorkerId worker, TimeProvider clock)
    {
        if (VoteLog.Exists(files))
        {
            return VoteLog.Open(files, worker, clock);
        }
        using var random = RandomNumberGenerator.Create();
        return VoteLog.Create(files, BlsSecretKey.Generate(random), worker, clock);
    }

    /// <summary>A market may be another program, or lie: what it asks is looked at before it is used.</summary>
    private static string? WhyNoWindow(ReceiptWindow window)
    {
        if (window.Receipts.Count is 0 or > WorkerLimits.WindowReceiptsMax)
        {
            return $"It has {window.Receipts.Count} receipts; 1 to {WorkerLimits.WindowReceiptsMax} are signed together.";
        }
        return window.Receipts.All(draft =>
            draft is { Seats.Count: <= Assurance.CommitteeSeatsMax, Shares.Count: <= Assurance.CommitteeSeatsMax }
            && draft.Seats.All(seat => seat is not null)
            && draft.Shares.All(share => share is not null)
        )
            ? null
            : $"A receipt has more than {Assurance.CommitteeSeatsMax} seats or shares, or one that is null.";
    }

    /// <returns>Why it does not stand by the receipt; null: it does.</returns>
    private string? Review(ReceiptDraft draft, ulong epoch, out Bytes32 hash)
    {
        hash = default;
        KeptRun? run;
        lock (_lock)
        {
            run = _runs.Find(draft.Job);
        }
        if (run is null)
        {
            return "It has not run this job, or does not keep what it ran any more.";
        }
        if (run.Epoch is { } voted && voted != epoch)
        {
            return $"It has voted on this run in epoch {voted}.";
        }
        var receipt = new Receipt
        {
            Execution = run.Execution,
            Payer = draft.Payer,
            Seats = [.. draft.Seats.Select(seat => new Seat(seat.Worker, seat.UnitPrice))],
            Assurance = draft.Assurance,
            State = draft.State,
            Fault = draft.Fault,
            PriceLimit = draft.PriceLimit,
            Price = draft.Price,
            Shares = [.. draft.Shares.Select(share => new PaidShare(share.Account, share.Amount))],
            Epoch = epoch,
            EndedAt = draft.EndedAt,
        };
        if (MemberChecks.Refusal(receipt, new Seat(Worker, run.UnitPrice), _payTo) is { } refusal)
        {
            return refusal;
        }
        hash = receipt.Hash();
        return null;
    }

    /// <summary>The log is for this domain from now on; false where it cannot be.</summary>
    private bool TryBind(MarketDomain domain)
    {
        try
        {
            _votes.Bind(domain.Id);
            return true;
        }
        catch (VoteLogException failed)
        {
            _isBroken = true;
            LogServesNot(_log, failed.Message);
            return false;
        }
    }

    /// <returns>Null where nothing was signed.</returns>
    private byte[]? Sign(ulong epoch, IReadOnlyList<MemberVote> votes, MarketDomain domain, Bytes32 digest) =>
        Sign(domain, () => _votes.Sign(epoch, votes, digest));

    /// <returns>Null where nothing was signed.</returns>
    private byte[]? Sign(MarketDomain domain, Func<BlsSignature> sign)
    {
        try
        {
            _votes.Bind(domain.Id);
            return sign().Bytes.ToArray();
        }
        catch (VoteRefusedException refused)
        {
            LogNotCast(refused.Message);
            return null;
        }
        catch (VoteLogException failed)
        {
            lock (_lock)
            {
                _isBroken = true;
            }
            LogFailed(failed.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Serves in committees with the BLS key {Key}; its votes are in '{File}'")]
    private static partial void LogServes(ILogger log, BlsPublicKey key, string file);

    [LoggerMessage(Level = LogLevel.Error, Message = "The worker serves in no committee: {Reason}")]
    private static partial void LogServesNot(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Window {Window} of receipts is not answered: {Reason}")]
    private partial void LogNoWindow(long window, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The receipt of job {Job} in epoch {Epoch} is not signed: {Reason}")]
    private partial void LogRefused(JobId job, ulong epoch, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A vote is not cast: {Reason}")]
    private partial void LogNotCast(string reason);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The worker serves in no committee any more: {Reason} Repair the disk, then restart the worker"
    )]
    private partial void LogFailed(string reason);
}
