using System.Numerics;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests.Settlements;

/// <summary>
/// In a market that settles on a chain its committees are made of workers that stake there, and weigh what they have at stake.
/// </summary>
public sealed class ChainCommitteeTests
{
    internal static readonly MarketDomain OnChain = TestOwner.Domain with
    {
        ChainId = 31337,
        Contract = EvmAddress.Parse("0x00000000000000000000000000000000000e0001"),
    };

    private static readonly TimeSpan Unbonding = 2 * CommitteeScene.Terms.UnbondingMin;

    [Fact]
    public void Epoch_HasThoseThatStakeOnTheChain_WithTheirStakesAsWeights() =>
        Run(
            [1_000, 1_500, 4_000, 9_000, 1_001],
            async scene =>
            {
                var file = await File(scene);
                Assert.Equal(
                    (ulong[])[1_000, 1_001, 1_500, 4_000, 4_000],
                    file.Members.Select(member => (ulong)member.Weight.BaseUnits).Order()
                );
                // More than four times the least counts no more.
                var richest = file.Members.Single(member => member.Worker == Voter(scene, 3).Worker);
                Assert.Equal(new TokenAmount(4_000), richest.Weight);
                Assert.DoesNotContain(EpochChecks.Of(file), check => check.Result == CheckResult.Broken);
                Assert.Equal(
                    file.Committee(5).Select(member => (member.Worker, member.Weight)),
                    (await scene.Committees.GetCurrent())!.Drawn.Select(member => (member.Worker, member.Weight))
                );
            }
        );

    /// <summary>A stake counts for a worker only with the key that the worker itself has registered here.</summary>
    [Fact]
    public void WorkerWithoutAStake_WithAnothersStake_OrWithAnotherKey_IsOnNoList() =>
        Run(
            [1_000, 1_000, 1_000],
            async scene =>
            {
                // One stakes in the books alone; of one the chain names another worker; one has another key on the chain.
                await scene.Add(3);
                var (alien, other) = (Voter(scene, 4), Voter(scene, 5));
                scene.Chain.Do(state => state.Register(Voter(scene, 0).Worker, CommitteeScene.KeyOf(alien), 1_000));
                scene.Register(other, 1_000);
                other.Renew();
                await scene.Stop();
                await scene.Serve();
                scene.NextEpochOnChain();
                await scene.NextEpoch();

                Assert.Equal(Workers(scene, 0, 1, 2), (await File(scene)).Members.Select(member => member.Worker).ToHashSet());
            }
        );

    [Fact]
    public void StakeOfMore_CountsFromTheNextEpochOn_OnceTheRegistryCountsIt() =>
        Run(
            [1_000, 1_000, 1_000],
            async scene =>
            {
                var richer = Voter(scene, 1);
                scene.Chain.Do(state => state.Restake(CommitteeScene.KeyOf(richer), 2_000));
                await scene.NextEpoch();
                Assert.Equal(new TokenAmount(1_000), await WeightOf(scene, richer));
                scene.NextEpochOnChain();
                await scene.NextEpoch();
                Assert.Equal(new TokenAmount(2_000), await WeightOf(scene, richer));
                // What is taken back counts no more at once.
                scene.Chain.Do(state => state.Restake(CommitteeScene.KeyOf(richer), 1_200));
                await scene.NextEpoch();
                Assert.Equal(new TokenAmount(1_200), await WeightOf(scene, richer));
            }
        );

    [Theory]
    [InlineData(true), InlineData(false)]
    public void MemberThatIsSlashedOrLeaves_IsOutOfTheNextCommittee(bool isSlashed) =>
        Run(
            [1_000, 1_000, 1_000, 1_000],
            async scene =>
            {
                var gone = Voter(scene, 2);
                var key = CommitteeScene.KeyOf(gone);
                scene.Chain.Do(state => isSlashed ? state.Slash(key) : state.Restake(key, 0));
                // It serves on the chain until the registry's epoch ends, and in the market until its own does.
                await scene.NextEpoch();
                Assert.Equal(Workers(scene, 0, 1, 3), (await File(scene)).Members.Select(member => member.Worker).ToHashSet());
                if (!isSlashed)
                {
                    // It is forgotten, and known again when it stakes again.
                    scene.NextEpochOnChain();
                    scene.NextEpochOnChain();
                    await scene.Blocks(CommitteeScene.Confirmations + 1);
                    Assert.Equal(3, (await scene.Settlements.GetStatus()).Members);
                    scene.Chain.Do(state => state.Restake(key, 3_000));
                    scene.Chain.Mine();
                    scene.NextEpochOnChain();
                    await scene.NextEpoch();
                    Assert.Equal(new TokenAmount(3_000), await WeightOf(scene, gone));
                }
            }
        );

