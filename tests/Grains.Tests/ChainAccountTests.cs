using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Marketplace.Grains.Tests;

/// <summary>
/// Accounts of a market that settles on a chain: what they earn is claimed there and never spent here, and money comes in as deposits.
/// </summary>
public sealed class ChainAccountTests
{
    private static readonly HoldId Stake = new(HoldPurpose.Stake, TestMarket.Id("stake").Value);

    [Fact]
    public void FirstEvent_ComesWithTheChain_InOneWrite() =>
        Run(async market =>
        {
            var at = market.Time.GetUtcNow();
            await Opens("key", account => account.CreateKey(new KeyRequest("test", Scopes.Read, null), null, Authority.Silo));
            await Opens("deposit", account => account.Credit("first", Of(5), at, Authority.Treasury));
            await Opens("payment", account => account.Receive(TestMarket.Id("payer"), 1, Of(5), Authority.Account));
            await Opens("reversal", account => account.ReverseCredit("first", Of(5), at, Authority.Treasury));

            async Task Opens(string name, Func<IAccountGrain, Task> call)
            {
                var writes = CountWrites(market, name);
                await call(market.Account(name));
                Assert.Equal(1, writes());
                Assert.Equal(2, Log(market, name).Count);
                Assert.Equal("0117", Convert.ToHexString(Log(market, name)[0].Span));

                await market.Account(name).Credit("second", Of(1), at, Authority.Treasury);
                Assert.Equal(3, Log(market, name).Count);
            }
        });

    [Theory]
    [InlineData(WriteFate.Lost, 0), InlineData(WriteFate.CrashAfter, 2)]
    internal void ProcessThatEndsAtTheFirstWrite_LeavesBothEventsOrNone(WriteFate fate, int events) =>
        Run(async market =>
        {
            var at = market.Time.GetUtcNow();
            market.Store.OnWrite = _ => fate;
            _ = market.Account("client").Credit("first", Of(5), at, Authority.Treasury);
            await market.Settle();
            Assert.Equal(events, Log(market, "client").Count);
            await market.CrashAndStart();
            await market.Account("client").Credit("first", Of(5), at, Authority.Treasury);
            await market.Account("client").Credit("more", Of(1), at, Authority.Treasury);

            Assert.Equal(3, Log(market, "client").Count);
            Assert.Equal(Of(6), (await market.Account("client").Get()).Available);
        });

    [Fact]
    public void Job_PaysItsWorkerWhatIsClaimedOnTheChain() =>
        Run(
            async market =>
            {
                var caller = await market.OpenAccount("client");
                var program = await market.Deploy(caller);
                var worker = await market.AddWorker("worker", price: 10);
                var polling = worker.TakeOne();
                var result = Assert.Single(await market.Submit(caller, TestMarket.Item("one", program)));
                var waiting = market.Job(result.Job).WaitEnded(caller, TimeSpan.FromSeconds(10), default);
                await worker.Report(worker.Completed(await polling, "HELLO", fuel: 500_000));
                await waiting;
                await market.Settle();

                Assert.Equal(new LifetimeTotals(Of(0), Of(5), Of(0), Of(TestMarket.Credit - 5)), await Totals(market, "client"));
                Assert.Equal(new LifetimeTotals(Of(5), Of(0), Of(0), Of(0)), await Totals(market, "worker"));
                var view = await market.Account("worker").Get();
                Assert.Equal((Of(0), Of(5), Of(5), true), (view.Available, view.Earned, view.Claimable, view.EarnsOnChain));
            },
            isMadeUp: false
        );

    [Fact]
    public void WhatWasReceived_IsNotSpent() =>
        Run(async market =>
        {
            var payer = await market.OpenAccount("payer", credit: 100);
            var payee = await market.OpenAccount("payee", credit: 1);
            await market.Account("payer").Transfer(payer, new TransferOrder("rent", payee.Account, Of(30), null));
            await market.Settle();

            Assert.Equal(new LifetimeTotals(Of(30), Of(0), Of(0), Of(1)), await Totals(market, "payee"));
            var back = new TransferOrder("back", payer.Account, Of(2), null);
            await Refused(ErrorCode.InsufficientFunds, () => market.Account("payee").Transfer(payee, back));
            await Refused(
                ErrorCode.InsufficientFunds,
                () => market.Account("payee").Debit("payout", Of(2), market.Time.GetUtcNow(), Authority.Treasury)
            );
            var held = await market.Account("payee").Hold(payee, [new HoldItem(default, Of(2))]);
            Assert.Equal(HoldOutcome.InsufficientFunds, Assert.Single(held.Outcomes));
            Assert.Equal(
                HoldOutcome.InsufficientFunds,
                await market.Account("payee").SetAside(payee, Stake, Of(2), market.Time.GetUtcNow())
            );
        });

