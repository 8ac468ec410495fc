using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Settlements;

/// <summary>
/// Whatever fails and whenever the process ends, what a lie has cost is credited once, and the escrow takes the settlement that says so.
/// </summary>
public sealed class CompensationFaultTests
{
    private const ulong Price = 300;
    private const int Points = 40;

    [Theory]
    [InlineData(nameof(WriteFate.CrashAfter)), InlineData(nameof(WriteFate.Lost)), InlineData(nameof(WriteFate.Unconfirmed))]
    public void WhateverWriteIsTheLast_TheLossIsMadeGoodOnce(string how)
    {
        var (fate, hits, kinds) = (Enum.Parse<WriteFate>(how), 0, new HashSet<string>());
        for (var point = 0; point < Points; point++)
        {
            SettlementScene.Run(async scene =>
            {
                var (left, job) = (point, await Buy(scene));
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
                await Live(scene, job);
            });
        }
        Assert.True(hits > Points / 2, $"{hits} of {Points} points were reached.");
        Assert.Superset(new HashSet<string> { SettlementState.Kind, JobLossState.Kind, "account" }, kinds);
    }

    [Theory]
    [InlineData(4), InlineData(12)]
    public void NodeThatFailsOften_OnlyDelays(int oneOf) =>
        SettlementScene.Run(async scene =>
        {
            var job = await Buy(scene);
            scene.Chain.FailsOneOf = oneOf;
            await Live(scene, job);
        });

