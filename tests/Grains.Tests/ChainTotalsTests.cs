using Marketplace.Crypto;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests;

/// <summary>
/// What a settlement on a chain is made of, at random: no money that was earned is ever among the deposits, and what is claimed was spent.
/// </summary>
public sealed class ChainTotalsTests
{
    private const int Accounts = 6;

    [Theory]
    [InlineData(false), InlineData(true)]
    public void RandomEvents_KeepDepositsAndEarningsApart(bool hasReversals)
    {
        var (readings, claimed) = (0, 0);
        for (var seed = 1UL; seed <= 30; seed++)
        {
            var walk = new ChainWalk(new SeededChance(seed), Accounts, hasReversals);
            for (var step = 0; step < 300; step++)
            {
                walk.Step();
                Assert.True(walk.Violations.Count == 0, $"Seed {seed}, step {step}: {string.Join("; ", walk.Violations)}");
            }
            walk.Settle();
            Assert.True(walk.Violations.Count == 0, $"Seed {seed}, at the end: {string.Join("; ", walk.Violations)}");
            readings += walk.Readings;
            claimed += walk.Claimable.IsZero ? 0 : 1;
        }
        Assert.True(readings > 100 && claimed == 30, $"{readings} readings, {claimed} walks in which something was earned: too few.");
    }

