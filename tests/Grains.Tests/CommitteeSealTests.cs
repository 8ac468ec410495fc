using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests;

/// <summary>Members of a committee seal their results, and tell them together: none has another's to copy.</summary>
public sealed class CommitteeSealTests
{
    [Fact]
    public void ResultOfAMember_IsRefused_WhereItIsToldBeforeTheOthersHaveOne() =>
        Run(
            3,
            async scene =>
            {
                scene.IsLate(1);
                scene.Voters[0].IsAway = true;
                await Task.Delay(TimeSpan.FromSeconds(2), scene.Market.Time);
                var member = new TestWorker(scene.Market, scene.Voters[0].Name, price: 10, slots: 4) { Voter = scene.Voters[0] };
                await member.Offer();
                var job = await scene.Submit("committee:3", "in");
                var lease = await member.TakeOne();
                Assert.True(lease is { IsSealed: true, IsVotedOn: true });
                var told = Assert.Single(await member.Report(member.Sign(lease, member.Completed(lease))));
                Assert.Contains("was to stay sealed", told.Reason, StringComparison.Ordinal);
                await scene.Market.Job(job).Cancel(scene.Client);
            }
        );

    [Fact]
    public void MemberThatIsLate_DoesNotHoldTheOthers_AndIsNotPaid_AndNotBlamed() =>
        Run(
            5,
            async scene =>
            {
                scene.IsLate(4);
                var (view, took) = await scene.Timed("committee:5");
                Assert.Equal((JobStatus.Completed, new TokenAmount(40)), (view.Status, view.Charge));
                Assert.InRange(took, PanelPolicy.CommitteeLateMin, PanelPolicy.CommitteeLateMin + TimeSpan.FromSeconds(1));
                Assert.DoesNotContain((await scene.Receipt(view.Id)).Receipt.Seats, seat => seat.Worker == scene.Voters[4].Worker);
                Assert.Equal(0, await scene.Faults(4));
            }
        );

    /// <summary>Two of five are over a third: the others' sealed results may never be enough, so they stay sealed.</summary>
    [Fact]
    public void MembersThatAreLate_AreWaitedFor_WhereTheOthersAreNotEnough() =>
        Run(
            5,
            async scene =>
            {
                scene.IsLate(3);
                scene.IsLate(4);
                var job = await scene.Submit("committee:5", "in");
                await Task.Delay(TimeSpan.FromSeconds(10), scene.Market.Time);
                var told = (await scene.Market.Job(job).Explain(scene.Client)).Summary;
                Assert.Contains("of 5 seats 0 have told a result, 3 have sealed one, 2 run", told, StringComparison.Ordinal);
                await scene.Market.Job(job).Cancel(scene.Client);
            }
        );

    [Fact]
    public void MemberThatDoesNotTell_DelaysLittle_AndIsNotPaid() =>
        Run(
            5,
            async scene =>
            {
                scene.KeepsSilent(2);
                var (view, took) = await scene.Timed("committee:5");
                Assert.Equal((JobStatus.Completed, new TokenAmount(40)), (view.Status, view.Charge));
                Assert.InRange(took, PanelPolicy.CommitteeLateMin, PanelPolicy.RevealLateMax + TimeSpan.FromSeconds(1));
                Assert.DoesNotContain((await scene.Receipt(view.Id)).Receipt.Seats, seat => seat.Worker == scene.Voters[2].Worker);
            }
        );

    [Fact]
    public void MemberWhoseSealedResultIsNeeded_AndDoesNotTellIt_IsBlamed_AndTheJobRunsAgain() =>
        Run(
            3,
            async scene =>
            {
                scene.KeepsSilent(1);
                var job = await scene.Submit("committee:3", "in");
                await Task.Delay(PanelPolicy.RevealMax - TimeSpan.FromSeconds(1), scene.Market.Time);
                Assert.Equal(JobStatus.Running, (await scene.Market.Job(job).Get(scene.Client)).Status);
                scene.KeepsSilent(1, isOn: false);
                var view = await scene.Wait(job, TimeSpan.FromMinutes(1));
                Assert.Equal((JobStatus.Completed, new TokenAmount(30)), (view.Status, view.Charge));
                Assert.Equal((0L, 1L, 0L), (await scene.Faults(0), await scene.Faults(1), await scene.Faults(2)));
                await scene.Receipt(job);
            }
        );

    [Fact]
    public void JobOfWhichAMemberNeverTells_FailsAtNoCost_AndSaysWhy() =>
        Run(
            3,
            async scene =>
            {
                scene.KeepsSilent(1);
                var view = await scene.Ended("committee:3", TimeSpan.FromMinutes(20));
                Assert.Equal((JobStatus.Failed, JobFault.Worker, TokenAmount.Zero), (view.Status, view.Fault, view.Charge));
                Assert.Contains("too few of its committee told the results", view.Reason, StringComparison.Ordinal);
                await scene.Receipt(view.Id);
            }
        );

    /// <summary>Once some have told, another run is not blind: nothing is drawn anew, and what differs is kept as evidence.</summary>
    [Fact]
    public void ResultsThatDiffer_EndTheJob_AndAreADispute() =>
        Run(
            5,
            async scene =>
            {
                scene.Lies(0);
                scene.Lies(1);
                var view = await scene.Ended("committee:5");
                Assert.Equal((JobStatus.Failed, TokenAmount.Zero), (view.Status, view.Charge));
                Assert.StartsWith("The results of 5 runs differ", view.Reason, StringComparison.Ordinal);
                var file = await scene.Market.Grains.GetGrain<IDisputeGrain>(view.Id.ToString()).GetFile(scene.Client);
                Assert.Equal(5, DisputeFile.Parse(file.Span).Dispute.Votes.Count);
            }
        );

    [Fact]
    public void CrashWhileResultsAreSealed_LosesThem_AndTheJobIsPaidOnce() =>
        Run(
            3,
            async scene =>
            {
                scene.KeepsSilent(2);
                var job = await scene.Submit("committee:3", "in");
                await Task.Delay(TimeSpan.FromSeconds(1), scene.Market.Time);
                scene.KeepsSilent(2, isOn: false);
                await scene.CrashAndStart();
                var view = await scene.Wait(job, TimeSpan.FromMinutes(5));
                Assert.Equal((JobStatus.Completed, new TokenAmount(30)), (view.Status, view.Charge));
                Assert.All(scene.Voters, voter => Assert.Equal(0, voter.Contradictions));
                Assert.Equal(0, await scene.Faults(2));
            }
        );

    [Fact]
    public void JobThatIsCancelledWhileResultsAreSealed_PaysEachRunThatHadBegun() =>
        Run(
            5,
            async scene =>
            {
                scene.IsLate(3);
                scene.IsLate(4);
                var job = await scene.Submit("committee:5", "in");
                await Task.Delay(TimeSpan.FromSeconds(1), scene.Market.Time);
                var view = await scene.Market.Job(job).Cancel(scene.Client);
                await scene.Market.Settle();
                Assert.Equal((JobStatus.Cancelled, JobFault.Client), (view.Status, view.Fault));
                Assert.Contains("Each of 5 runs had begun", view.Reason, StringComparison.Ordinal);
                var receipt = await scene.Receipt(job);
                Assert.Equal(view.Charge, receipt.Receipt.Shares.Aggregate(TokenAmount.Zero, (sum, share) => sum + share.Amount));
            }
        );

    private static void Run(int members, Func<CommitteeScene, Task> scenario) => CommitteeScene.Run(members, scenario);
}
