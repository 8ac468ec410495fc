using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests.Settlements;

/// <summary>
/// What is slashed on the chain comes to the account that a lie has harmed, as far as the market's books prove what it lost.
/// </summary>
public sealed class CompensationTests
{
    private const ulong Price = 30;

    [Fact]
    public void PayerOfTheJob_HasWhatItPaid_ToClaimOnTheChain_AndNoMore() =>
        Run(
            [1_000, 1_000, 1_000],
            async scene =>
            {
                var job = await Buy(scene);
                var before = await Client(scene);
                await Slash(scene, 0, job);

                var after = await Client(scene);
                Assert.Equal((Of(0), Of(Price)), (before.Claimable, after.Claimable));
                // It is claimed there: nothing of it can be spent here, and it is not what was earned of others.
                Assert.Equal((before.Available, before.Earned, before.Spent), (after.Available, after.Earned, after.Spent));
                Assert.Equal(Of(900), scene.Chain.Now.Compensated);
                // Another liar of the same job owes no second price.
                await Slash(scene, 1, job);
                Assert.Equal(Of(Price), (await Client(scene)).Claimable);
                // Nor does anything that is read again.
                await scene.CrashAndStart();
                await scene.Blocks(3);
                Assert.Equal(Of(Price), (await Client(scene)).Claimable);
            }
        );

    [Fact]
    public void StakesThatAreLessThanTheLoss_MakeItGoodTogether() =>
        Run(
            [20, 20, 20],
            async scene =>
            {
                var job = await Buy(scene);
                await Slash(scene, 0, job);
                Assert.Equal(Of(18), (await Client(scene)).Claimable);
                await Slash(scene, 1, job);
                Assert.Equal(Of(Price), (await Client(scene)).Claimable);
                await Slash(scene, 2, job);
                Assert.Equal(Of(Price), (await Client(scene)).Claimable);
            }
        );

    /// <summary>Who lies can make evidence that names a friend: the friend has lost nothing.</summary>
    [Fact]
    public void EvidenceThatTheBooksDoNotProve_CreditsNobody() =>
        Run(
            [1_000, 1_000, 4_000, 1_000, 1_000],
            async scene =>
            {
                var friend = TestMarket.Id("friend");
                await scene.Market.OpenAccount("friend");
                var job = await Buy(scene);
                // Somebody else than who has paid; a job that was never bought; and a lie that names no job.
                await Slash(scene, 0, job, friend);
                await Slash(scene, 1, new JobId(friend.Value), friend);
                await Slash(scene, 2, job: null, TestMarket.Id("client"));
                await Slash(scene, 3, new JobId(friend.Value), TestMarket.Id("client"));
                await Slash(scene, 4, job, harmed: null);

                Assert.Equal(Of(0), (await Client(scene)).Claimable);
                Assert.Equal(Of(0), (await scene.Market.Account("friend").Get()).Claimable);
                // It is the cover of what everybody has earned.
                Assert.Equal(Of(4 * 900 + 3_600), scene.Chain.Now.Compensated);
                Assert.Equal([], DiskInvariants.Violations(scene.Market.Disk));
            }
        );

    /// <summary>The job's end does not stand on what a member has signed elsewhere.</summary>
    [Fact]
    public void MemberThatDidNotSignTheCertificate_HasCostThePayerNothing() =>
        Run(
            [1_000, 1_000, 4_000],
            async scene =>
            {
                Voter(scene, 0).IsSilent = true;
                var job = await Buy(scene);
                var certificate = (await scene.Receipt(job)).Certificate!;
                var signers = certificate.Members.Where((_, place) => (certificate.Signers >> place & 1) == 1);
                Assert.DoesNotContain(signers, member => member.Worker == Voter(scene, 0).Worker);
                await Slash(scene, 0, job);
                Assert.Equal(Of(0), (await Client(scene)).Claimable);
                await Slash(scene, 1, job);
                Assert.Equal(Of(Price), (await Client(scene)).Claimable);
            }
        );

