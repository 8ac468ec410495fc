using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Worker;

/// <summary>
/// Signs a worker's offers for its ledger (receipts/LEDGER.md). An incarnation is one process; an offer that is repeated keeps its numbers,
/// so that they never name two. Thread-safe.
/// </summary>
/// <param name="key">The worker's.</param>
/// <param name="time">Tells when it was made.</param>
public sealed class OfferStatements(Ed25519KeyPair key, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly ulong _epoch = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
    private ulong _sequence;
    private (MarketDomain Domain, IReadOnlyList<LedgerWord> Words, OfferStatement Statement)? _last;

    /// <param name="offer">The worker's.</param>
    /// <param name="domain">Of the market to which it is made.</param>
    /// <returns>The offer with its statement.</returns>
    public WorkerOffer Sign(WorkerOffer offer, MarketDomain domain)
    {
        ArgumentNullException.ThrowIfNull(offer);
        var operation = new OfferOperation
        {
            Worker = offer.Worker,
            PayTo = offer.PayTo,
            PricePerMillionFuel = offer.PricePerMillionFuel,
            Slots = offer.Slots,
            MemoryPages = offer.MemoryPagesMax,
            BuyerReputationMin = offer.BuyerReputationMin ?? 0,
            RefusedAccounts = offer.RefusedAccounts ?? [],
            Labels = offer.Labels ?? [],
        };
        var words = operation.Words();
        lock (_lock)
        {
            if (_last is not { } last || last.Domain != domain || !last.Words.SequenceEqual(words))
            {
                var signed = operation.Signed(_epoch, ++_sequence, Receipts.Invocation.Nanoseconds(time.GetUtcNow()));
                var signature = key.Sign(signed.Digest(domain).ToArray());
                _last = last = (domain, words, new OfferStatement(signed.Epoch, signed.Sequence, signed.Time, signature));
            }
            return offer with { Statement = last.Statement };
        }
    }
}
