using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Ledger;

/// <summary>
/// The books of all accounts, kept beside the grains from what is durable. After every entry the sum is taken: balances, holds, transfers
/// under way and what is claimed on a chain, less debts, are what the load has brought in and not taken out. What the load asked for and
/// how often is remembered here, not taken from events.
/// </summary>
internal sealed class LedgerBooks
{
    /// <summary>Enough to show: broken books give a violation an entry.</summary>
    public const int ViolationsMax = 50;

    private readonly Dictionary<AccountId, Page> _pages = [];
    private readonly Dictionary<(AccountId Payer, AccountId Payee), Int128> _underWay = [];
    private readonly Dictionary<(AccountId Account, string Operation), TokenAmount> _credits = [];
    private readonly HashSet<(AccountId Account, string Operation)> _credited = [];
    private readonly Dictionary<JobId, TokenAmount> _charges = [];
    private readonly HashSet<JobId> _paid = [];
    private readonly Dictionary<(AccountId Account, string Operation), TokenAmount> _debits = [];
    private readonly HashSet<(AccountId Account, string Operation)> _debited = [];
    private readonly HashSet<(AccountId Account, string Operation)> _reversed = [];
    private readonly Dictionary<HoldId, (TokenAmount Charge, TokenAmount ToOutside)> _shared = [];
    private readonly HashSet<HoldId> _divided = [];
    private readonly Dictionary<(AccountId Account, string Request), TransferOrder> _orders = [];
    private readonly HashSet<(AccountId Account, string Request)> _transferred = [];
    private readonly List<string> _violations = [];
    private Int128 _broughtIn;
    private Int128 _present;

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Going on shows nothing more.</summary>
    public bool AreBroken => _violations.Count >= ViolationsMax;

    /// <summary>How often the sum was compared.</summary>
    public long SumsTaken { get; private set; }

    /// <summary>Events by their kind.</summary>
    public SortedDictionary<string, long> Events { get; } = new(StringComparer.Ordinal);

    /// <summary>Snapshots that were read after crashes.</summary>
    public int SnapshotsRead { get; private set; }

    /// <summary>Transfers that have arrived, for repeating them.</summary>
    public List<(AccountId Payee, Received Transfer)> Arrived { get; } = [];

    /// <summary>The load is about to bring in money under this id, perhaps several times.</summary>
    public void ExpectCredit(AccountId account, string operation, TokenAmount amount) => _credits.Add((account, operation), amount);

    /// <summary>The load is about to take money out under this id.</summary>
    public void ExpectDebit(AccountId account, string operation, TokenAmount amount) => _debits.Add((account, operation), amount);

    /// <summary>The load is about to order this, perhaps several times.</summary>
    public void ExpectTransfer(AccountId account, TransferOrder order) => _orders.Add((account, order.RequestId), order);

    /// <summary>A transfer was acknowledged: it is durable.</summary>
    public void RequireTransferred(AccountId account, string request) =>
        Check(_transferred.Contains((account, request)), $"transfer '{request}' of {account} was acknowledged and is not durable");

    /// <summary>The load is about to settle the hold with this charge, of which so much leaves the marketplace.</summary>
    public void ExpectShared(HoldId hold, TokenAmount charge, TokenAmount toOutside) => _shared.Add(hold, (charge, toOutside));

    /// <summary>The load is about to settle the job with this charge, perhaps several times.</summary>
    public void ExpectCharge(JobId job, TokenAmount charge) => _charges.Add(job, charge);

    /// <summary>A reversal was acknowledged: it is durable.</summary>
    public void RequireReversed(AccountId account, string operation) =>
        Check(_reversed.Contains((account, operation)), $"reversal '{operation}' of {account} was acknowledged and is not durable");

    /// <summary>A debit was acknowledged: it is durable.</summary>
    public void RequireDebited(AccountId account, string operation) =>
        Check(_debited.Contains((account, operation)), $"debit '{operation}' of {account} was acknowledged and is not durable");

    /// <summary>A credit was acknowledged: it is durable.</summary>
    public void RequireCredited(AccountId account, string operation) =>
        Check(_credited.Contains((account, operation)), $"credit '{operation}' of {account} was acknowledged and is not durable");

