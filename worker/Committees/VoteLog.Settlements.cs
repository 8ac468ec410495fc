using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Worker;

/// <summary>
/// Votes on settlements. Numbers and epochs of the chain only rise, so the last vote stands for all before it: it is in the head, which is
/// replaced whole.
/// </summary>
public sealed partial class VoteLog
{
    /// <summary>What it has signed of settlements.</summary>
    internal SignedSettlements Settlements
    {
        get
        {
            lock (_lock)
            {
                return _head.Settlements;
            }
        }
    }

    /// <summary>Where the log is.</summary>
    internal IVoteFiles Files => _files;

    /// <summary>All writes that the count counts: frames, and settlements that were signed for the first time.</summary>
    private ulong Statements => _writes + _head.Settlements.Count;

    /// <summary>
    /// Signs a settlement after this is on the disk. It is later than the last one that was signed, by number and then by epoch; or it is
    /// that one, which gives the same signature, and nothing is written.
    /// </summary>
    /// <exception cref="VoteRefusedException">It is neither; nothing was signed.</exception>
    /// <exception cref="VoteLogException">The disk failed, now or earlier; nothing was signed.</exception>
    public BlsSignature SignSettlement(Settlement settlement, MarketDomain domain)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        ArgumentNullException.ThrowIfNull(domain);
        lock (_lock)
        {
            RequireOpen();
            if (Market != domain.Id)
            {
                throw new InvalidOperationException("This is a bug in the worker: it settles for another market than it has said.");
            }
            Cast(settlement);
        }
        return _key.Sign(settlement.Digest(domain).ToArray());
    }

    private void Cast(Settlement settlement)
    {
        var last = _head.Settlements;
        var order = (settlement.Number, settlement.Epoch).CompareTo((last.Number, last.Epoch));
        if (settlement.Number == 0 || order < 0)
        {
            throw VoteLogErrors.SettlementOver(settlement, last);
        }
        var hash = settlement.Hash();
        if (order == 0)
        {
            if (hash != last.Hash)
            {
                throw VoteLogErrors.OtherSettlement(settlement, last);
            }
            return;
        }
        try
        {
            Try(_count.RequireOwn);
            WriteHead(
                _head with
                {
                    Settlements = new SignedSettlements(
                        Count: last.Count + 1,
                        Number: settlement.Number,
                        Epoch: settlement.Epoch,
                        Hash: hash,
                        Before: settlement.Number == last.Number ? last.Before : last.Hash
                    ),
                }
            );
            Try(() =>
            {
                // Another process may have read the head before it was this one.
                _count.RequireOwn();
                // Before a signature exists that an older copy would not know of.
                _count.Write(Statements);
            });
        }
        catch
        {
            // Whatever failed: the vote may be on the disk.
            Close();
            throw;
        }
    }
}
