using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Money kept for one open job, or another purpose.</summary>
internal sealed class Hold(AccountKey key, TokenAmount amount, DateTimeOffset first)
{
    public AccountKey Key { get; } = key;

    /// <summary>What is left of it.</summary>
    public TokenAmount Amount { get; private set; } = amount;

    /// <summary>What was paid of it while it stayed.</summary>
    public TokenAmount Charged { get; private set; }

    /// <summary>In so many parts.</summary>
    public int Charges { get; private set; }

    /// <summary>The moment of the hold.</summary>
    public DateTimeOffset First { get; } = first;

    /// <summary>The last moment at which a repeated request was given this hold.</summary>
    public DateTimeOffset Last { get; private set; } = first;

    /// <summary>When its job is asked how it ended. In memory only.</summary>
    public DateTimeOffset AskAt { get; set; } = first + AccountPolicy.HoldAskAge;

    private TimeSpan _askEvery = AccountPolicy.HoldAskAge;
    private byte _failedAsks;

    /// <summary>It is asked now: the next time is later, but not later than when it would turn out to be an orphan.</summary>
    public void AskLater(DateTimeOffset now)
    {
        var orphanAt = Last + AccountPolicy.HoldOrphanAge;
        AskAt = now < orphanAt && now + _askEvery > orphanAt ? orphanAt : now + _askEvery;
        _askEvery = _askEvery * 2 < AccountPolicy.HoldOrphanAge ? _askEvery * 2 : AccountPolicy.HoldOrphanAge;
    }

    /// <summary>Its job could not be asked. The pause belongs to this hold alone, and doubles with each failure in a row.</summary>
    public void AskAgainAfterFailure(DateTimeOffset now)
    {
        var pause = AccountPolicy.HoldFailedAskMin * (1 << _failedAsks);
        if (pause < AccountPolicy.HoldFailedAskMax)
        {
            _failedAsks++;
        }
        else
        {
            pause = AccountPolicy.HoldFailedAskMax;
        }
        AskAt = now + pause;
    }

    /// <summary>Its job has answered, if only that it is open.</summary>
    public void Answered() => _failedAsks = 0;

    /// <summary>
    /// Leaves <see cref="AskAt"/> as it is: the job of a repeated request may have ended before a crash, and then only the job itself can
    /// tell how.
    /// </summary>
    public void Renew(DateTimeOffset at) => Last = at;

    /// <summary>A part of it is paid. The parts are numbered, so that none is paid twice.</summary>
    public void Charge(int number, TokenAmount amount)
    {
        (Amount, Charged, Charges) = (Amount - amount, Charged + amount, number);
    }

    /// <summary>A hold that was stored, of which so much was paid before.</summary>
    public void RestoreCharges(int count, TokenAmount charged) => (Charges, Charged) = (count, charged);

    /// <summary>Whether a job that was created on a hold of that moment stands on this one.</summary>
    public bool Carries(DateTimeOffset heldAt) => First <= heldAt && heldAt <= Last;
}

/// <summary>An API key as its account knows it; the secret's hash is in the key's own grain.</summary>
internal sealed class AccountKey(string id, string name, Scopes scopes, TokenAmount? spendLimit, DateTimeOffset createdAt)
{
    public string Id { get; } = id;
    public string Name { get; } = name;
    public Scopes Scopes { get; } = scopes;
    public TokenAmount? SpendLimit { get; } = spendLimit;
    public DateTimeOffset CreatedAt { get; } = createdAt;
    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>Charged for jobs under this key.</summary>
    public TokenAmount Spent { get; set; }

    /// <summary>Held for open jobs under this key. Counts against the limit: it may all be spent.</summary>
    public TokenAmount Held { get; set; }

    public KeyView ToView() =>
        new(Id: Id, Name: Name, Scopes: Scopes, SpendLimit: SpendLimit, Spent: Spent, CreatedAt: CreatedAt, RevokedAt: RevokedAt);
}

/// <summary>Transfers to one payee.</summary>
internal sealed class Outgoing
{
    private readonly Queue<Transfer> _pending = new();

    public IEnumerable<Transfer> Pending => _pending;

    public bool IsEmpty => _pending.Count == 0;

    /// <summary>The sequence of the newest transfer, delivered or not.</summary>
    public long Last { get; private set; }

    public TokenAmount UnderWay { get; private set; }

    public Transfer First => _pending.Peek();

    /// <summary>The transfer that a new charge joins: the newest, unless it has been sent.</summary>
    public long NextSequence => IsEmpty || Newest!.Sent ? Last + 1 : Last;

    private Transfer? Newest { get; set; }

    public static Outgoing Restore(long last, IEnumerable<(long Sequence, TokenAmount Amount)> pending)
    {
        var outgoing = new Outgoing();
        foreach (var (sequence, amount) in pending)
        {
            outgoing.Add(sequence, amount);
        }
        outgoing.Last = last;
        return outgoing;
    }

    public void Add(long sequence, TokenAmount amount)
    {
        UnderWay += amount;
        if (!IsEmpty && Newest!.Sequence == sequence)
        {
            Newest.Amount += amount;
            return;
        }

        Newest = new Transfer(sequence) { Amount = amount };
        _pending.Enqueue(Newest);
        Last = sequence;
    }

    public void Deliver(long sequence)
    {
        while (!IsEmpty && First.Sequence <= sequence)
        {
            UnderWay -= _pending.Dequeue().Amount;
        }
    }
}

internal sealed class Transfer(long sequence)
{
    public long Sequence { get; } = sequence;
    public TokenAmount Amount { get; set; }

    /// <summary>
    /// It may have arrived, so its amount must not change any more. Not stored: after a restart every pending transfer counts as sent.
    /// </summary>
    public bool Sent { get; set; }
}
