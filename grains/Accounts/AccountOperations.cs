namespace Marketplace.Grains;

/// <summary>Operations with an id and a moment; the numbers are stored.</summary>
internal enum OperationKind : byte
{
    Credit = 1,
    Reversal = 2,
    Debit = 3,
    Hold = 4,
    Transfer = 5,
    Compensation = 6,
    CompensationReversal = 7,
}

/// <param name="At">Its moment.</param>
/// <param name="Amount">How much.</param>
/// <param name="To">Who got it; only a transfer has a payee.</param>
internal readonly record struct Operation(DateTimeOffset At, TokenAmount Amount, AccountId? To = null);

/// <summary>
/// The ids of an account's operations, each remembered for <see cref="AccountPolicy.OperationMemory"/> after its moment. What is older is
/// refused, so an operation that was forgotten is never done again.
/// </summary>
internal sealed class AccountOperations
{
    private readonly Dictionary<(OperationKind Kind, string Id), Operation> _known = [];
    private readonly PriorityQueue<(OperationKind Kind, string Id), DateTimeOffset> _oldestFirst = new();

    private readonly Dictionary<OperationKind, int> _counts = [];

    public int Count => _known.Count;

    public int CountOf(OperationKind kind) => _counts.GetValueOrDefault(kind);

    /// <summary>Operations of moments before this one are not known any more.</summary>
    public DateTimeOffset ForgottenBefore { get; private set; }

    public IEnumerable<(OperationKind Kind, string Id, Operation Done)> All =>
        _known.Select(pair => (pair.Key.Kind, pair.Key.Id, pair.Value));

    /// <summary>What takes back an operation that brought something in.</summary>
    public static OperationKind ReversalOf(OperationKind kind) =>
        kind == OperationKind.Credit ? OperationKind.Reversal : OperationKind.CompensationReversal;

    public Operation? Find(OperationKind kind, string id) => _known.TryGetValue((kind, id), out var found) ? found : null;

    public bool Knows(OperationKind kind, string id) => _known.ContainsKey((kind, id));

    public void Add(OperationKind kind, string id, DateTimeOffset at, TokenAmount amount) => Add(kind, id, new Operation(at, amount));

    public void Add(OperationKind kind, string id, Operation done)
    {
        if (done.At >= ForgottenBefore && _known.TryAdd((kind, id), done))
        {
            _oldestFirst.Enqueue((kind, id), done.At);
            _counts[kind] = CountOf(kind) + 1;
        }
    }

    /// <summary>It is so late now: what is too old to come again goes.</summary>
    public void Forget(DateTimeOffset now)
    {
        var before = now - AccountPolicy.OperationMemory;
        if (before > ForgottenBefore)
        {
            ForgetBefore(before);
        }
    }

    public void ForgetBefore(DateTimeOffset before)
    {
        ForgottenBefore = before;
        while (_oldestFirst.TryPeek(out var oldest, out var at) && at < before)
        {
            _oldestFirst.Dequeue();
            _known.Remove(oldest);
            _counts[oldest.Kind]--;
        }
    }
}
