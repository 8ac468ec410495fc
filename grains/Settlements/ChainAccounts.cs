using Marketplace.Chain;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// The addresses that stand for accounts or have deposited, each in a document of its own, and how their deposits come into the books.
/// All of them are in memory. Used within the turns of one activation.
/// </summary>
internal sealed class ChainAccounts(IGrainFactory grains, IDocumentStore documents, TimeProvider clock)
{
    private readonly SortedDictionary<Bytes32, Entry> _entries = [];
    private readonly Dictionary<AccountId, Entry> _byAccount = [];
    private readonly Dictionary<EvmAddress, string> _refusals = [];

    public int Count => _entries.Count;

    /// <summary>Whose books did not take their part at the last attempt, and why; null: all did.</summary>
    public string? Refusal => _refusals.Count == 0 ? null : $"{_refusals.Count} accounts wait, such as {_refusals.First().Value}";

    /// <summary>Ascending by address.</summary>
    public IEnumerable<ChainAccountState> All => _entries.Values.Select(entry => entry.State);

    public async Task Load()
    {
        _entries.Clear();
        _byAccount.Clear();
        await foreach (var (key, _) in documents.Scan(ChainAccountState.Kind))
        {
            // The document is read again: what the scan saw may be a moment old.
            await Enter(EvmAddress.Parse(key.Id));
        }
    }

    public ChainAccountState? Find(EvmAddress owner) => _entries.GetValueOrDefault(owner.ToWord())?.State;

    public ChainAccountState? Find(AccountId account) => _byAccount.GetValueOrDefault(account)?.State;

    /// <summary>An address stands for an account from now on.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>.</exception>
    public async Task<ChainAccountState> Bind(AccountId account, EvmAddress owner)
    {
        if (_byAccount.TryGetValue(account, out var other) && other.State.Owner != owner)
        {
            throw OtherOwner(account, other.State.Owner);
        }
        var entry = await Enter(owner);
        if (entry.State.Account is { } bound && bound != account)
        {
            throw new MarketException(ErrorCode.Forbidden, $"Address {owner} stands for another account.");
        }
        await ChooseOwner(account, owner);
        if (entry.State.Account is null)
        {
            await Write(entry, entry.State with { Account = account });
        }
        return entry.State;
    }

    /// <summary>
    /// The account's own document names its address before the address's document names the account. So two activations that are asked at
    /// one moment cannot have two addresses stand for it: both would be paid what it has earned. An address that another account has
    /// taken meanwhile can never stand for this one, which may then choose again.
    /// </summary>
    private async Task ChooseOwner(AccountId account, EvmAddress owner)
    {
        var chosen = new StoredDocument<ChainOwner>(documents, ChainOwner.KeyOf(account), ChainOwner.Form);
        await chosen.Load();
        if (chosen.Value is { } before && before.Owner != owner && !await IsAnothers(before.Owner, account))
        {
            throw OtherOwner(account, before.Owner);
        }
        if (chosen.Value?.Owner != owner)
        {
            await chosen.Write(new ChainOwner(owner));
        }
    }

    /// <summary>As it is stored now: what this activation remembers may be older.</summary>
    private async Task<bool> IsAnothers(EvmAddress owner, AccountId account)
    {
        var document = new StoredDocument<ChainAccountState>(documents, ChainAccountState.KeyOf(owner), ChainAccountState.Form);
        await document.Load();
        return document.Value?.Account is { } bound && bound != account;
    }

    private static MarketException OtherOwner(AccountId account, EvmAddress owner) =>
        new(ErrorCode.Forbidden, $"Address {owner} stands for account {account}, for ever: what it has earned and spent is counted there.");

    /// <summary>Takes what the chain says of an address.</summary>
    public async Task Take(EvmAddress owner, ChainBalance balance)
    {
        var entry = await Enter(owner);
        var said = entry.State with
        {
            IsOnChain = true,
            Deposited = balance.Deposited - balance.Withdrawn,
            Requested = balance.Requested,
            RequestedBlock = balance.RequestedBlock,
            Claimed = balance.Claimed,
        };
        if (said != entry.State || entry.Document.Value is null)
        {
            await Write(entry, said);
        }
    }

