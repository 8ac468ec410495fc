using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests.Settlements;

/// <summary>
/// Whatever fails and whenever the process ends, what was deposited is credited once, what was earned is paid once, and what is withdrawn
/// leaves the books once.
/// </summary>
public sealed class ChainFaultTests
{
    private const int Points = 60;

    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter)), InlineData(nameof(WriteFate.Lost)), InlineData(nameof(WriteFate.Unconfirmed))]
    public void WhateverWriteIsTheLast_AllIsPaidOnce(string how)
    {
        var (fate, hits, kinds) = (Enum.Parse<WriteFate>(how), 0, new HashSet<string>());
        for (var point = 0; point < Points; point++)
        {
            SettlementScene.Run(async scene =>
            {
                var left = point;
                scene.Market.Store.OnWrite = name =>
                {
                    if (!IsOnTheWay(name) || left-- != 0)
                    {
                        return WriteFate.Done;
                    }
                    kinds.Add(name[..name.IndexOf('/', StringComparison.Ordinal)]);
                    hits++;
                    return fate;
                };
                await Live(scene);
            });
        }
        Assert.True(hits > Points / 2, $"{hits} of {Points} points were reached.");
        Assert.Superset(new HashSet<string> { SettlementState.Kind, ChainAccountState.Kind, SettlementFiles.Kind }, kinds);
    }

    /// <summary>Before the chain is asked, and so also between any two things that it is told.</summary>
    [Fact]
    public void WhateverQuestionIsTheLast_AllIsPaidOnce()
    {
        var names = new HashSet<string>();
        for (var point = 0; point < 3 * Points; point += 3)
        {
            SettlementScene.Run(async scene =>
            {
                var left = point;
                scene.Chain.OnAsked = name =>
                {
                    if (left-- == 0)
                    {
                        names.Add(name);
                        scene.Market.Store.Crash();
                    }
                };
                await Live(scene);
            });
        }
        Assert.Superset(new HashSet<string> { "Send", "ReadNonce", "ReadBooks", "ReadEvents", "ReadBalances", "ReadWeights" }, names);
    }

    [Theory]
    [InlineData(4), InlineData(8), InlineData(20)]
    public void NodeThatFailsOften_OnlyDelays(int oneOf) =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.FailsOneOf = oneOf;
            await Live(scene);
        });

    /// <summary>No deeper than is waited for: the books never see it.</summary>
    [Theory]
    [InlineData(1, true, true), InlineData(2, true, true), InlineData(3, true, true)]
    [InlineData(1, true, false), InlineData(2, true, false), InlineData(3, true, false)]
    public void ReorganisationThatWasWaitedFor_ChangesNothing(int depth, bool keepsActions, bool keepsTransactions)
    {
        for (var at = 0; at < 12; at++)
        {
            SettlementScene.Run(async scene =>
            {
                var left = at;
                await Live(
                    scene,
                    async () =>
                    {
                        if (left-- == 0)
                        {
                            scene.Chain.Reorganise(depth, keepsActions, keepsTransactions);
                            await Task.CompletedTask;
                        }
                    }
                );
            });
        }
    }

    [Fact]
    public void DepositThatIsReorganisedAway_IsNeverCredited() =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 700));
            await scene.Blocks(SettlementScene.Terms.Confirmations);
            scene.Chain.Reorganise(SettlementScene.Terms.Confirmations, keepsActions: false, keepsTransactions: false);
            await scene.Blocks(10);

            Assert.Equal(TokenAmount.Zero, (await scene.Books("client")).Available);
            scene.Check();
        });

    /// <summary>Deeper than is waited for: what was credited is taken back, and what was spent of it is owed.</summary>
    [Fact]
    public void DepositThatIsLostDeep_IsTakenBack() =>
        SettlementScene.Run(async scene =>
        {
            var client = SettlementScene.Of(scene.Client);
            scene.Chain.Do(state => state.Deposit(client, 100));
            await scene.Blocks(8);
            scene.Chain.Do(state => state.Deposit(client, 700));
            await scene.Until(async () => (await scene.Books("client")).Available == new TokenAmount(800));
            await scene.Pay(300);
            scene.Chain.Reorganise(8, keepsActions: false, keepsTransactions: true);
            await scene.Blocks(8);

            var view = await scene.Market.Account("client").Get();
            Assert.Equal((TokenAmount.Zero, new TokenAmount(200)), (view.Available, view.Debt));
            var account = await scene.Grain.FindAccount(TestMarket.Id("client"));
            Assert.Equal((new TokenAmount(100), new TokenAmount(100)), (account!.Deposited, account.Booked));
            // A later deposit pays the debt first.
            scene.Chain.Do(state => state.Deposit(client, 500));
            await scene.Until(async () => (await scene.Books("client")).Available == new TokenAmount(300));
            Assert.Empty(AccountInvariants.Violations(DiskInvariants.Accounts(scene.Market.Disk)[TestMarket.Id("client")]));
        });

    /// <summary>
    /// A settlement that was counted, and the next one on its way, are lost together: both are settled again, under their numbers, and
    /// nobody signs two of one.
    /// </summary>
    [Theory]
    [InlineData(true, 0), InlineData(false, 0), InlineData(false, 2), InlineData(false, 3)]
    public void SettlementThatIsLostDeep_IsSettledAgain(bool keepsTransactions, int blocksOfNext) =>
        SettlementScene.Run(async scene =>
        {
            var (client, worker) = (SettlementScene.Of(scene.Client), SettlementScene.Of(scene.Worker));
            scene.Chain.Do(state => state.Deposit(client, 1_000));
            await scene.Until(async () => (await scene.Books("client")).Available == new TokenAmount(1_000));
            await scene.Pay(300);
            await scene.Until(async () => (await Last(scene)) is { } file && file.Find(worker)?.Totals.Earned == new TokenAmount(300));
            var before = (await scene.Status()).Settled;
            var (first, settled) = (await scene.File(before), scene.Chain.Head);
            await scene.Pay(100);
            await scene.Until(async () => (await scene.Status()).Open?.Transactions.Length > 0);
            await scene.Blocks(blocksOfNext);

            var depth = (int)(scene.Chain.Head - settled) + SettlementScene.Terms.Confirmations + 2;
            scene.Chain.Reorganise(depth, keepsActions: true, keepsTransactions);
            Assert.True(
                keepsTransactions || (scene.Chain.Now.Last?.Number ?? 0) < before,
                "The chain has lost a settlement that was counted."
            );

            await scene.Until(async () => (await Last(scene)) is { } file && file.Find(worker)?.Totals.Earned == new TokenAmount(400));
            var status = await scene.Status();
            Assert.Equal(first.Settlement, scene.Chain.Now.Settled[(int)before - 1]);
            Assert.Equal(status.Settled, scene.Chain.Now.Last!.Number);
            Assert.Equal(
                Enumerable.Range(1, (int)status.Settled).Select(number => (ulong)number),
                status.Past.Reverse().Select(past => past.Number)
            );
            scene.Check();
        });

    /// <summary>A node that has not the blocks which were counted is behind; a chain that was reorganised has others there.</summary>
    [Theory]
    [InlineData(1), InlineData(2), InlineData(8)]
    public void NodeThatFallsBehind_ChangesNothing(int blocks) =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.UntilSettled(1);
            var (books, status) = (await scene.Books("client"), await scene.Status());

            scene.Chain.Behind = blocks;
            await Task.Delay(SettlementScene.BlockTime, scene.Market.Time);

            var now = await scene.Status();
            Assert.Equal((books, status.Settled, status.Counted), (await scene.Books("client"), now.Settled, now.Counted));
            var isBehind = now.Trouble?.Contains("the node is behind", StringComparison.Ordinal) ?? false;
            Assert.Equal(blocks > SettlementScene.Terms.Confirmations, isBehind);
            scene.Chain.Behind = 0;
            await scene.Blocks(2);
            Assert.Null((await scene.Status()).Trouble);
            scene.Check();
        });

    /// <summary>Deeper than is waited for: what the chain has settled no longer is settled again, and what follows comes next.</summary>
    [Theory]
    [InlineData(1, true), InlineData(1, false), InlineData(2, true), InlineData(2, false), InlineData(3, true), InlineData(3, false)]
    public void SettlementsThatAreLostDeep_AreSettledAgain(ulong lost, bool keepsTransactions) =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.UntilSettled(1);
            for (ulong number = 2; number <= 1 + lost; number++)
            {
                await scene.Pay(10 * number);
                await scene.UntilSettled(number);
            }
            // Beside them, what is not deep enough yet.
            await scene.Pay(100);
            await scene.Until(async () => (await scene.Status()).Open is { Transactions.IsEmpty: false });
            var depth = 0;
            while (scene.Chain.SettledBefore(depth) > 1)
            {
                depth++;
            }
            scene.Chain.Reorganise(depth, keepsActions: true, keepsTransactions);
            await scene.UntilSettled(2 + lost);
            await scene.Pay(100);
            await scene.UntilSettled(3 + lost);

            Assert.Equal(
                scene.Chain.Now.Settled.Select(settled => settled.Number),
                (await scene.Status()).Past.Select(past => past.Number).Reverse()
            );
            scene.Check();
        });

    [Fact, TestsBound(typeof(SettlementPolicy), nameof(SettlementPolicy.SentAgainMax))]
    public void MoreLostSettlementsThanAreKept_WaitForAnOperator() =>
        SettlementScene.Run(async scene =>
        {
            const ulong Lost = SettlementPolicy.SentAgainMax + 1;
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.UntilSettled(1);
            for (ulong number = 2; number <= 1 + Lost; number++)
            {
                await scene.Pay(10);
                await scene.UntilSettled(number);
            }
            var depth = 0;
            while (scene.Chain.SettledBefore(depth) > 1)
            {
                depth++;
            }
            scene.Chain.Reorganise(depth, keepsActions: true, keepsTransactions: false);

            await scene.Until(async () => (await scene.Status()).Trouble?.Contains("keeps 8 at most", StringComparison.Ordinal) == true);
            await scene.Blocks(20);
            Assert.Equal(1ul, scene.Chain.Now.Last!.Number);
            Assert.Equal(1 + Lost, (await scene.Status()).Settled);
        });

    /// <summary>Two silos believe that they have the grain: what they do together is done once.</summary>
    [Fact]
    public void TwoActivations_SettleOnce() =>
        SettlementScene.Run(async scene =>
        {
            var twin = await scene.Market.StartTwin();
            var other = twin.GetGrain<GrainInterfaces.ISettlementGrain>(GrainInterfaces.MarketLimits.SettlementKey);
            await other.Follow(GrainInterfaces.Authority.Silo);
            await Live(scene, () => other.Follow(GrainInterfaces.Authority.Silo));
        });

    /// <summary>A client deposits, pays a worker and withdraws the rest; the worker claims. At the end nothing is left anywhere.</summary>
    private static async Task Live(SettlementScene scene, Func<Task>? between = null)
    {
        var (client, worker) = (SettlementScene.Of(scene.Client), SettlementScene.Of(scene.Worker));
        between ??= () => Task.CompletedTask;
        scene.Chain.Do(state => state.Deposit(client, 1_000));
        await Wait(async () => (await scene.Books("client")).Available == new TokenAmount(1_000));
        await scene.Pay(300);
        await Wait(async () => (await scene.Books("worker")).Claimable == new TokenAmount(300));
        scene.Chain.Do(state => state.Request(client, 700));
        await Wait(async () => (await Last(scene)) is { } file && file.Find(worker)?.Totals.Earned == new TokenAmount(300));
        await Act(worker, state => state.BalanceOf(worker).Claimed == new TokenAmount(300));
        await Wait(async () => (await Last(scene)) is { } file && file.Find(client)!.Value.Totals.Held.IsZero);
        await Act(client, state => state.BalanceOf(client).Withdrawn == new TokenAmount(700));
        await scene.Blocks(8);

        Assert.Equal((scene.Chain.Now.Deposited, new TokenAmount(1_000)), (scene.Chain.Now.PaidOut, scene.Chain.Now.Deposited));
        Assert.Equal(TokenAmount.Zero, (await scene.Books("client")).Available);
        var account = await scene.Grain.FindAccount(TestMarket.Id("client"));
        // What was paid to the worker is on the chain still, in the client's deposits and in its books alike.
        Assert.Equal((new TokenAmount(300), new TokenAmount(300)), (account!.Deposited, account.Booked));
        scene.Check();

        async Task Wait(Func<Task<bool>> holds) =>
            await scene.Until(async () =>
            {
                await between();
                scene.Check();
                return await holds();
            });

        // What a wallet does: it tries again until it is in a block.
        Task Act(EvmAddress owner, Func<Testing.SimulatedState, bool> isDone) =>
            Wait(async () =>
            {
                if (!isDone(scene.Chain.Now) && await Last(scene) is { } file)
                {
                    var (totals, path) = file.Find(owner)!.Value;
                    try
                    {
                        scene.Chain.Do(state => owner == worker ? state.Claim(totals, path) : state.Withdraw(totals, path));
                    }
                    catch (InvalidOperationException)
                    {
                        // Not yet, or no longer.
                    }
                }
                return isDone(scene.Chain.Now);
            });
    }

    private static async Task<SettlementFile?> Last(SettlementScene scene) =>
        (await scene.Status()).Settled is > 0 and var number ? await scene.File(number) : null;

    private static bool IsOnTheWay(string name) =>
        name.StartsWith($"{SettlementState.Kind}/", StringComparison.Ordinal)
        || name.StartsWith($"{ChainAccountState.Kind}/", StringComparison.Ordinal)
        || name.StartsWith($"{SettlementFiles.Kind}/", StringComparison.Ordinal)
        || name.StartsWith("account/", StringComparison.Ordinal);
}