    /// <summary>What no event makes: a check of the books must say so all the same.</summary>
    [Fact]
    public void BrokenBooksOfAChain_AreFound()
    {
        AssertFound(account => account.Available += new TokenAmount(1), "16 came in or is owed, but 17 is there or was sent");
        AssertFound(account => account.Claimable -= new TokenAmount(1), "4 is to be claimed on the chain, and 5 was earned or compensated");
        AssertFound(account => account.EarnsOnChain = false, "5 is to be claimed on the chain, and 0 was earned or compensated");
        AssertFound(account => account.Spent -= new TokenAmount(1), "but 5 was sent or earned");
        AssertFound(account => account.Spent += new TokenAmount(4), "9 was spent or received, but 5 was sent or earned, and 0 withdrawn");

        static void AssertFound(Action<AccountState> spoil, string violation)
        {
            var (id, at) = (TestMarket.Id("one"), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
            var account = new AccountState();
            AccountEvent[] events =
            [
                new EarningsGoToChain(),
                new KeyCreated("mk01", "key", Scopes.Submit, null, at),
                new Credited("deposit", new TokenAmount(16), at, at),
                new Held(at, "mk01", [new HoldItem(default, new TokenAmount(9))]),
                new Settled([new SettledJob(default, new TokenAmount(5))], [], new TokenAmount(5)),
            ];
            Array.ForEach(events, account.Apply);
            var all = new Dictionary<AccountId, AccountState> { [id] = account };
            Assert.Empty(AccountInvariants.Violations(all));
            spoil(account);
            Assert.Contains(AccountInvariants.Violations(all), found => found.Contains(violation, StringComparison.Ordinal));
        }
    }

    /// <summary>
    /// Through the grains: all accounts pay at once, writes are late or fail, the process crashes, and the totals are read all the time.
    /// </summary>
    [Fact]
    public void TotalsThatAreReadWhileMoneyMoves_NeverClaimMoreThanWasSpent()
    {
        var (readings, unequal) = (0, 0);
        for (var seed = 1UL; seed <= 12; seed++)
        {
            TestMarket.Run(
                async market =>
                {
                    market.IsMadeUp = true;
                    var traffic = new Traffic(market);
                    await traffic.Begin();
                    for (var round = 0; round < 4; round++)
                    {
                        await traffic.RunUntilCrash();
                        await market.CrashAndStart();
                    }
                    await traffic.End();
                    (readings, unequal) = (readings + traffic.Readings, unequal + traffic.Unequal);
                },
                seed,
                services => services.AddSingleton(new AccountTerms { SettlesOnChain = true })
            );
        }
        Assert.True(readings > 100 && unequal > 20, $"{readings} readings, {unequal} with money under way: the totals were not tried.");
    }

    /// <summary>Payers and readers of one market.</summary>
    private sealed class Traffic(TestMarket market)
    {
        private readonly SeededChance _chance = market.Simulation.Chance.Fork();
        private readonly List<Caller> _callers = [];
        private AccountId[] _all = [];
        private int _names;
        private int _round;

        public int Readings { get; private set; }

        /// <summary>Readings that saw money under way.</summary>
        public int Unequal { get; private set; }

        public async Task Begin()
        {
            for (var number = 0; number < Accounts; number++)
            {
                _callers.Add(await market.OpenAccount($"{number}", credit: 200));
            }
            // These are opened by what they are paid.
            _all = [.. _callers.Select(caller => caller.Account), TestMarket.Id("worker"), TestMarket.Id("juror")];
        }

        /// <summary>What still runs when the process ends never comes back.</summary>
        public async Task RunUntilCrash()
        {
            var round = _round;
            market.Store.OnWrite = _ =>
                _chance.Below(100) switch
                {
                    < 20 => WriteFate.Late,
                    20 => WriteFate.Lost,
                    21 => WriteFate.Unconfirmed,
                    _ => WriteFate.Done,
                };
            var ended = new List<Exception>();
            foreach (var caller in _callers)
            {
                _ = Loop(round, ended, () => Pay(caller));
            }
            _ = Loop(round, ended, Read);
            _ = Loop(round, ended, Read);
            await Task.Delay(TimeSpan.FromMilliseconds(200 + _chance.Below(400)), market.Time);
            _round++;
            Assert.True(ended.Count == 0, ended.FirstOrDefault()?.ToString());
            Check();
        }

        public async Task End()
        {
            market.Store.OnWrite = _ => WriteFate.Done;
            foreach (var account in _all)
            {
                // Those with unfinished business go on by themselves once they are in memory.
                await Ask(account);
            }
            await Task.Delay(2 * AccountPolicy.ReconcilePeriod, market.Time);
            Check();
            var unequal = Unequal;
            await Read();
            Assert.Equal(unequal, Unequal);
        }

        private async Task Loop(int round, List<Exception> ended, Func<Task> step)
        {
            try
            {
                while (_round == round)
                {
                    await step();
                    await Task.Delay(TimeSpan.FromMilliseconds(_chance.Below(4)), market.Time);
                }
            }
            catch (Exception failure)
            {
                ended.Add(failure);
            }
        }

        /// <summary>A refusal for want of money, and a write that failed, are among what may happen.</summary>
        private async Task Pay(Caller caller)
        {
            try
            {
                await Move(caller, market.Grains.GetGrain<IAccountGrain>($"{caller.Account}"));
            }
            catch (Exception failure) when (failure is not Xunit.Sdk.XunitException and not OverflowException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), market.Time);
            }
        }

        private async Task Move(Caller caller, IAccountGrain account)
        {
            var (name, at, payee) = ($"{_round} {++_names}", market.Time.GetUtcNow(), _all[_chance.Below(_all.Length)]);
            var amount = new TokenAmount((UInt128)(1 + _chance.Below(40)));
            var stake = new HoldId(HoldPurpose.Stake, IdDerivation.Job(caller.Account, name).Value);
            switch (_chance.Below(6))
            {
                case 0:
                    await account.Credit(name, amount, at, Authority.Treasury);
                    break;
                case 1:
                    await account.Debit(name, amount, at, Authority.Treasury);
                    break;
                case 2:
                    await account.Transfer(caller, new TransferOrder(name, payee, amount, at));
                    break;
                case 3:
                    await account.SetAside(caller, stake, amount, at);
                    await account.ChargeHold(new HoldCharge(stake, at, 1, [new PayeeAmount(payee, new(3))]), Authority.Reputation);
                    var shares = new[] { new PayeeShare(payee, 1), new PayeeShare(caller.Account, 1) };
                    await account.SettleShared(new SharedSettlement(stake, at, new(5), [.. shares], caller.Account), Authority.Treasury);
                    break;
                default:
                    var job = IdDerivation.Job(caller.Account, name);
                    var held = await account.Hold(caller, [new HoldItem(job, amount)]);
                    var settlement = new JobSettlement(
                        Job: job,
                        Payer: caller.Account,
                        Payee: payee,
                        Charge: amount,
                        HeldAt: held.HeldAt,
                        Status: JobStatus.Completed
                    );
                    await account.Settle([settlement], Authority.Market);
                    break;
            }
        }