    /// <summary>What the account has lost is known when the job has ended, and not before.</summary>
    [Fact]
    public void JobThatRunsStill_IsDecidedByItsEnd() =>
        Run(
            [1_000, 1_000, 4_000],
            async scene =>
            {
                foreach (var voter in scene.Voters)
                {
                    voter.IsSilent = true;
                }
                var job = await scene.Submit("committee:3", "in");
                await Slash(scene, 1, job);
                Assert.Equal(Of(0), (await Client(scene)).Claimable);
                foreach (var voter in scene.Voters)
                {
                    voter.IsSilent = false;
                }
                Assert.Equal(JobStatus.Completed, (await scene.Wait(job, TimeSpan.FromMinutes(5))).Status);
                await scene.Blocks(2);
                Assert.Equal(Of(Price), (await Client(scene)).Claimable);
            }
        );

    /// <summary>What losers of a dispute in the market's own books have paid for the same job is no loss any more.</summary>
    [Theory]
    [InlineData(0, Price), InlineData(20, 10), InlineData(500, 0)]
    public void WhatADisputeHasRepaid_IsNoLoss(ulong repaid, ulong left) =>
        Run(
            [1_000, 1_000, 1_000],
            async scene =>
            {
                var job = await Buy(scene);
                var client = TestMarket.Id("client");
                var ticket = new JobTicket(
                    Job: job,
                    Account: client,
                    Spec: TestMarket.Spec(default),
                    Module: default,
                    UsesState: false,
                    SubmittedAt: default,
                    RequestId: "one"
                );
                var loss = new Loss(Voter(scene, 0).Worker, Of(repaid + 5), [new PayeeAmount(TestMarket.Id("juror"), Of(5))]);
                var dispute = new DisputeState(
                    Ticket: ticket,
                    Root: null,
                    Results: [],
                    Seats: [],
                    Accepted: null,
                    Stage: DisputeStage.Settled,
                    OpenedAt: default
                )
                {
                    Losses = [loss],
                };
                await scene.Market.Store.Write(new DocumentKey(DisputeState.Kind, job.ToString()), 0, DisputeCodec.Write(dispute));
                await Slash(scene, 0, job);

                Assert.Equal(Of(left), (await Client(scene)).Claimable);
            }
        );

    [Fact]
    public void SlashThatIsReorganisedAway_IsTakenBack_AndAnotherOneCredited() =>
        Run(
            [1_000, 1_000, 1_000],
            async scene =>
            {
                var (job, friend) = (await Buy(scene), TestMarket.Id("friend"));
                await scene.Blocks(8);
                await Slash(scene, 0, job);
                Assert.Equal(Of(Price), (await Client(scene)).Claimable);
                var kept = (await Client(scene)).Available;

                await Reorganise(scene);
                Assert.Equal((Of(0), kept), ((await Client(scene)).Claimable, (await Client(scene)).Available));
                // Now the chain has other evidence against the same member, and then the first one again.
                await Slash(scene, 0, job, friend);
                Assert.Equal(Of(0), (await Client(scene)).Claimable);
                await Reorganise(scene);
                await Slash(scene, 0, job);
                Assert.Equal(Of(Price), (await Client(scene)).Claimable);
                await Slash(scene, 1, job);
                Assert.Equal(Of(Price), (await Client(scene)).Claimable);
            }
        );

    [Fact]
    public void SlashThatIsMovedToAnotherBlock_ChangesNothing() =>
        Run(
            [1_000, 1_000, 1_000],
            async scene =>
            {
                var job = await Buy(scene);
                await scene.Blocks(8);
                await Slash(scene, 0, job);
                await Reorganise(scene, keepsActions: true);
                Assert.Equal(Of(Price), (await Client(scene)).Claimable);
                Assert.Equal(Of(Price), await CompensatedOnDisk(scene));
            }
        );