    /// <summary>
    /// Brings the books of the address's account to what the chain says: each operation is durable here before the account hears of it, and
    /// is repeated until the account has answered. What an account refuses waits, and keeps no other account waiting; nor does an account
    /// whose books are damaged. Where the store or the cluster does not answer, all wait: each would be waited for as long.
    /// </summary>
    public async Task Reconcile(EvmAddress owner)
    {
        try
        {
            await ReconcileOne(owner);
            _refusals.Remove(owner);
        }
        catch (Exception failure) when (IsOfTheAccount(failure))
        {
            _refusals[owner] = $"{owner}: {failure.Message}";
        }
    }

    /// <summary>Whether the account itself refuses or cannot; else the store or the cluster does not answer.</summary>
    public static bool IsOfTheAccount(Exception failure) =>
        failure is not (OrleansException or TimeoutException or MarketException { Code: ErrorCode.Unavailable });

    private async Task ReconcileOne(EvmAddress owner)
    {
        var entry = await Enter(owner);
        if (entry.State.Account is not { } id)
        {
            return;
        }
        var account = grains.GetGrain<IAccountGrain>(id.ToString());
        while (true)
        {
            if (entry.State.Pending is { } pending)
            {
                if (!await Tell(entry, account, pending))
                {
                    return;
                }
            }
            var available = entry.NeedsAvailable
                ? (await LostWrites.Resend(() => account.GetTotals(Authority.Treasury))).Available
                : TokenAmount.Zero;
            if (entry.State.Next(available, clock.GetUtcNow()) is not { } next)
            {
                return;
            }
            var number = Math.Max(entry.State.Operations, next.Number);
            await Write(entry, entry.State with { Pending = next, Operations = number });
            entry.IsFirstCall = true;
        }
    }

    /// <returns>False: the account does not have the money now, and nothing has changed.</returns>
    private async Task<bool> Tell(Entry entry, IAccountGrain account, BookOperation operation)
    {
        var (id, isFirst) = (operation.IdAt(entry.State.Owner), entry.IsFirstCall);
        entry.IsFirstCall = false;
        try
        {
            await LostWrites.Resend(() =>
                operation.Kind switch
                {
                    BookKind.Credit => account.Credit(id, operation.Amount, operation.At, Authority.Treasury),
                    BookKind.Reversal => account.ReverseCredit(id, operation.Amount, operation.At, Authority.Treasury),
                    _ => account.Debit(id, operation.Amount, operation.At, Authority.Treasury),
                }
            );
        }
        catch (MarketException refused)
            when (operation.Kind == BookKind.Debit && refused.Code is ErrorCode.InsufficientFunds or ErrorCode.AccountNotFound)
        {
            // Another call of the same operation may be on its way still, and find the money there.
            if (isFirst || clock.GetElapsedTime(entry.UnknownAt) > SettlementPolicy.CallsLastMax)
            {
                await Write(entry, entry.State with { Pending = null });
            }
            return false;
        }
        catch
        {
            entry.UnknownAt = clock.GetTimestamp();
            throw;
        }
        await Write(entry, entry.State.Done());
        return true;
    }

    private async Task<Entry> Enter(EvmAddress owner)
    {
        if (!_entries.TryGetValue(owner.ToWord(), out var entry))
        {
            var document = new StoredDocument<ChainAccountState>(documents, ChainAccountState.KeyOf(owner), ChainAccountState.Form);
            entry = new Entry(document, owner, clock.GetTimestamp());
        }
        // After a write that failed it is read again.
        await entry.Document.Load();
        entry.Take();
        _entries[owner.ToWord()] = entry;
        Index(entry);
        return entry;
    }

    private async Task Write(Entry entry, ChainAccountState state)
    {
        await entry.Document.Write(state);
        entry.Take();
        Index(entry);
    }

    private void Index(Entry entry)
    {
        if (entry.State.Account is { } account)
        {
            _byAccount[account] = entry;
        }
    }

    private sealed class Entry(StoredDocument<ChainAccountState> document, EvmAddress owner, long now)
    {
        public StoredDocument<ChainAccountState> Document => document;

        /// <summary>As it was last read or written.</summary>
        public ChainAccountState State { get; private set; } = new() { Owner = owner };

        /// <summary>No call of the pending operation was made yet, by this activation or another.</summary>
        public bool IsFirstCall { get; set; }

        /// <summary>When a call last ended without an answer; an activation before this one may have left one.</summary>
        public long UnknownAt { get; set; } = now;

        public void Take() => State = document.Value ?? new ChainAccountState { Owner = owner };

        /// <summary>Whether what is next takes money from the account.</summary>
        public bool NeedsAvailable => State.Deposited < State.Booked + State.Requested;
    }
}