        /// <summary>First what all may claim, then what all have spent.</summary>
        private async Task Read()
        {
            var (claims, spendings, bound) = (TokenAmount.Zero, TokenAmount.Zero, new Dictionary<AccountId, TokenAmount>());
            foreach (var account in _all)
            {
                claims += (await Ask(account)).Claimable;
                await Task.Delay(TimeSpan.FromMilliseconds(_chance.Below(2)), market.Time);
            }
            foreach (var account in _all)
            {
                var totals = await Ask(account);
                spendings += totals.Spent;
                bound.Add(account, totals.Spent + totals.Held);
                await Task.Delay(TimeSpan.FromMilliseconds(_chance.Below(2)), market.Time);
            }
            Assert.True(claims <= spendings, $"{claims} is claimed of {spendings} that was spent");
            // As the chain reckons, by what it knows of deposits and withdrawals.
            var (deposits, owed) = (TokenAmount.Zero, claims);
            foreach (var account in _all)
            {
                var (deposited, withdrawn) = Outside(account);
                var gone = bound[account] + withdrawn;
                deposits += deposited;
                owed += withdrawn + (deposited > gone ? deposited - gone : TokenAmount.Zero);
            }
            Assert.True(owed <= deposits, $"{owed} was withdrawn, can be withdrawn or claimed, of {deposits} that was deposited");
            Readings++;
            Unequal += claims == spendings ? 0 : 1;
        }

        /// <summary>What it says is on the disk.</summary>
        private async Task<LifetimeTotals> Ask(AccountId account)
        {
            while (true)
            {
                LifetimeTotals totals;
                try
                {
                    totals = await market.Grains.GetGrain<IAccountGrain>($"{account}").GetTotals(Authority.Treasury);
                }
                catch (Exception)
                {
                    // A write of the account has failed: it is read again.
                    await Task.Delay(TimeSpan.FromMilliseconds(1), market.Time);
                    continue;
                }
                var stored = new AccountState();
                foreach (var happened in Events(account))
                {
                    stored.Apply(happened);
                }
                Assert.True(
                    totals.Claimable <= stored.Claimable && totals.Spent <= stored.PaidTotal,
                    $"{account} says {totals}, and {stored.Claimable} earned and {stored.PaidTotal} spent are stored"
                );
                return totals;
            }
        }

        private IEnumerable<AccountEvent> Events(AccountId account) =>
            market.Disk.Streams.GetValueOrDefault($"account/{account}", []).Select(entry => AccountEventCodec.Read(entry.Span));

        /// <summary>What the chain knows of the account.</summary>
        private (TokenAmount Deposited, TokenAmount Withdrawn) Outside(AccountId account)
        {
            var (deposited, withdrawn) = (TokenAmount.Zero, TokenAmount.Zero);
            foreach (var happened in Events(account))
            {
                deposited += happened is Credited credited ? credited.Amount : TokenAmount.Zero;
                withdrawn += happened is Debited debited ? debited.Amount : TokenAmount.Zero;
            }
            return (deposited, withdrawn);
        }

        private void Check()
        {
            var accounts = DiskInvariants.Accounts(market.Disk);
            Assert.Empty(AccountInvariants.Violations(accounts));
            foreach (var (id, account) in accounts)
            {
                var (deposited, withdrawn) = Outside(id);
                Assert.Equal(deposited, account.PaidTotal + account.Held + account.Available + withdrawn);
            }
        }
    }
}
