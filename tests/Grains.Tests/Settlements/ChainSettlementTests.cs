using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Settlements;

/// <summary>Deposits come into the books, and the books come to the chain.</summary>
public sealed class ChainSettlementTests
{
    [Fact]
    public void Deposit_IsCreditedOnce_WhenItIsDeepEnough() =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 700));
            await scene.Blocks(SettlementScene.Terms.Confirmations);
            Assert.Equal(TokenAmount.Zero, (await scene.Books("client")).Available);

            await scene.Blocks(2);

            Assert.Equal(new TokenAmount(700), (await scene.Books("client")).Available);
            await scene.Blocks(10);
            Assert.Equal(new TokenAmount(700), (await scene.Books("client")).Available);
            var account = await scene.Grain.FindAccount(TestMarket.Id("client"));
            Assert.Equal((new TokenAmount(700), new TokenAmount(700)), (account!.Deposited, account.Booked));
            scene.Check();
        });

    [Fact]
    public void WhatWasEarned_IsSettledAndClaimed_AndWhatWasNotSpentIsWithdrawn() =>
        SettlementScene.Run(async scene =>
        {
            var (client, worker) = (SettlementScene.Of(scene.Client), SettlementScene.Of(scene.Worker));
            scene.Chain.Do(state => state.Deposit(client, 1_000));
            await scene.Blocks(6);
            await scene.Pay(300);
            await scene.UntilSettled(1);
            await scene.Until(async () => (await Last(scene)).Find(worker)?.Totals.Earned == new TokenAmount(300));
            await scene.Pay(50);
            scene.Chain.Do(state => state.Request(client, 900));
            await scene.Until(async () => (await scene.Books("client")).Available.IsZero);
            // All that was there is set aside; what was asked for beyond is not there.
            await scene.Until(async () => (await scene.Status()).Settled > 1 && (await Last(scene)).Find(client)!.Value.Totals.Held.IsZero);
            var file = await Last(scene);

            foreach (var owner in new[] { client, worker })
            {
                var (totals, path) = file.Find(owner)!.Value;
                scene.Chain.Do(state => owner == worker ? state.Claim(totals, path) : state.Withdraw(totals, path));
            }
            await scene.Blocks(8);

            Assert.Equal(new TokenAmount(350), scene.Chain.Now.BalanceOf(worker).Claimed);
            Assert.Equal(new TokenAmount(650), scene.Chain.Now.BalanceOf(client).Withdrawn);
            Assert.Equal(scene.Chain.Now.Deposited, scene.Chain.Now.PaidOut);
            Assert.Equal(TokenAmount.Zero, (await scene.Books("client")).Available);
            Assert.Equal(new TokenAmount(350), (await scene.Grain.FindAccount(TestMarket.Id("worker")))!.Claimed);
            scene.Check();
        });

    [Fact]
    public void CancelledWithdrawal_ComesBackIntoTheBooks() =>
        SettlementScene.Run(async scene =>
        {
            var client = SettlementScene.Of(scene.Client);
            scene.Chain.Do(state => state.Deposit(client, 1_000));
            await scene.Blocks(6);
            scene.Chain.Do(state => state.Request(client, 400));
            await scene.Until(async () => (await scene.Books("client")).Available == new TokenAmount(600));

            scene.Chain.Do(state => state.Cancel(client));
            await scene.Until(async () => (await scene.Books("client")).Available == new TokenAmount(1_000));

            scene.Check();
        });

    [Fact]
    public void DepositorWithoutAnAccount_IsInTheBooksOfTheChain_AndLeavesByThem() =>
        SettlementScene.Run(async scene =>
        {
            var stranger = SettlementScene.Of(new Crypto.Secp256k1PrivateKey([.. Enumerable.Repeat((byte)9, 32)]));
            scene.Chain.Do(state => state.Deposit(stranger, 70));
            scene.Chain.Mine();
            scene.Chain.Do(state => state.Request(stranger, 70));
            await scene.UntilSettled(1);
            var requested = scene.Chain.Now.BalanceOf(stranger).RequestedBlock;
            await scene.Until(async () => (await Last(scene)).Settlement.ChainBlock >= requested);
            var (totals, path) = (await Last(scene)).Find(stranger)!.Value;

            scene.Chain.Do(state => state.Withdraw(totals, path));
            await scene.Blocks(1);

            Assert.Equal(new TokenAmount(70), scene.Chain.Now.PaidOut);
            scene.Check();
        });

    [Fact]
    public void NothingNew_IsNotSettledAgain() =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.UntilSettled(1);
            await scene.Blocks(60);

            Assert.Equal(1UL, (await scene.Status()).Settled);
            scene.Check();
        });

    /// <summary>An escrow without a settlement for the delay is anybody's to close.</summary>
    [Fact]
    public void IdleMarket_SettlesTheSameBooks_OnceHalfOfTheExitDelayHasPassed() =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.UntilSettled(1);
            var first = scene.Chain.Now;
            var half = (ulong)scene.Chain.Terms.ExitDelay.TotalSeconds / 2;
            // One block before the half has passed, and as the scene's next ones come.
            scene.Chain.Mine(1, seconds: (int)(first.SettledAt + half - scene.Chain.Time) - (12 * 12));
            await scene.Blocks(10);
            Assert.Equal(1UL, (await scene.Status()).Settled);
            Assert.Single(scene.Chain.Sent);

            await scene.UntilSettled(2);

            var second = scene.Chain.Now;
            Assert.Equal(first.Last!.Accounts, second.Last!.Accounts);
            Assert.InRange(second.SettledAt, first.SettledAt + half, first.SettledAt + half + (30 * 12));
            await scene.Blocks(60);
            Assert.Equal(2UL, (await scene.Status()).Settled);
            scene.Check();
        });

    /// <summary>The interval between settlements that say something does not delay the one that keeps the escrow open.</summary>
    [Fact]
    public void IdleMarket_SettlesBeforeItsInterval_WhereHalfOfTheExitDelayIsShorter() =>
        SettlementScene.Run(
            async scene =>
            {
                scene.Chain.Terms = scene.Chain.Terms with { ExitDelay = TimeSpan.FromHours(4) };
                await scene.CrashAndStart();
                scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
                await scene.UntilSettled(1);
                scene.Chain.Mine(1, seconds: 7_200);

                await scene.UntilSettled(2);
                scene.Check();
            },
            terms: SettlementScene.Terms with
            {
                Interval = SettlementTerms.IntervalMax,
            }
        );

    [Fact]
    public void MarketWithoutAccounts_SettlesNoRows_OnceHalfOfTheExitDelayHasPassed() =>
        SettlementScene.Run(async scene =>
        {
            await scene.Blocks(20);
            Assert.Empty(scene.Chain.Sent);
            scene.Chain.Mine(1, seconds: (int)scene.Chain.Terms.ExitDelay.TotalSeconds / 2);

            await scene.UntilSettled(1);

            Assert.Empty((await Last(scene)).Accounts);
            scene.Check();
        });

    [Fact]
    public void MoreAccountsThanAFileHas_AreNotSettled_AndTheTroubleSaysSo() =>
        SettlementScene.Run(
            async scene =>
            {
                scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
                scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Worker), 1_000));
                await scene.UntilSettled(1);
                using var third = new Crypto.Secp256k1PrivateKey([.. Enumerable.Repeat((byte)9, 32)]);
                scene.Chain.Do(state => state.Deposit(SettlementScene.Of(third), 1_000));

                await scene.Until(async () => (await scene.Status()).Trouble is not null);

                var status = await scene.Status();
                Assert.Contains("each of 3 accounts", status.Trouble, StringComparison.Ordinal);
                Assert.Contains("at most 2", status.Trouble, StringComparison.Ordinal);
                Assert.Equal((SettlementPhase.Resting, 1UL), (status.Phase, status.Settled));
                await scene.Blocks(10);
                Assert.Single(scene.Chain.Sent);
                scene.Check();
            },
            terms: SettlementScene.Terms with
            {
                AccountsMax = 2,
            }
        );

    [Fact]
    public void SettlementWithoutEnoughMembers_Waits_AndIsMadeAnewInTheNextEpoch() =>
        SettlementScene.Run(async scene =>
        {
            scene.Silent.UnionWith([0, 1]);
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.Blocks(30);
            var waiting = await scene.Status();
            Assert.Equal((SettlementPhase.Signing, 0UL), (waiting.Phase, waiting.Settled));
            Assert.Contains("2 of 4 members", waiting.Trouble, StringComparison.Ordinal);

            scene.Chain.Mine(1, seconds: 7_300);
            scene.Silent.Remove(0);
            await scene.UntilSettled(1);

            Assert.True(scene.Chain.Now.Last!.Epoch > waiting.Open!.Epoch);
            Assert.Null((await scene.Status()).Trouble);
            scene.Check();
        });

    [Fact]
    public void SilentChain_DelaysSettlement_AndStopsNothingElse() =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.Blocks(6);
            scene.Chain.IsSilent = true;
            await scene.Blocks(20);
            Assert.Contains("cannot be asked", (await scene.Status()).Trouble, StringComparison.Ordinal);
            await scene.Pay(300);
            await scene.Market.Settle();
            Assert.Equal(new TokenAmount(300), (await scene.Books("worker")).Claimable);

            scene.Chain.IsSilent = false;
            await scene.UntilSettled(1);
            await scene.Until(async () => (await Last(scene)).Settlement.Earned == new TokenAmount(300));
            scene.Check();
        });

    /// <summary>Each step fails with other words, as ports and numbers of blocks change.</summary>
    [Fact]
    public void TroubleIsLoggedOnceOfEachKind_AndOnceWhenItEnds() =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.UntilSettled(1);
            var steps = 0;
            scene.Log.Written.Clear();
            scene.Chain.OnAsked = _ => throw new Chain.ChainException($"127.0.0.1:{40_000 + ++steps} does not answer.");
            await scene.Blocks(20);

            Assert.Contains($":{40_000 + steps} does", (await scene.Status()).Trouble, StringComparison.Ordinal);
            Assert.True(steps > 20, $"{steps} steps were tried.");
            Assert.Equal("Settlement waits (Chain): The chain cannot be asked: 127.0.0.1:40001 does not answer.", Assert.Single(Said()));
            // Another kind in between does not begin the first one anew.
            scene.Chain.OnAsked = _ => throw new InvalidOperationException("A bug.");
            await scene.Blocks(2);
            scene.Chain.OnAsked = _ => throw new Chain.ChainException("Silent again.");
            await scene.Blocks(2);
            Assert.Equal(2, Said().Length);
            Assert.Equal("A step of settlement failed; it is tried again", Said()[1]);
            scene.Chain.OnAsked = null;
            await scene.Blocks(2);
            Assert.Equal("Settlement goes on; over is: Failure, Chain", Said()[2]);
            scene.Chain.OnAsked = _ => throw new Chain.ChainException("Silent once more.");
            await scene.Blocks(2);
            Assert.Equal("Settlement waits (Chain): The chain cannot be asked: Silent once more.", Said()[3]);
            Assert.Equal(4, Said().Length);

            string[] Said() => [.. scene.Log.Written.Where(line => line.Contains("ettlement", StringComparison.Ordinal))];
        });

    [Fact]
    public void LostTransactions_AreSentAgain_AndDearBlocksAreOfferedMore() =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            scene.Chain.LosesTransactions = true;
            await scene.Until(async () => (await scene.Status()).Phase == SettlementPhase.Sending);
            await scene.Blocks(2);
            scene.Chain.LosesTransactions = false;
            scene.Chain.Fee *= 3;
            await scene.UntilSettled(1);

            var (hash, succeeded) = Assert.Single(scene.Chain.Included);
            Assert.True(succeeded);
            Assert.True(scene.Chain.Sent.Count > 1, "It was replaced.");
            Assert.Equal(hash, (await scene.Status()).Past[0].Transaction);
            scene.Check();
        });

    /// <summary>
    /// The operator's key has sent something else, which a reorganisation loses: a settlement of the next number waits for it.
    /// </summary>
    [Fact]
    public void LostTransactionOfALowerNumber_HasItsNumberTaken() =>
        SettlementScene.Run(async scene =>
        {
            scene.Silent.UnionWith([0, 1]);
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.Until(async () => (await scene.Status()).Phase == SettlementPhase.Signing);
            scene.Chain.Do(state => state with { Nonce = state.Nonce + 1 });
            await scene.Blocks(1);
            scene.Chain.LosesTransactions = true;
            scene.Silent.Clear();
            await scene.Until(async () => (await scene.Status()).Phase == SettlementPhase.Sending, blocks: 2);

            scene.Chain.LosesTransactions = false;
            scene.Chain.Reorganise(SettlementScene.Terms.Confirmations, keepsActions: false, keepsTransactions: true);
            Assert.Equal(0UL, scene.Chain.Now.Nonce);
            await scene.UntilSettled(1);
            scene.Check();
        });

    [Fact]
    public void RevertedTransaction_IsFollowedByAnother_WhichIsSentUntilABlockHasIt() =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            scene.Chain.RevertsTransactions = true;
            await scene.Until(() => Task.FromResult(scene.Chain.Included.Any()));
            (scene.Chain.RevertsTransactions, scene.Chain.LosesTransactions) = (false, true);
            await scene.Until(() => Task.FromResult(scene.Chain.Sent.Count > 1));
            await scene.Blocks(1);

            scene.Chain.LosesTransactions = false;
            await scene.UntilSettled(1);
            Assert.Equal([false, true], scene.Chain.Included.Select(included => included.HasSucceeded));
            scene.Check();
        });

    [Fact]
    public void NodeThatContradictsItself_IsTold() =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            scene.Chain.LosesTransactions = true;
            await scene.Until(async () => (await scene.Status()).Phase == SettlementPhase.Sending);
            var head = await scene.Chain.ReadHead(default);
            scene.Chain.SaysIncludedIn = head;
            await scene.Blocks(SettlementScene.Terms.Confirmations - 1);
            Assert.Null((await scene.Status()).Trouble);
            await scene.Blocks(2);
            Assert.Contains(
                $"in block {head.Number}, and its number 0 to be unused",
                (await scene.Status()).Trouble,
                StringComparison.Ordinal
            );

            (scene.Chain.SaysIncludedIn, scene.Chain.LosesTransactions) = (null, false);
            await scene.UntilSettled(1);
            Assert.Null((await scene.Status()).Trouble);
            scene.Check();
        });

    [Fact]
    public void FeeBeyondWhatTheOperatorAllows_Waits() =>
        SettlementScene.Run(
            async scene =>
            {
                scene.Chain.Fee = 2_000_000_000;
                scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
                await scene.Until(async () => (await scene.Status()).Trouble?.Contains("costs more", StringComparison.Ordinal) == true);
                Assert.Empty(scene.Chain.Sent);

                scene.Chain.Fee = 900_000_000;
                await scene.UntilSettled(1);
                scene.Check();
            },
            terms: SettlementScene.Terms with
            {
                FeeMax = 1_000_000_000,
            }
        );

    [Fact]
    public void OtherContracts_ThanThoseOfTheMarket_AreNotUsed() =>
        SettlementScene.Run(async scene =>
        {
            scene.Chain.Terms = scene.Chain.Terms with { Market = default };
            await scene.CrashAndStart();
            scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
            await scene.Blocks(20);

            Assert.Contains("Give the silo the contracts", (await scene.Status()).Trouble, StringComparison.Ordinal);
            Assert.Equal(TokenAmount.Zero, (await scene.Books("client")).Available);
        });

    [Fact]
    public void Binding_TakesBothSignatures_AndIsForEver() =>
        SettlementScene.Run(async scene =>
        {
            using var spare = new Crypto.Secp256k1PrivateKey([.. Enumerable.Repeat((byte)9, 32)]);

            await Refused(ErrorCode.SignatureRefused, () => scene.Bind("other", spare, account: "client"));
            await Refused(ErrorCode.SignatureRefused, () => scene.Bind("other", spare, owner: scene.Worker));
            await Refused(ErrorCode.SignatureRefused, () => scene.Bind("other", spare, domain: TestOwner.Domain));
            await Refused(ErrorCode.Forbidden, () => scene.Bind("client", spare));
            await Refused(ErrorCode.Forbidden, () => scene.Bind("other", scene.Worker));
            Assert.Equal(TestMarket.Id("client"), (await scene.Bind("client", scene.Client)).Account);
            Assert.Equal(TestMarket.Id("other"), (await scene.Bind("other", spare)).Account);

            async Task Refused(ErrorCode code, Func<Task> bind) =>
                Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(bind)).Code);
        });

    private static async Task<SettlementFile> Last(SettlementScene scene) => await scene.File((await scene.Status()).Settled);
}