    public AccountState Account(AccountId id) => PageOf(id).Account;

    public void Enter(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        if (!IsAccount(stream, out var id))
        {
            return;
        }
        Check(PageOf(id).Version == expectedVersion, $"{id} appends at {expectedVersion}, and {PageOf(id).Version} is durable");
        foreach (var entry in entries)
        {
            Enter(id, AccountEventCodec.Read(entry.Span));
        }
        CheckSum($"an append of {id}");
    }

    /// <summary>
    /// After a crash: everything that was durable is there, writes that were under way may be; and each account is, read as a grain reads
    /// it, what its events make it.
    /// </summary>
    public async Task ReadAgain(EmbeddedStore store, IEnumerable<AccountId> accounts)
    {
        foreach (var id in accounts)
        {
            var page = PageOf(id);
            var (known, found) = (page.Version, 0L);
            await foreach (var entry in store.Read($"account/{id}", Math.Max(known, 1)))
            {
                found = entry.Version;
                if (entry.Version > known)
                {
                    Enter(id, AccountEventCodec.Read(entry.Content.Span));
                }
            }
            Check(found >= known, $"{id} had {known} durable events and has {found}");
            var read = await StoredForms.Account.Load(store, store, id.ToString());
            CheckEqual(id, read.State.ToView(id));
            AddAll(AccountInvariants.Violations(read.State).Select(violation => $"{id}, read again: {violation}"));
            SnapshotsRead += read.HasSnapshot ? 1 : 0;
        }
        CheckSum("a crash");
        CheckAll();
    }

    /// <summary>Every invariant of every account.</summary>
    public void CheckAll() => AddAll(AccountInvariants.Violations(_pages.ToDictionary(page => page.Key, page => page.Value.Account)));

    /// <summary>An account says, or its snapshot does, what its events make it.</summary>
    public void CheckEqual(AccountId id, AccountView seen)
    {
        var view = PageOf(id).Account.ToView(id);
        Check(view == seen, $"the books have {view}, and there is {seen}");
    }

    public void Check(bool holds, string violation)
    {
        if (!holds)
        {
            AddAll([violation]);
        }
    }

    private static bool IsAccount(string stream, out AccountId id)
    {
        const string prefix = "account/";
        id = stream.StartsWith(prefix, StringComparison.Ordinal) ? AccountId.Parse(stream[prefix.Length..]) : default;
        return id != default;
    }

    private Page PageOf(AccountId id)
    {
        if (!_pages.TryGetValue(id, out var page))
        {
            _pages.Add(id, page = new Page());
        }
        return page;
    }

    private void Enter(AccountId id, AccountEvent happened)
    {
        var page = PageOf(id);
        page.Version++;
        Events[happened.GetType().Name] = Events.GetValueOrDefault(happened.GetType().Name) + 1;
        _present -= Own(page.Account);
        try
        {
            page.Account.Apply(happened);
        }
        catch (Exception broken) when (broken is ArithmeticException or ArgumentException or KeyNotFoundException or NullReferenceException)
        {
            AddAll([$"{id} cannot apply {happened}: {broken.Message}"]);
        }
        _present += Own(page.Account);
        switch (happened)
        {
            case Credited credited:
                Enter(id, credited);
                break;
            case Debited debited:
                Enter(id, debited);
                break;
            case CreditReversed reversed:
                Enter(id, reversed);
                break;
            case Divided divided:
                Enter(id, divided);
                break;
            case HoldCharged charged:
                Check(false, $"{id} paid {charged}, which the load did not ask for");
                break;
            case Settled settled:
                Enter(id, settled);
                break;
            case Transferred transferred:
                Enter(id, transferred);
                break;
            case Received received:
                Arrived.Add((id, received));
                CountUnderWay(received.Payer, id);
                break;
            case Delivered delivered:
                CountUnderWay(id, delivered.Payee);
                break;
        }
    }