    /// <summary>A job, a part of a stake and the end of a stake that an account pays itself.</summary>
    [Fact]
    public void WhatAnAccountPaysItself_IsClaimedOnTheChain() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 100);
            var (account, at) = (market.Account("client"), market.Time.GetUtcNow());
            await Pay(account, caller, "one", caller.Account, 10);
            await account.SetAside(caller, Stake, Of(50), at);
            var part = new HoldCharge(
                Stake,
                at,
                1,
                [new PayeeAmount(caller.Account, Of(7)), new PayeeAmount(TestMarket.Id("juror"), Of(5))]
            );
            await account.ChargeHold(part, Authority.Reputation);
            Assert.Equal(new LifetimeTotals(Of(17), Of(22), Of(38), Of(40)), await Totals(market, "client"));

            // Half of what is left of the stake is paid, half of that to the account itself; the rest goes back.
            var shares = ImmutableArray.Create(new PayeeShare(caller.Account, 1), new PayeeShare(TestMarket.Id("juror"), 1));
            await account.SettleShared(new SharedSettlement(Stake, at, Of(19), shares, caller.Account), Authority.Treasury);
            await market.Restart();
            Assert.Equal(new LifetimeTotals(Of(27), Of(41), Of(0), Of(59)), await Totals(market, "client"));
            Assert.Equal(new LifetimeTotals(Of(14), Of(0), Of(0), Of(0)), await Totals(market, "juror"));
        });

    [Fact]
    public void WhatLeavesTheMarketplace_IsNotSpent() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 100);
            var (account, at) = (market.Account("client"), market.Time.GetUtcNow());
            await account.Debit("payout", Of(10), at, Authority.Treasury);
            await account.SetAside(caller, Stake, Of(50), at);
            var shares = ImmutableArray.Create(new PayeeShare(null, 1), new PayeeShare(TestMarket.Id("juror"), 1));
            await account.SettleShared(new SharedSettlement(Stake, at, Of(20), shares, caller.Account), Authority.Treasury);
            await market.Settle();

            Assert.Equal(new LifetimeTotals(Of(0), Of(10), Of(0), Of(70)), await Totals(market, "client"));
            Assert.Equal(Of(20), (await account.Get()).Spent);
        });

    [Fact]
    public void Debt_IsPaidByDeposits_AndNotByEarnings() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("client", credit: 0);
            var (account, at) = (market.Account("client"), market.Time.GetUtcNow());
            await account.Credit("deposit", Of(100), at, Authority.Treasury);
            await Pay(account, caller, "one", TestMarket.Id("worker"), 80);
            await account.ReverseCredit("deposit", Of(100), at, Authority.Treasury);
            await account.Receive(TestMarket.Id("payer"), 1, Of(500), Authority.Account);
            var view = await account.Get();
            Assert.Equal((Of(0), Of(80), Of(500)), (view.Available, view.Debt, view.Claimable));

            await account.Credit("more", Of(90), at, Authority.Treasury);
            view = await account.Get();
            Assert.Equal((Of(10), Of(0), Of(500)), (view.Available, view.Debt, view.Claimable));
        });

    [Fact]
    public void MoneyThatIsNoDeposit_IsRefused() =>
        Run(async market =>
        {
            await market.OpenAccount("client", credit: 10);
            var (account, at) = (market.Account("client"), market.Time.GetUtcNow());
            var operatorKey = await market.AddOperator();
            var refusal = await Refused(ErrorCode.Forbidden, () => account.Grant(operatorKey, "gift", Of(7), at));
            Assert.Contains("money comes in as deposits on the chain", refusal.Message, StringComparison.Ordinal);
            await Refused(ErrorCode.Forbidden, () => account.Credit("first start", Of(7), at: null, Authority.Silo));
            await Refused(ErrorCode.Forbidden, () => account.Credit("dated", Of(7), at, Authority.Silo));
            await Refused(ErrorCode.Forbidden, () => account.Credit("undated", Of(7), at: null, Authority.Treasury));
            Assert.Equal(Of(10), (await account.Get()).Available);

            // Nor does it open an account.
            await Refused(ErrorCode.Forbidden, () => market.Account("new").Grant(operatorKey, "gift", Of(7), at));
            Assert.Empty(Log(market, "new"));
        });

    [Fact]
    public void Compensation_IsClaimedOnTheChain_OncePerOperation_AndTakenBackOnce() =>
        Run(async market =>
        {
            await market.OpenAccount("client", credit: 100);
            var (account, at) = (market.Account("client"), market.Time.GetUtcNow());
            for (var times = 0; times < 2; times++)
            {
                await account.Compensate("loss/1", Of(7), at, Authority.Treasury);
                await account.Compensate("loss/2", Of(5), at, Authority.Treasury);
                await market.CrashAndStart();
                account = market.Account("client");
            }
            Assert.Equal((Of(12), Of(0), Of(100)), await State(market));
            await Refused(ErrorCode.RequestIdReused, () => account.Compensate("loss/1", Of(8), at, Authority.Treasury));
            await Refused(ErrorCode.RequestIdReused, () => account.ReverseCompensation("loss/1", Of(8), at, Authority.Treasury));
            for (var times = 0; times < 2; times++)
            {
                await account.ReverseCompensation("loss/1", Of(7), at, Authority.Treasury);
                // It is done and over: the same again brings nothing back.
                await account.Compensate("loss/1", Of(7), at, Authority.Treasury);
                await market.CrashAndStart();
                account = market.Account("client");
            }
            Assert.Equal((Of(5), Of(0), Of(100)), await State(market));
            // One that comes before its compensation leaves that without effect.
            await account.ReverseCompensation("loss/3", Of(9), at, Authority.Treasury);
            await account.Compensate("loss/3", Of(9), at, Authority.Treasury);
            Assert.Equal((Of(5), Of(0), Of(100)), await State(market));
            Assert.Equal(new LifetimeTotals(Of(5), Of(0), Of(0), Of(100)), await Totals(market, "client"));
            await Refused(ErrorCode.Forbidden, () => account.Compensate("loss/4", Of(9), at, Authority.Silo));
            await Refused(ErrorCode.Forbidden, () => account.ReverseCompensation("loss/4", Of(9), at, Authority.Silo));

            static async Task<(TokenAmount, TokenAmount, TokenAmount)> State(TestMarket market)
            {
                var view = await market.Account("client").Get();
                return (view.Claimable, view.Earned, view.Available);
            }
        });

    [Fact]
    public void Compensation_IsReadBackFromASnapshot_AndAccountsWithoutOneAreWrittenAsBefore()
    {
        var (at, account) = (new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), new AccountState());
        account.Apply(new EarningsGoToChain());
        account.Apply(new Credited("deposit", Of(10), at, at));
        Assert.Equal(7, AccountSnapshotCodec.Write(account).Span[0]);
        AccountEvent[] events =
        [
            new Compensated("a", Of(7), at, at),
            new Compensated("b", Of(5), at, at),
            new CompensationReversed("a", Of(7), at, at),
        ];
        foreach (var happened in events)
        {
            Assert.Equal(happened, AccountEventCodec.Read(AccountEventCodec.Write(happened).Span));
            account.Apply(happened);
        }
        Assert.Empty(AccountInvariants.Violations(account));

        var bytes = AccountSnapshotCodec.Write(account);
        var read = AccountSnapshotCodec.Read(bytes.Span);

        Assert.Equal((8, Of(5), Of(5), Of(7)), (bytes.Span[0], read.Claimable, read.CompensatedTotal, read.WithdrawnTotal));
        Assert.Empty(AccountInvariants.Violations(read));
        Assert.Equal(bytes.ToArray(), AccountSnapshotCodec.Write(read).ToArray());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.ThrowsAny<InvalidDataException>(() => AccountSnapshotCodec.Read(bytes.Span[..length]));
        }
        // Books that say more than was earned and compensated are seen to.
        read.Claimable += Of(1);
        Assert.NotEmpty(AccountInvariants.Violations(read));
    }

    [Fact]
    public void MarketWithoutAChain_CompensatesNobody() =>
        TestMarket.Run(async market =>
        {
            await market.OpenAccount("client");
            var (account, at) = (market.Account("client"), market.Time.GetUtcNow());
            var refused = await Refused(ErrorCode.Forbidden, () => account.Compensate("loss", Of(1), at, Authority.Treasury));
            Assert.Contains("settles on no chain", refused.Message, StringComparison.Ordinal);
            await Refused(ErrorCode.Forbidden, () => account.ReverseCompensation("loss", Of(1), at, Authority.Treasury));
            Assert.Equal(Of(0), (await account.Get()).Claimable);
        });

    /// <summary>Begun with one configuration and started with the other, an account changes nothing, and can still be looked at.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public void AccountOfAnotherKindOfMarket_RefusesEveryChange(bool beganOnChain)
    {
        var isOnChain = beganOnChain;
        TestMarket.Run(
            async market =>
            {
                market.IsMadeUp = true;
                var caller = await market.OpenAccount("client", credit: 100);
                await market.OpenAccount("payee", credit: 1);
                var at = market.Time.GetUtcNow();
                await market.Account("client").SetAside(caller, Stake, Of(10), at);
                var held = await market.Account("client").Hold(caller, [new HoldItem(IdDerivation.Job(caller.Account, "one"), Of(5))]);
                var before = Log(market, "client").Count;
                isOnChain = !beganOnChain;
                await market.Restart();

                var account = market.Account("client");
                (string Change, Func<Task> Call)[] changes =
                [
                    ("credit", () => account.Credit("more", Of(1), at, Authority.Treasury)),
                    ("debit", () => account.Debit("payout", Of(1), at, Authority.Treasury)),
                    ("compensation", () => account.Compensate("loss", Of(1), at, Authority.Treasury)),
                    ("reversal", () => account.ReverseCredit("more", Of(1), at, Authority.Treasury)),
                    ("stake", () => account.SetAside(caller, Stake with { Value = default }, Of(1), at)),
                    ("hold", () => account.Hold(caller, [new HoldItem(default, Of(1))])),
                    ("job", () => account.Settle([Settlement(caller, "one", TestMarket.Id("payee"), 5, held.HeldAt)], Authority.Market)),
                    (
                        "slash",
                        () =>
                            account.ChargeHold(
                                new HoldCharge(Stake, at, 1, [new PayeeAmount(TestMarket.Id("payee"), Of(1))]),
                                Authority.Reputation
                            )
                    ),
                    (
                        "end of a stake",
                        () => account.SettleShared(new SharedSettlement(Stake, at, Of(0), [], caller.Account), Authority.Treasury)
                    ),
                    ("income", () => account.Receive(TestMarket.Id("payee"), 1, Of(1), Authority.Account)),
                    ("transfer", () => account.Transfer(caller, new TransferOrder("rent", TestMarket.Id("payee"), Of(1), null))),
                    ("key", () => account.CreateKey(new KeyRequest("test", Scopes.Read, null), null, Authority.Silo)),
                    ("end of a key", () => account.RevokeKey(caller.KeyId, null, Authority.Silo)),
                    ("refusals", () => account.SetRefusals(caller, new RefusalList([], [TestMarket.Id("payee")]))),
                    // It changes nothing, but what follows from it on the chain cannot be undone.
                    ("totals", () => account.GetTotals(Authority.Treasury)),
                ];
                foreach (var (change, call) in changes)
                {
                    var failure = await Record.ExceptionAsync(call);
                    Assert.True(failure is InvalidOperationException, $"{change}: {failure}");
                    var said = beganOnChain ? "configured to settle nowhere" : "its balances have no deposits behind them";
                    Assert.Contains(said, failure.Message, StringComparison.Ordinal);
                }
                await market.Settle();
                Assert.Equal(before, Log(market, "client").Count);
                Assert.Equal(Of(85), (await account.Get()).Available);

                isOnChain = beganOnChain;
                await market.Restart();
                await market.Account("client").Credit("more", Of(1), at, Authority.Treasury);
                Assert.Equal(Of(86), (await market.Account("client").Get()).Available);
            },
            register: services => services.AddSingleton(_ => new AccountTerms { SettlesOnChain = isOnChain })
        );
    }

    [Fact]
    public void Totals_AreForTheTreasuryAlone_AndZeroForAnAccountThatWasNeverOpened() =>
        Run(async market =>
        {
            Assert.Equal(new LifetimeTotals(Of(0), Of(0), Of(0), Of(0)), await Totals(market, "nobody"));
            Assert.Empty(Log(market, "nobody"));
            foreach (var by in Enum.GetValues<Authority>().Where(by => by != Authority.Treasury))
            {
                await Refused(ErrorCode.Forbidden, () => market.Account("nobody").GetTotals(by));
            }
        });

    /// <summary>The answer waits for what was decided before the question, and is without what is decided while it waits.</summary>
    [Fact]
    public void Totals_AreDurable() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("payer", credit: 100);
            var payee = await market.OpenAccount("payee", credit: 1);
            var account = market.Account("payer");
            var stream = $"account/{caller.Account}";
            market.Store.OnWrite = name => name == stream ? WriteFate.Late : WriteFate.Done;
            var first = account.SetAside(caller, Stake, Of(10), market.Time.GetUtcNow());
            var asking = account.GetTotals(Authority.Treasury);
            await Task.Delay(TimeSpan.FromMilliseconds(10), market.Time);
            Assert.False(first.IsCompleted || asking.IsCompleted);
            var second = account.Transfer(caller, new TransferOrder("rent", payee.Account, Of(30), null));
            var totals = await asking;

            Assert.False(second.IsCompleted);
            Assert.Equal(new LifetimeTotals(Of(0), Of(0), Of(10), Of(90)), totals);
            Assert.Equal(Of(10), Replay(market, "payer").Held);
            await second;
            Assert.Equal(new LifetimeTotals(Of(0), Of(30), Of(10), Of(60)), await Totals(market, "payer"));
            await market.Settle();
        });

    /// <summary>What an activation knows that another one has overtaken would be less than what was spent.</summary>
    [Fact]
    public void Totals_AreNotThoseOfAnActivationThatWasOvertaken() =>
        Run(async market =>
        {
            var caller = await market.OpenAccount("payer", credit: 100);
            var payee = await market.OpenAccount("payee", credit: 1);
            var twin = (await market.StartTwin()).GetGrain<IAccountGrain>($"{caller.Account}");
            await twin.GetTotals(Authority.Treasury);
            await market.Account("payer").Transfer(caller, new TransferOrder("rent", payee.Account, Of(30), null));
            await market.Settle();

            await Assert.ThrowsAsync<InconsistentStateException>(() => twin.GetTotals(Authority.Treasury));
            Assert.Equal(Of(30), (await LostWrites.Resend(() => twin.GetTotals(Authority.Treasury))).Spent);
        });

    private static TokenAmount Of(long amount) => new((UInt128)amount);

    private static Task<LifetimeTotals> Totals(TestMarket market, string name) => market.Account(name).GetTotals(Authority.Treasury);

    private static IReadOnlyList<ReadOnlyMemory<byte>> Log(TestMarket market, string name) =>
        market.Disk.Streams.GetValueOrDefault($"account/{TestMarket.Id(name)}", []);

    private static AccountState Replay(TestMarket market, string name)
    {
        var account = new AccountState();
        foreach (var entry in Log(market, name))
        {
            account.Apply(AccountEventCodec.Read(entry.Span));
        }
        return account;
    }

    private static Func<int> CountWrites(TestMarket market, string name)
    {
        var (stream, writes) = ($"account/{TestMarket.Id(name)}", 0);
        market.Store.OnWrite = written =>
        {
            writes += written == stream ? 1 : 0;
            return WriteFate.Done;
        };
        return () => writes;
    }

    private static JobSettlement Settlement(Caller payer, string name, AccountId payee, long charge, DateTimeOffset heldAt) =>
        new(
            Job: IdDerivation.Job(payer.Account, name),
            Payer: payer.Account,
            Payee: payee,
            Charge: Of(charge),
            HeldAt: heldAt,
            Status: JobStatus.Completed
        );

    private static async Task Pay(IAccountGrain account, Caller caller, string name, AccountId payee, long charge)
    {
        var held = await account.Hold(caller, [new HoldItem(IdDerivation.Job(caller.Account, name), Of(charge))]);
        await account.Settle([Settlement(caller, name, payee, charge, held.HeldAt)], Authority.Market);
    }

    private static async Task<MarketException> Refused(ErrorCode code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<MarketException>(call);
        Assert.Equal(code, refusal.Code);
        return refusal;
    }

    private static void Run(Func<TestMarket, Task> scenario, bool isMadeUp = true) =>
        TestMarket.Run(
            async market =>
            {
                market.IsMadeUp = isMadeUp;
                await scenario(market);
                await market.Settle();
                Assert.Empty(DiskInvariants.Accounts(market.Disk).SelectMany(pair => AccountInvariants.Violations(pair.Value)));
            },
            register: services => services.AddSingleton(new AccountTerms { SettlesOnChain = true })
        );
}