    /// <summary>The chain may fall silent between the event and the reading of stakes.</summary>
    [Fact]
    public void SlashThatIsCounted_TakesTheStake_ThoughStakesCannotBeRead() =>
        Run(
            [1_000, 1_000, 1_000, 1_000],
            async scene =>
            {
                var liar = Voter(scene, 1);
                scene.Chain.Do(state => state.Slash(CommitteeScene.KeyOf(liar)));
                scene.Chain.OnAsked = question =>
                    scene.Chain.IsSilent =
                        question is "ReadWeights" or "ReadCommittee" && scene.Chain.Now.Members.Values.Any(one => one.IsSlashed);
                await scene.NextEpoch();

                Assert.DoesNotContain((await File(scene)).Members, member => member.Worker == liar.Worker);
            }
        );

    [Fact]
    public void ChainThatIsAway_StopsNoEpoch_AlsoAfterAnEndOfTheProcess() =>
        Run(
            [1_000, 2_000, 3_000],
            async scene =>
            {
                scene.Chain.IsSilent = true;
                await scene.Begin(2);
                await scene.CrashAndStart();
                await scene.Begin(3);

                var members = (await File(scene)).Members;
                Assert.Equal((ulong[])[1_000, 2_000, 3_000], members.Select(member => (ulong)member.Weight.BaseUnits).Order());
                Assert.Contains("does not answer", (await scene.Settlements.GetStatus()).Trouble, StringComparison.Ordinal);
            }
        );

    /// <summary>
    /// Two of three take their stakes back, so no list is drawn any more; or nobody knows whether they have. The last committee may not
    /// sign for longer than it can be slashed for it.
    /// </summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public void CommitteeWhoseStakeMayBeGone_SignsNothing_UntilThereIsANewOne(bool isSilent) =>
        Run(
            [1_000, 1_000, 1_000],
            async scene =>
            {
                Assert.Equal(JobStatus.Completed, (await scene.Ended("committee:3")).Status);
                BlsPublicKey[] leaving = [CommitteeScene.KeyOf(Voter(scene, 0)), CommitteeScene.KeyOf(Voter(scene, 1))];
                scene.Chain.IsSilent = isSilent;
                scene.Chain.Do(state => leaving.Aggregate(state, (all, key) => all.Restake(key, 0)));
                await scene.BlocksFor(Unbonding / 4);
                // Some of the time is left: the epoch that was drawn goes on, as nobody's stake can be gone.
                Assert.Equal(JobStatus.Completed, (await scene.Ended("committee:3")).Status);
                await scene.BlocksFor(Unbonding / 2);

                var waiting = await scene.Submit("committee:3", "in");
                Assert.Equal(JobStatus.Pending, (await scene.Wait(waiting, TimeSpan.FromMinutes(2))).Status);
                await scene.CrashAndStart();
                Assert.Equal(JobStatus.Pending, (await scene.Wait(waiting, TimeSpan.FromMinutes(2))).Status);
                var why = (await scene.Market.Job(waiting).Explain(scene.Client)).ToString();
                Assert.Contains("signs no more: what its members have at stake on the chain", why, StringComparison.Ordinal);

                var last = (await scene.Committees.GetCurrent())!.Epoch;
                scene.Chain.IsSilent = false;
                scene.Chain.Do(state => leaving.Aggregate(state, (all, key) => all.Restake(key, 1_500)));
                scene.Chain.Mine();
                scene.NextEpochOnChain();
                await scene.Blocks(CommitteeScene.Confirmations + 1);
                var ended = await scene.Wait(waiting, TimeSpan.FromMinutes(10));
                Assert.Equal(JobStatus.Completed, ended.Status);
                Assert.True((await scene.Receipt(waiting)).Receipt.Epoch > last);
            },
            Unbonding
        );

    /// <summary>Signatures that come too late are asked for again, of a committee whose stakes are known.</summary>
    [Fact]
    public void RunWhoseCommitteeSignsNoMoreMeanwhile_IsMadeAgain() =>
        Run(
            [1_000, 1_000, 1_000],
            async scene =>
            {
                scene.Chain.IsSilent = true;
                scene.Voters.ForEach(voter => voter.IsSilent = true);
                var end = (await scene.Committees.GetCurrent())!.SignsUntil!.Value;
                await Task.Delay(end - scene.Market.Time.GetUtcNow() - TimeSpan.FromSeconds(8), scene.Market.Time);
                var job = await scene.Submit("committee:3", "in");
                await Task.Delay(TimeSpan.FromSeconds(8), scene.Market.Time);
                scene.Voters.ForEach(voter => voter.IsSilent = false);
                Assert.Equal(JobStatus.Pending, (await scene.Wait(job, TimeSpan.FromMinutes(2))).Status);
                scene.Chain.IsSilent = false;
                await scene.Blocks(CommitteeScene.Confirmations + 1);

                var view = await scene.Wait(job, TimeSpan.FromMinutes(10));
                Assert.Equal(JobStatus.Completed, view.Status);
                Assert.Single(
                    view.History,
                    happened => happened.Note == "what its committee had at stake on the chain covers its signature no more"
                );
            },
            Unbonding
        );