    private void Enter(AccountId id, Credited credited)
    {
        var place = (id, credited.Operation);
        Check(_credits.GetValueOrDefault(place) == credited.Amount, $"{id} was credited {credited}, which the load did not ask for");
        Check(_credited.Add(place), $"{id} was credited twice for '{credited.Operation}'");
        Check(!_reversed.Contains(place), $"{id} was credited for '{credited.Operation}' after that was reversed");
        _broughtIn += (Int128)_credits.GetValueOrDefault(place).BaseUnits;
    }

    private void Enter(AccountId id, Debited debited)
    {
        var place = (id, debited.Operation);
        Check(_debits.GetValueOrDefault(place) == debited.Amount, $"{id} lost {debited}, which the load did not ask for");
        Check(_debited.Add(place), $"{id} was debited twice for '{debited.Operation}'");
        _broughtIn -= (Int128)_debits.GetValueOrDefault(place).BaseUnits;
    }

    private void Enter(AccountId id, CreditReversed reversed)
    {
        var place = (id, reversed.Operation);
        Check(_reversed.Add(place), $"credit '{reversed.Operation}' of {id} was reversed twice");
        if (_credited.Contains(place))
        {
            _broughtIn -= (Int128)_credits[place].BaseUnits;
        }
    }

    private void Enter(AccountId id, Divided divided)
    {
        var (charge, toOutside) = _shared.GetValueOrDefault(divided.Hold);
        if (!divided.Charge.IsZero)
        {
            Check(divided.Charge == charge, $"hold {divided.Hold} of {id} cost {divided.Charge}, and the load asked for {charge}");
            Check(_divided.Add(divided.Hold), $"hold {divided.Hold} of {id} was paid twice");
            _broughtIn -= (Int128)toOutside.BaseUnits;
        }
        foreach (var transfer in divided.Transfers)
        {
            CountUnderWay(id, transfer.Payee);
        }
    }

    private void Enter(AccountId id, Transferred transferred)
    {
        var order = _orders.GetValueOrDefault((id, transferred.Request));
        Check(
            order is not null && (order.To, order.Amount) == (transferred.To, transferred.Amount),
            $"{id} sent {transferred}, and the load asked for {order}"
        );
        Check(_transferred.Add((id, transferred.Request)), $"transfer '{transferred.Request}' of {id} was done twice");
        CountUnderWay(id, transferred.To);
    }

    private void Enter(AccountId id, Settled settled)
    {
        foreach (var (job, charge) in settled.Jobs.Where(job => !job.Charge.IsZero))
        {
            Check(_charges.GetValueOrDefault(job) == charge, $"job {job} of {id} cost {charge}, and the load asked for no such charge");
            Check(_paid.Add(job), $"job {job} of {id} was paid twice");
        }
        foreach (var transfer in settled.Transfers)
        {
            CountUnderWay(id, transfer.Payee);
        }
    }

    /// <summary>What is under way is counted from the transfers themselves: sent, and not arrived.</summary>
    private void CountUnderWay(AccountId payer, AccountId payee)
    {
        var arrived = PageOf(payee).Account.Incoming.GetValueOrDefault(payer);
        var outgoing = PageOf(payer).Account.Outgoings.GetValueOrDefault(payee);
        Int128 underWay = 0;
        foreach (var transfer in outgoing?.Pending.Where(transfer => transfer.Sequence > arrived) ?? [])
        {
            underWay += (Int128)transfer.Amount.BaseUnits;
        }
        _present += underWay - _underWay.GetValueOrDefault((payer, payee));
        _underWay[(payer, payee)] = underWay;
    }

    private void CheckSum(string after)
    {
        SumsTaken++;
        Check(_present == _broughtIn, $"after {after}, {_broughtIn} came in from outside, and {_present} is there");
    }

    /// <summary>Never throws: what calls this may be a grain's append.</summary>
    private void AddAll(IEnumerable<string> violations) => _violations.AddRange(violations.Take(ViolationsMax - _violations.Count));

    private static Int128 Own(AccountState account) =>
        (Int128)(account.Available + account.Held + account.Claimable).BaseUnits - (Int128)account.Debt.BaseUnits;

    private sealed class Page
    {
        public AccountState Account { get; } = new();
        public long Version { get; set; }
    }
}