    [Fact]
    public void DocumentOfALoss_IsReadBack_AndRefusedWhenCutShort()
    {
        var (at, job) = (new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), new JobId(TestMarket.Id("job").Value));
        var credit = new BookOperation(BookKind.Credit, 1, Of(18), at);
        var state = new JobLossState
        {
            Job = job,
            Operations = 2,
            Payer = TestMarket.Id("client"),
        }
            .Take(TestMarket.Id("one").Value, TestMarket.Id("client"), Of(18))
            .Take(TestMarket.Id("two").Value, TestMarket.Id("client"), Of(900))
            .Take(TestMarket.Id("three").Value, TestMarket.Id("friend"), Of(900))
            .Lose(TestMarket.Id("one").Value);
        state = state
            .With(state.Slashes[0] with { Booked = credit, Pending = credit with { Kind = BookKind.Reversal } })
            .With(state.Slashes[1] with { Granted = Of(12), Pending = credit with { Number = 2 } });
        var bytes = JobLossState.Form.Write(state);

        var read = JobLossState.Form.Read(bytes);

        Assert.Equal((state.Job, state.Payer, state.Operations), (read.Job, read.Payer, read.Operations));
        Assert.Equal<SlashOfJob>(state.Slashes, read.Slashes);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.ThrowsAny<InvalidDataException>(() => JobLossState.Form.Read(bytes[..length]));
        }
    }

    [Fact, TestsBound(typeof(SettlementPolicy), nameof(SettlementPolicy.SlashesOfJobMax))]
    public void JobOfTooManyLies_KeepsThoseItHas()
    {
        var state = new JobLossState { Job = new JobId(TestMarket.Id("job").Value) };
        for (var liar = 0; liar < SettlementPolicy.SlashesOfJobMax; liar++)
        {
            state = state.Take(TestMarket.Id($"liar {liar}").Value, TestMarket.Id("client"), Of(1));
        }
        Assert.Equal(SettlementPolicy.SlashesOfJobMax, state.Slashes.Length);
        Assert.Same(state, state.Take(TestMarket.Id("another").Value, TestMarket.Id("client"), Of(1)));
        // One that is there is told of anew all the same.
        Assert.NotSame(state, state.Take(TestMarket.Id("liar 3").Value, TestMarket.Id("client"), Of(2)));
    }

    private static void Run(ulong[] stakes, Func<CommitteeScene, Task> scenario) =>
        CommitteeScene.Run(stakes.Length, scenario, domain: ChainCommitteeTests.OnChain, stakes: number => stakes[number]);

    private static TokenAmount Of(ulong amount) => new(amount);

    private static TestVoter Voter(CommitteeScene scene, int number) => scene.Voters.Single(voter => voter.Name == $"member {number}");

    private static Task<AccountView> Client(CommitteeScene scene) => scene.Market.Account("client").Get();

    private static Task<TokenAmount> CompensatedOnDisk(CommitteeScene scene) =>
        Task.FromResult(DiskInvariants.Accounts(scene.Market.Disk)[TestMarket.Id("client")].CompensatedTotal);

    /// <summary>A job that three members have certified.</summary>
    private static async Task<JobId> Buy(CommitteeScene scene)
    {
        var view = await scene.Ended("committee:3", TimeSpan.FromMinutes(5));
        Assert.Equal((JobStatus.Completed, Of(Price)), (view.Status, view.Charge));
        return view.Id;
    }

    private static Task Slash(CommitteeScene scene, int member, JobId? job) => Slash(scene, member, job, TestMarket.Id("client"));

    private static async Task Slash(CommitteeScene scene, int member, JobId? job, AccountId? harmed)
    {
        scene.Chain.Do(state => state.Slash(CommitteeScene.KeyOf(Voter(scene, member)), harmed, job));
        await scene.Blocks(CommitteeScene.Confirmations + 2);
    }

    /// <summary>So deep that no slash is left of the last blocks.</summary>
    private static async Task Reorganise(CommitteeScene scene, bool keepsActions = false)
    {
        var depth = (int)(scene.Chain.Head - scene.Chain.Now.Events.OfType<Chain.MemberSlashed>().Last().Block) + 1;
        scene.Chain.Reorganise(depth, keepsActions, keepsTransactions: true, more: keepsActions ? 2 : 1);
        await scene.Blocks(CommitteeScene.Confirmations + 2);
    }
}