    /// <summary>
    /// Deeper than is waited for: what the chain has lost is as if it had never been, and what it has again counts again.
    /// </summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public void SlashThatIsReorganisedAway_LeavesTheMember(bool isCrashed) =>
        Run(
            [1_000, 1_000, 1_000, 1_000],
            async scene =>
            {
                await scene.Blocks(8);
                var member = Voter(scene, 0);
                scene.Chain.Do(state => state.Slash(CommitteeScene.KeyOf(member)));
                await scene.NextEpoch();
                Assert.DoesNotContain((await File(scene)).Members, known => known.Worker == member.Worker);
                var depth = (int)(scene.Chain.Head - scene.Chain.Now.Events.OfType<Chain.MemberSlashed>().Single().Block) + 1;
                if (isCrashed)
                {
                    // The process ends when it has written that the chain has lost blocks, before it has looked at anything again.
                    var seen = false;
                    scene.Chain.OnAsked = question =>
                    {
                        if (question == "ReadEvents" && !seen)
                        {
                            seen = true;
                            scene.Market.Store.Crash();
                        }
                    };
                }
                scene.Chain.Reorganise(depth, keepsActions: false, keepsTransactions: true);
                if (isCrashed)
                {
                    await scene.Blocks(2);
                    Assert.True(scene.Market.Store.IsCrashed);
                    await scene.CrashAndStart();
                }
                await scene.NextEpoch();

                Assert.Equal(Workers(scene, 0, 1, 2, 3), (await File(scene)).Members.Select(known => known.Worker).ToHashSet());
            }
        );

    /// <summary>Two of three with 2,000 of 6,000 are not enough; one with 4,000 beside one with 1,000 is.</summary>
    [Theory]
    [InlineData(2, false), InlineData(0, true), InlineData(1, true)]
    public void Signatures_AreEnoughByWeight(int silent, bool isEnough) =>
        Run(
            [1_000, 1_000, 4_000],
            async scene =>
            {
                Voter(scene, silent).IsSilent = true;
                var view = await scene.Ended("committee:3", TimeSpan.FromMinutes(5));
                Assert.Equal(isEnough, view.Status == JobStatus.Completed);
                if (isEnough)
                {
                    var receipt = await scene.Receipt(view.Id);
                    var certificate = receipt.Certificate!;
                    Assert.Equal(
                        (ulong[])[1_000, 1_000, 4_000],
                        certificate.Members.Select(member => (ulong)member.Weight.BaseUnits).Order()
                    );
                    Assert.DoesNotContain(EpochChecks.Of(await File(scene), receipt: receipt), check => check.Result == CheckResult.Broken);
                }
            }
        );

    /// <summary>However rich, no member signs for a committee of any size alone.</summary>
    [Fact, TestsBound(typeof(EpochPolicy), nameof(EpochPolicy.WeightRatioMax))]
    public void RichestMember_OutvotesNoCommittee()
    {
        for (var others = Assurance.CommitteeSeatsMin - 1; others < Assurance.CommitteeSeatsMax; others++)
        {
            var voters = Enumerable.Range(0, others + 1).Select(number => new TestVoter($"member {number}", OnChain)).ToArray();
            foreach (var richest in (UInt128[])[5, 1_000_000, UInt128.MaxValue / 2, UInt128.MaxValue])
            {
                var least = richest == UInt128.MaxValue ? UInt128.MaxValue / 3 : 1;
                var staked = voters
                    .Select((voter, place) => new StakedKey(voter.Worker, voter.Key, new TokenAmount(place == 0 ? richest : least)))
                    .ToArray();
                var members = EpochRules.WeightsOf(staked).ToArray();
                var committee = new Committee(1, members, OnChain);
                Assert.False(committee.IsEnough([voters[0].Worker]));
                Assert.True(committee.IsEnough(voters.Select(voter => voter.Worker)));
                var most = members.Max(member => (BigInteger)member.Weight.BaseUnits);
                Assert.True(most <= EpochPolicy.WeightRatioMax * (BigInteger)least);
            }
        }
    }

    private static void Run(ulong[] stakes, Func<CommitteeScene, Task> scenario, TimeSpan? unbonding = null) =>
        CommitteeScene.Run(stakes.Length, scenario, domain: OnChain, stakes: number => stakes[number], unbonding: unbonding);

    private static TestVoter Voter(CommitteeScene scene, int number) => scene.Voters.Single(voter => voter.Name == $"member {number}");

    private static HashSet<WorkerId> Workers(CommitteeScene scene, params int[] numbers) =>
        [.. numbers.Select(number => Voter(scene, number).Worker)];

    private static async Task<EpochFile> File(CommitteeScene scene) =>
        EpochFile.Parse((await scene.Committees.GetFile((await scene.Committees.GetCurrent())!.Epoch)).Span);

    private static async Task<TokenAmount> WeightOf(CommitteeScene scene, TestVoter voter) =>
        (await File(scene)).Members.Single(member => member.Worker == voter.Worker).Weight;
}
