using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Grains.Tests.Ledger;

/// <summary>
/// Clients that move money between accounts by chance, in every way there is, and send many calls again as they were. A few accounts are
/// busy and have large batches of cheap jobs, so that their logs soon get snapshots.
/// </summary>
internal sealed partial class LedgerLoad
{
    private const int Clients = 16;
    private const int BusyAccounts = 2;
    private const int BatchMax = 5;
    private const int BusyBatchMax = 200;
    private const int JobAmountMax = 2000;

    /// <summary>A balance pays many such jobs: batches that were refused for want of money would be small events.</summary>
    private const int BusyJobAmountMax = 50;

    /// <summary>Of these, calls come again long after they were answered.</summary>
    private const int RememberedMax = 1000;

    /// <summary>Valid keys of one account: below the account's own bound.</summary>
    private const int KeysMax = 20;

    private readonly SimulatedSilo _silo;
    private readonly GrainHost.Simulation.SeededChance _chance;
    private readonly LedgerBooks _books;
    private readonly SortedDictionary<string, long> _counts;
    private readonly LedgerClient[] _accounts;
    private readonly List<(LedgerClient Payer, JobId Job, TokenAmount Amount, JobSettlement Settlement)> _settled = [];
    private readonly List<(LedgerClient Account, string Operation, TokenAmount Amount, DateTimeOffset At)> _credits = [];
    private readonly List<(LedgerClient Account, LedgerFund Fund)> _ended = [];
    private int _operationsPerCrash;
    private int _left;
    private int _untilCrash;
    private int _names;

    /// <param name="silo">Where the accounts live.</param>
    /// <param name="chance">Of the load alone.</param>
    /// <param name="books">Hear what is asked for.</param>
    /// <param name="counts">Operations by kind.</param>
    /// <param name="accounts">How many accounts there are.</param>
    public LedgerLoad(
        SimulatedSilo silo,
        GrainHost.Simulation.SeededChance chance,
        LedgerBooks books,
        SortedDictionary<string, long> counts,
        int accounts
    )
    {
        (_silo, _chance, _books, _counts) = (silo, chance, books, counts);
        _accounts =
        [
            .. Enumerable
                .Range(0, accounts)
                .Select(number => new LedgerClient(new AccountId(Blake3.Hash(Encoding.UTF8.GetBytes($"{number}"))))),
        ];
    }

    private IEnumerable<AccountId> Ids => _accounts.Select(account => account.Id);