    [Fact]
    public void TwoActivations_MakeTheLossGoodOnce() =>
        SettlementScene.Run(async scene =>
        {
            var job = await Buy(scene);
            var twin = await scene.Market.StartTwin();
            var other = twin.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey);
            await Live(scene, job, () => other.Follow(Authority.Silo));
        });

    /// <summary>
    /// The slash is lost after the account was credited, whatever write is the last meanwhile; and it comes again in another block.
    /// </summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public void SlashThatIsLostDeep_IsTakenBackOnce(bool comesAgain)
    {
        for (var point = 0; point < Points / 2; point++)
        {
            SettlementScene.Run(async scene =>
            {
                var (left, job) = (point, await Buy(scene));
                await scene.Blocks(8);
                scene.Chain.Do(state => state.Slash(scene.PublicKeyOf(0), TestMarket.Id("client"), job));
                await scene.Until(async () => (await scene.Books("client")).Claimable == new TokenAmount(Price));
                var depth = (int)(scene.Chain.Head - scene.Chain.Now.Events.OfType<Chain.MemberSlashed>().Single().Block) + 1;
                scene.Market.Store.OnWrite = name => IsOnTheWay(name) && left-- == 0 ? WriteFate.CrashAfter : WriteFate.Done;
                scene.Chain.Reorganise(depth, keepsActions: comesAgain, keepsTransactions: true, more: 2);
                await scene.Blocks(12);

                var claimable = comesAgain ? Price : 0;
                await scene.Until(async () => (await scene.Books("client")).Claimable == new TokenAmount(claimable), blocks: 20);
                await scene.Blocks(4);
                Assert.Equal(new TokenAmount(claimable), (await scene.Books("client")).Claimable);
                Assert.Equal(comesAgain, !scene.Chain.Now.Compensated.IsZero);
                scene.Check();
            });
        }
    }

    /// <summary>The escrow takes no total that decreases: what was credited and is lost is earned again first.</summary>
    [Fact]
    public void CreditThatIsLostAfterItWasSettled_IsWaitedFor() =>
        SettlementScene.Run(async scene =>
        {
            var (account, at) = (scene.Market.Account("client"), scene.Market.Time.GetUtcNow());
            await Buy(scene);
            scene.Chain.Do(state => state.Slash(scene.PublicKeyOf(0)));
            await account.Compensate("by hand", new TokenAmount(50), at, Authority.Treasury);
            await scene.Until(async () => await Last(scene) is { } file && file.Settlement.Earned == new TokenAmount(Price + 50));
            var settled = (await scene.Status()).Settled;
            await account.ReverseCompensation("by hand", new TokenAmount(50), at, Authority.Treasury);
            const string Less = "earned 300 now, and 350 by";
            await scene.Until(async () => (await scene.Status()).Trouble?.Contains(Less, StringComparison.Ordinal) == true);
            Assert.Equal(settled, (await scene.Status()).Settled);

            await scene.Pay(70);
            await scene.UntilSettled(settled + 1);
            Assert.Equal(new TokenAmount(Price + 70), (await Last(scene))!.Settlement.Earned);
            scene.Check();
        });

    /// <summary>A member is slashed for the job; the client claims what it paid, and the worker what it earned.</summary>
    private static async Task Live(SettlementScene scene, JobId job, Func<Task>? between = null)
    {
        between ??= () => Task.CompletedTask;
        var (client, worker) = (SettlementScene.Of(scene.Client), SettlementScene.Of(scene.Worker));
        scene.Chain.Do(state => state.Slash(scene.PublicKeyOf(0), TestMarket.Id("client"), job));
        await Wait(async () => (await scene.Books("client")).Claimable == new TokenAmount(Price));
        await Wait(async () => await Last(scene) is { } file && file.Find(client)?.Totals.Earned == new TokenAmount(Price));
        var settled = (await Last(scene))!;
        // More is earned than was spent: what was slashed stands behind it.
        Assert.Equal((new TokenAmount(2 * Price), new TokenAmount(Price)), (settled.Settlement.Earned, settled.Settlement.Spent));
        Assert.DoesNotContain(SettlementChecks.Of(settled), check => check.Result == CheckResult.Broken);
        foreach (var owner in new[] { client, worker })
        {
            await Wait(async () =>
            {
                if (scene.Chain.Now.BalanceOf(owner).Claimed.IsZero && await Last(scene) is { } file)
                {
                    var (totals, path) = file.Find(owner)!.Value;
                    scene.Chain.Do(state => state.Claim(totals, path));
                }
                return scene.Chain.Now.BalanceOf(owner).Claimed == new TokenAmount(Price);
            });
        }
        await scene.Blocks(6);
        Assert.Equal(new TokenAmount(Price), (await scene.Books("client")).Claimable);
        scene.Check();

        async Task Wait(Func<Task<bool>> holds) =>
            await scene.Until(async () =>
            {
                await between();
                scene.Check();
                return await holds();
            });
    }

    /// <summary>A job that the worker ran, that the client has paid, and that three members have certified.</summary>
    private static async Task<JobId> Buy(SettlementScene scene)
    {
        var (client, market) = (TestMarket.Id("client"), scene.Market);
        scene.Chain.Do(state => state.Deposit(SettlementScene.Of(scene.Client), 1_000));
        await scene.Until(async () => (await scene.Books("client")).Available == new TokenAmount(1_000));
        var root = TestMarket.Id("receipt").Value;
        var members = Enumerable.Range(0, 3).Select(number => scene.MemberOf(number)).ToArray();
        var certificate = new BatchCertificate(1, [.. members], Signers: 0b111, new byte[96]);
        await market.Grains.GetGrain<ICertificateGrain>(root.ToString()).Put(certificate, Authority.Market);
        var id = IdDerivation.Job(client, "job");
        var caller = await market.AddKey("client");
        var spec = TestMarket.Spec(new ProgramId(client.Value), (long)Price);
        var held = await market.Account("client").Hold(caller, [new HoldItem(id, spec.PriceMax)]);
        var submission = new JobSubmission(client, "job", spec, new BlobId(client.Value), UsesState: false, held.HeldAt);
        await market.Job(id).Submit(submission, Authority.Submission);
        var end = Repeats.RepeatScene.End() with
        {
            Payee = TestMarket.Id("worker"),
            PricePerMillionFuel = new TokenAmount(Price),
            FuelUsed = spec.FuelMax,
            Certificate = new JobCertificate(1, root, [], LeftSides: 0),
        };
        var settlement = await market.Job(id).Complete(end, Authority.Market);
        await market.Account("client").Settle([settlement!], Authority.Market);
        await scene.Until(async () => (await scene.Books("worker")).Claimable == new TokenAmount(Price));
        return id;
    }

    private static async Task<SettlementFile?> Last(SettlementScene scene) =>
        (await scene.Status()).Settled is > 0 and var number ? await scene.File(number) : null;

    private static bool IsOnTheWay(string name) =>
        name.StartsWith($"{SettlementState.Kind}/", StringComparison.Ordinal)
        || name.StartsWith($"{JobLossState.Kind}/", StringComparison.Ordinal)
        || name.StartsWith("account/", StringComparison.Ordinal);
}
