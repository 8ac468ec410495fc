using Marketplace.Api.Workers;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker;

/// <summary>What a member of the committee on the chain signs of settlements (receipts/SETTLEMENT.md).</summary>
public sealed partial class CommitteeVoter
{
    private readonly Lock _settling = new();

    /// <summary>
    /// Whether the request is worth a look at its file: the member has not refused it already. A market asks again and again, and a file
    /// may have 48 MiB.
    /// </summary>
    public bool MaySettle(SettlementRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (_lock)
        {
            if (_isBroken || request == _notSettled)
            {
                return false;
            }
        }
        var last = _votes.Settlements;
        return (request.Number, request.Epoch).CompareTo((last.Number, last.Epoch)) switch
        {
            0 => request.Hash == last.Hash,
            var order => order > 0,
        };
    }

    /// <summary>
    /// Signs a settlement if its file holds by SETTLEMENT.md, follows the last one that this member signed, and the member has signed no
    /// other in its place. The same one again gives the same signature.
    /// </summary>
    /// <param name="file">What the market gives as the settlement's file.</param>
    /// <param name="domain">The market's.</param>
    /// <returns>Null where nothing was signed.</returns>
    public SettlementVote? Settle(SettlementRequest request, ReadOnlySpan<byte> file, MarketDomain domain)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(domain);
        lock (_settling)
        {
            if (Refusal(request, file, domain, out var settlement) is { } refusal)
            {
                LogNotSettled(request.Number, request.Epoch, refusal);
                // Another file than was asked for may have come while the market made the next version.
                return settlement is null ? null : NotSettled(request);
            }
            if (Sign(domain, () => _votes.SignSettlement(settlement!, domain)) is not { } signature)
            {
                return NotSettled(request);
            }
            Keep(settlement!, file);
            return new SettlementVote(request.Number, request.Epoch, signature);
        }
    }

    /// <param name="settlement">What the file has; null where that is not what was asked for.</param>
    /// <returns>Why the file is not signed; null: it may be.</returns>
    private string? Refusal(SettlementRequest request, ReadOnlySpan<byte> json, MarketDomain domain, out Settlement? settlement)
    {
        settlement = null;
        SettlementFile file;
        try
        {
            file = SettlementFile.Parse(json);
        }
        catch (ReceiptFormatException malformed)
        {
            return malformed.Message;
        }
        if (!domain.Settles || file.Domain != domain)
        {
            return $"Its file is of {file.Domain}; the worker is connected to {domain}.";
        }
        var (seen, hash) = (file.Settlement, file.Settlement.Hash());
        if ((seen.Number, seen.Epoch, hash) != (request.Number, request.Epoch, request.Hash))
        {
            return $"Its file has settlement {seen.Number} of epoch {seen.Epoch} with the hash {hash}; asked was for {request.Hash}.";
        }
        settlement = seen;
        var broken = SettlementChecks.Of(file, Earlier(request)).Where(check => check.Result == CheckResult.Broken);
        return broken.Select(check => check.Finding).FirstOrDefault();
    }

    /// <summary>
    /// The last one with a smaller number that this member signed: of one number only one version is settled, so none is compared with
    /// another.
    /// </summary>
    private SettlementFile? Earlier(SettlementRequest request)
    {
        var last = _votes.Settlements;
        var hash = request.Number > last.Number ? last.Hash : last.Before;
        if (hash == default)
        {
            return null;
        }
        var earlier = _settlements.Find(hash);
        if (earlier is null)
        {
            LogNotCompared(request.Number, hash);
        }
        return earlier;
    }

    private void Keep(Settlement settlement, ReadOnlySpan<byte> file)
    {
        try
        {
            _settlements.Keep(settlement.Number, file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogNotKept(settlement.Number, failure.Message);
        }
    }

    private SettlementVote? NotSettled(SettlementRequest request)
    {
        lock (_lock)
        {
            _notSettled = request;
        }
        return null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Settlement {Number} of epoch {Epoch} is not signed: {Reason}")]
    private partial void LogNotSettled(ulong number, ulong epoch, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Settlement {Number} is not compared with the one that was signed before: the file with the hash {Hash} is not there"
    )]
    private partial void LogNotCompared(ulong number, Bytes32 hash);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The file of settlement {Number}, which was signed, is not kept, so the next one is not compared with it: {Reason}"
    )]
    private partial void LogNotKept(ulong number, string reason);
}
