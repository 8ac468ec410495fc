using Marketplace.Chain;

namespace Marketplace.Verify.Settling;

/// <summary>
/// Every transaction that a silo sent, looked at before the chain has it: it must stand in the market's documents already, and a settlement
/// must not have two places among the operator's transactions.
/// </summary>
internal sealed class SentTransactions(StoredSettlement stored)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Bytes32> _hashes = [];
    private readonly Dictionary<ulong, HashSet<ulong>> _nonces = [];
    private readonly List<string> _violations = [];

    /// <summary>Different ones.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _hashes.Count;
            }
        }
    }

    /// <summary>How often one was sent, the same included.</summary>
    public int Times { get; private set; }

    public IReadOnlyList<string> Violations
    {
        get
        {
            lock (_gate)
            {
                return [.. _violations];
            }
        }
    }

    public async Task Look(SignedTransaction sent)
    {
        var (hash, nonce) = (sent.Hash, sent.Transaction.Nonce);
        // The settlement's number is the first word that the function takes.
        var number = BitConverter.ToUInt64([.. sent.Transaction.Data.Span[28..36].ToArray().Reverse()]);
        var state = await stored.Read();
        var isKnown =
            state.Past.Any(past => past.Transaction == hash)
            || state
                .Earlier.Append(state.Open)
                .OfType<Grains.BooksUnderWay>()
                .Any(open => open.Attempts.Any(attempt => IsIt(attempt, hash)));
        lock (_gate)
        {
            Times++;
            _hashes.Add(hash);
            if (!isKnown)
            {
                _violations.Add($"Transaction {hash} of settlement {number}, nonce {nonce}, was sent before it was written down.");
            }
            if (!_nonces.TryGetValue(number, out var nonces))
            {
                _nonces.Add(number, nonces = []);
            }
            if (nonces.Add(nonce) && nonces.Count > 1)
            {
                _violations.Add($"Settlement {number} was sent with the nonces {string.Join(", ", nonces)}: the chain can take both.");
            }
        }
    }

    private static bool IsIt(Grains.SendAttempt attempt, Bytes32 hash) => attempt.Transaction.Hash == hash;
}