    /// <param name="operations">How many.</param>
    /// <param name="operationsPerCrash">On average. Each crash is followed by a reading of all accounts.</param>
    public async Task Run(int operations, int operationsPerCrash)
    {
        (_left, _operationsPerCrash) = (operations, operationsPerCrash);
        _untilCrash = NextCrash();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Work()));
    }

    /// <summary>Longer than the age at which accounts release holds without jobs; then every account says what the books have.</summary>
    public async Task ComeToRest()
    {
        for (var round = 0; round < 2; round++)
        {
            await AllAccounts(async account =>
            {
                await Look(account);
                foreach (var (id, fund) in _books.Account(account.Id).Funds.ToArray())
                {
                    var release = new SharedSettlement(id, fund.First, TokenAmount.Zero, [], account.Id);
                    await Send("release of funds", account, grains => grains.SettleShared(release, Authority.Treasury));
                }
            });
            await Task.Delay(AccountPolicy.HoldOrphanAge + (2 * AccountPolicy.ReconcilePeriod), _silo.Time);
        }
        await AllAccounts(async account =>
        {
            if (await Look(account) is { } view)
            {
                _books.CheckEqual(account.Id, view);
                _books.Check(view.Held.IsZero && view.UnderWay.IsZero, $"{account.Id} is at rest with {view}");
            }
        });
        _books.CheckAll();
        await _silo.Stop();
    }

    private async Task AllAccounts(Func<LedgerClient, Task> visit)
    {
        foreach (var chunk in _accounts.Chunk(Clients))
        {
            await Task.WhenAll(chunk.Select(visit));
        }
    }

    private async Task Work()
    {
        while (_left > 0 && !_books.AreBroken)
        {
            _left--;
            await Step(AnyAccount());
            if (--_untilCrash == 0)
            {
                await Crash();
                _untilCrash = NextCrash();
            }
        }
    }

    private int NextCrash() => 1 + _chance.Below(2 * _operationsPerCrash);

    /// <summary>The other clients are in the middle of their calls.</summary>
    private async Task Crash()
    {
        if (_chance.Below(2) == 0)
        {
            _silo.Crash();
        }
        else
        {
            _silo.Kill();
        }
        await Task.Delay(TimeSpan.FromMilliseconds(_chance.Below(1000)), _silo.Time);
        await _silo.Start(store => _books.ReadAgain(store, Ids));
    }

    private LedgerClient AnyAccount() =>
        _accounts[_chance.Below(8) == 0 ? _chance.Below(Math.Min(BusyAccounts, _accounts.Length)) : _chance.Below(_accounts.Length)];

    private bool IsBusy(LedgerClient account) => Array.IndexOf(_accounts, account, 0, Math.Min(BusyAccounts, _accounts.Length)) >= 0;

    private int AnyBatch(LedgerClient account) => 1 + _chance.Below(IsBusy(account) ? BusyBatchMax : BatchMax);

    private TokenAmount AnyAmount(int max) => new((UInt128)(1 + _chance.Below(max)));

    private DateTimeOffset Now => _silo.Time.GetUtcNow();

    private static void Remember<T>(List<T> remembered, T one)
    {
        if (remembered.Count >= RememberedMax)
        {
            remembered.RemoveRange(0, RememberedMax / 2);
        }
        remembered.Add(one);
    }

    private string NewName() => $"{++_names}";

    private Task Step(LedgerClient account)
    {
        if (account.Keys.Count == 0)
        {
            return Open(account);
        }
        return _chance.Below(100) switch
        {
            < 9 => Credit(account),
            < 11 => Debit(account),
            < 13 => Reverse(account),
            < 20 => SetAside(account),
            < 26 => SettleShared(account),
            < 27 => SetAsideLate(),
            < 50 => Hold(account),
            < 56 => Renew(account),
            < 77 => Settle(account),
            < 83 => Release(account),
            < 87 => HoldLate(),
            < 92 => ReceiveAgain(),
            < 94 => CreateKey(account, AnyAmount(5000)),
            < 95 => RevokeKey(account),
            < 98 => Transfer(account),
            _ => Look(account),
        };
    }

    private async Task Open(LedgerClient account)
    {
        await Credit(account);
        if (account.Keys.Count == 0)
        {
            await CreateKey(account, spendLimit: null);
        }
    }

    private async Task Credit(LedgerClient account)
    {
        var (operation, amount) = (NewName(), AnyAmount(10_000));
        DateTimeOffset? at = _chance.Below(5) == 0 && account.Undated++ < AccountPolicy.UndatedCreditsMax ? null : Now;
        _books.ExpectCredit(account.Id, operation, amount);
        await Send("credit", account, grains => grains.Credit(operation, amount, at, Authority.Treasury));
        _books.RequireCredited(account.Id, operation);
        if (at is { } moment)
        {
            Remember(_credits, (account, operation, amount, moment));
        }
    }

    private async Task Debit(LedgerClient account)
    {
        var (operation, amount, at) = (NewName(), AnyAmount(3000), Now);
        _books.ExpectDebit(account.Id, operation, amount);
        if (await Send("debit", account, grains => grains.Debit(operation, amount, at, Authority.Treasury)))
        {
            _books.RequireDebited(account.Id, operation);
        }
    }

    /// <summary>A credit is taken back, spent or not; or one that has not come yet.</summary>
    private async Task Reverse(LedgerClient account)
    {
        var isEarly = _credits.Count == 0 || _chance.Below(5) == 0;
        var credit = isEarly ? (Account: account, Operation: NewName(), Amount: AnyAmount(10_000), At: Now) : TakeCredit();
        var (payer, operation, amount, at) = credit;
        if (isEarly)
        {
            _books.ExpectCredit(payer.Id, operation, amount);
        }
        var kind = isEarly ? "early reversal" : "reversal";
        await Send(kind, payer, grains => grains.ReverseCredit(operation, amount, at, Authority.Treasury));
        _books.RequireReversed(payer.Id, operation);
        await Send("credit after its reversal", payer, grains => grains.Credit(operation, amount, at, Authority.Treasury));
    }

    private (LedgerClient Account, string Operation, TokenAmount Amount, DateTimeOffset At) TakeCredit()
    {
        var index = _chance.Below(_credits.Count);
        var credit = _credits[index];
        _credits.RemoveAt(index);
        return credit;
    }

    private async Task SetAside(LedgerClient account)
    {
        var purpose = (HoldPurpose)(1 + _chance.Below(3));
        var caller = account.Keys[_chance.Below(account.Keys.Count)];
        var fund = new LedgerFund(new HoldId(purpose, IdDerivation.Job(account.Id, NewName()).Value), AnyAmount(3000), Now, caller);
        await Send("set aside", account, async grains => $"{await grains.SetAside(caller, fund.Hold, fund.Amount, fund.At)}");
        // Also where the last answer was a refusal: an earlier attempt may have held it.
        account.Funds.Add(fund);
    }

    private async Task SettleShared(LedgerClient account)
    {
        if (account.Funds.Count == 0)
        {
            return;
        }
        var index = _chance.Below(account.Funds.Count);
        var fund = account.Funds[index];
        account.Funds.RemoveAt(index);
        PayeeShare[] shares =
        [
            .. Enumerable
                .Range(0, 1 + _chance.Below(4))
                .Select(_ => new PayeeShare(_chance.Below(4) == 0 ? null : AnyAccount().Id, (uint)(1 + _chance.Below(100)))),
        ];
        var charge = _chance.Below(4) == 0 ? TokenAmount.Zero : TokenAmount.Min(AnyAmount(3000), fund.Amount);
        var parts = shares.Sum(share => share.Parts);
        var toOutside = shares.Where(share => share.Payee is null).Sum(share => (long)charge.BaseUnits * share.Parts / parts);
        _books.ExpectShared(fund.Hold, charge, new TokenAmount((UInt128)toOutside));
        var settlement = new SharedSettlement(fund.Hold, fund.At, charge, [.. shares], AnyAccount().Id);
        await Send("settle shared", account, grains => grains.SettleShared(settlement, Authority.Treasury));
        Remember(_ended, (account, fund));
    }

    /// <summary>The request for a hold comes again after the hold has ended, or after it was refused.</summary>
    private async Task SetAsideLate()
    {
        if (_ended.Count == 0)
        {
            return;
        }
        var (account, fund) = _ended[_chance.Below(_ended.Count)];
        await Send("late set aside", account, async grains => $"{await grains.SetAside(fund.Caller, fund.Hold, fund.Amount, fund.At)}");
    }

    private async Task Hold(LedgerClient account)
    {
        var items = Enumerable
            .Range(0, AnyBatch(account))
            .Select(_ => new HoldItem(
                IdDerivation.Job(account.Id, NewName()),
                AnyAmount(IsBusy(account) ? BusyJobAmountMax : JobAmountMax)
            ))
            .ToImmutableArray();
        var caller = account.Keys[_chance.Below(account.Keys.Count)];
        if (await Send("hold", account, grains => grains.Hold(caller, items)) is { } result)
        {
            Remember(account, caller, items, result);
        }
    }

    private async Task Renew(LedgerClient account)
    {
        if (Take(account, 1) is not [var open])
        {
            return;
        }
        ImmutableArray<HoldItem> items = [new HoldItem(open.Job, open.Amount)];
        if (await Send("renew", account, grains => grains.Hold(open.Caller, items)) is { } result)
        {
            Remember(account, open.Caller, items, result);
        }
    }

    private static void Remember(LedgerClient account, Caller caller, ImmutableArray<HoldItem> items, HoldResult result)
    {
        foreach (var (item, outcome) in items.Zip(result.Outcomes))
        {
            if (outcome is HoldOutcome.Held or HoldOutcome.AlreadyHeld)
            {
                account.Open.Add(new LedgerHold(item.Job, item.Amount, result.HeldAt, caller));
            }
        }
    }

    private async Task Settle(LedgerClient account)
    {
        var payees = Enumerable.Range(0, 2).Select(_ => _chance.Below(10) == 0 ? account : AnyAccount()).ToArray();
        var settlements = Take(account, AnyBatch(account))
            .Select(open =>
            {
                // Sometimes more than is held: then the hold is the charge.
                var charge = AnyAmount(1 + (int)open.Amount.BaseUnits * 11 / 10);
                var payee = payees[_chance.Below(payees.Length)].Id;
                _books.ExpectCharge(open.Job, TokenAmount.Min(charge, open.Amount));
                return (Open: open, End: open.EndedFor(account.Id, payee, charge));
            })
            .ToArray();
        if (settlements.Length == 0)
        {
            return;
        }
        await Send("settle", account, grains => grains.Settle([.. settlements.Select(settlement => settlement.End)], Authority.Market));
        foreach (var (open, end) in settlements)
        {
            Remember(_settled, (account, open.Job, open.Amount, end));
        }
    }

    private async Task Release(LedgerClient account)
    {
        if (Take(account, AnyBatch(account)) is { Length: > 0 } open)
        {
            var unknown = open.Select(hold => JobSettlement.Unknown(hold.Job, account.Id)).ToImmutableArray();
            await Send("release", account, grains => grains.Settle(unknown, Authority.Market));
        }
    }

    /// <summary>A request comes again after its job was settled, and so does the settlement: nothing is paid again.</summary>
    private async Task HoldLate()
    {
        if (_settled.Count == 0)
        {
            return;
        }
        var (payer, job, amount, settlement) = _settled[_chance.Below(_settled.Count)];
        if (payer.Keys.Count == 0)
        {
            return;
        }
        var caller = payer.Keys[_chance.Below(payer.Keys.Count)];
        await Send("late hold", payer, grains => grains.Hold(caller, [new HoldItem(job, amount)]));
        await Send("late settlement", payer, grains => grains.Settle([settlement], Authority.Market));
    }

    private async Task ReceiveAgain()
    {
        if (_books.Arrived.Count == 0)
        {
            return;
        }
        var (payee, (payer, sequence, amount)) = _books.Arrived[_chance.Below(_books.Arrived.Count)];
        await Send("transfer again", new LedgerClient(payee), grains => grains.Receive(payer, sequence, amount, Authority.Account));
    }

    private async Task CreateKey(LedgerClient account, TokenAmount? spendLimit)
    {
        if (account.Keys.Count >= KeysMax)
        {
            return;
        }
        // Never sent again by itself: each answer is another key.
        Count("key");
        var scopes = Scopes.Read | Scopes.Submit | Scopes.Transfer;
        try
        {
            var created = await _silo.Insist(grains =>
                grains
                    .GetGrain<IAccountGrain>(account.Id.ToString())
                    .CreateKey(new GrainInterfaces.KeyRequest("key", scopes, spendLimit), null, Authority.Silo)
            );
            account.Keys.Add(new Caller(account.Id, created.View.Id, scopes));
        }
        catch (MarketException full) when (full.Code == ErrorCode.TooManyKeys)
        {
            // Calls whose answers were lost made keys as well.
            Count("key refused");
        }
    }

    private async Task RevokeKey(LedgerClient account)
    {
        if (account.Keys.Count < 2)
        {
            return;
        }
        var key = account.Keys[1 + _chance.Below(account.Keys.Count - 1)];
        account.Keys.Remove(key);
        await Send("revoke", account, grains => grains.RevokeKey(key.KeyId, null, Authority.Silo));
    }

    private async Task<AccountView?> Look(LedgerClient account)
    {
        Count("look");
        try
        {
            return await _silo.Insist(grains => grains.GetGrain<IAccountGrain>(account.Id.ToString()).Get());
        }
        catch (MarketException unknown) when (unknown.Code == ErrorCode.AccountNotFound)
        {
            return null;
        }
    }

    /// <summary>Open holds that no other client uses meanwhile.</summary>
    private LedgerHold[] Take(LedgerClient account, int countMax)
    {
        var taken = new List<LedgerHold>(countMax);
        while (taken.Count < countMax && account.Open.Count > 0)
        {
            var index = _chance.Below(account.Open.Count);
            taken.Add(account.Open[index]);
            account.Open[index] = account.Open[^1];
            account.Open.RemoveAt(account.Open.Count - 1);
        }
        return [.. taken];
    }

    private async Task<bool> Send(string kind, LedgerClient account, Func<IAccountGrain, Task> call) =>
        await Send(
            kind,
            account,
            async grain =>
            {
                await call(grain);
                return "";
            }
        )
            is not null;

    /// <summary>A call until it is answered, and in a third of the cases the same call again: at once, or after the answer.</summary>
    /// <returns>The last answer; null where the account refused the call.</returns>
    private async Task<TAnswer?> Send<TAnswer>(string kind, LedgerClient account, Func<IAccountGrain, Task<TAnswer>> call)
        where TAnswer : class
    {
        Count(kind);
        try
        {
            switch (_chance.Below(6))
            {
                case 0:
                    Count($"{kind}, repeated at once");
                    return (await Task.WhenAll(Once(), Once(), Once()))[^1];
                case 1:
                    Count($"{kind}, repeated later");
                    await Once();
                    return await Once();
                default:
                    return await Once();
            }
        }
        catch (MarketException refused) when (refused.Code is ErrorCode.Unauthenticated or ErrorCode.InsufficientFunds)
        {
            // The key was revoked meanwhile, or there is less than what should go out.
            Count($"{kind}, refused");
            return null;
        }

        Task<TAnswer> Once() => _silo.Insist(grains => call(grains.GetGrain<IAccountGrain>(account.Id.ToString())));
    }

    private void Count(string kind) => _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
}
