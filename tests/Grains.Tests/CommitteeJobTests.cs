using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests;

/// <summary>Jobs that a committee runs and whose receipts it signs.</summary>
public sealed class CommitteeJobTests
{
    [Fact]
    public void Committee_RunsTheJob_SignsItsReceipt_AndIsPaid() =>
        Run(
            4,
            async scene =>
            {
                var view = await scene.Ended("committee:3");
                Assert.Equal((JobStatus.Completed, new TokenAmount(30)), (view.Status, view.Charge));
                var receipt = await scene.Receipt(view.Id);
                Assert.Equal((3, 3, 0), (receipt.Receipt.Seats.Count, receipt.Receipt.Shares.Count, receipt.WorkerSignatures.Count));
                Assert.Equal((1UL, 3), (receipt.Receipt.Epoch, receipt.Certificate!.Members.Count));
                // The fourth was drawn behind the three.
                Assert.Equal(0, scene.Voters[3].Windows);
            }
        );

    [Fact]
    public void MemberThatLies_IsNotPaid_AndTheOthersSign() =>
        Run(
            4,
            async scene =>
            {
                scene.Lies(1);
                var view = await scene.Ended("committee:4");
                Assert.Equal((JobStatus.Completed, new TokenAmount(30)), (view.Status, view.Charge));
                Assert.Equal("out", System.Text.Encoding.UTF8.GetString(view.Output.Inline.Span));
                Assert.DoesNotContain((await scene.Receipt(view.Id)).Receipt.Seats, seat => seat.Worker == scene.Voters[1].Worker);
            }
        );

    [Fact]
    public void MemberThatVotesOnNothing_OrSignsAnotherThing_DoesNotStopTheOthers() =>
        Run(
            7,
            async scene =>
            {
                scene.Voters[0].IsSilent = true;
                scene.Voters[1].Forges = true;
                var view = await scene.Ended("committee:7");
                Assert.Equal(JobStatus.Completed, view.Status);
                var signers = (await scene.Receipt(view.Id)).Certificate!.Signers;
                Assert.Equal(0UL, signers & 1UL);
                Assert.Equal(5, System.Numerics.BitOperations.PopCount(signers));
            }
        );

    [Fact]
    public void JobWhoseCommitteeDoesNotSign_RunsAgain_AndFailsAtNoCost() =>
        Run(
            3,
            async scene =>
            {
                scene.Voters[0].IsSilent = true;
                var view = await scene.Ended("committee:3", TimeSpan.FromMinutes(20));
                Assert.Equal((JobStatus.Failed, JobFault.Worker, TokenAmount.Zero), (view.Status, view.Fault, view.Charge));
                Assert.Equal(
                    $"{MarketPolicy.InterruptionsMax + 1} runs came to nothing; the last: its committee did not sign the result.",
                    view.Reason
                );
                await scene.Receipt(view.Id);
            }
        );

    [Fact]
    public void JobThatAMemberRefuses_DoesNotKeepOthersFromBeingSigned() =>
        Run(
            3,
            async scene =>
            {
                // One member gives another result for one job: the two others are not over two thirds.
                scene.LiesAbout(0, "poison");
                var jobs = new List<JobId>();
                for (var number = 0; number < 20; number++)
                {
                    jobs.Add(await scene.Submit("committee:3", number == 7 ? "poison" : $"in {number}"));
                }
                foreach (var job in jobs)
                {
                    var view = await scene.Wait(job, TimeSpan.FromMinutes(20));
                    Assert.Equal(job == jobs[7] ? JobStatus.Failed : JobStatus.Completed, view.Status);
                }
            }
        );

    [Fact]
    public void ManyJobs_ShareASignature() =>
        Run(
            3,
            async scene =>
            {
                foreach (var job in await scene.SubmitTogether("committee:3", 60))
                {
                    Assert.Equal(JobStatus.Completed, (await scene.Wait(job, TimeSpan.FromMinutes(5))).Status);
                    await scene.Receipt(job);
                }
                Assert.InRange(scene.Voters[0].Windows, 1, 40);
            }
        );

    /// <summary>However the market dies, its members are asked to sign one receipt of a job in an epoch.</summary>
    [Fact]
    public void Crash_NeverMakesMembersContradictThemselves() =>
        Run(
            3,
            async scene =>
            {
                foreach (var voter in scene.Voters)
                {
                    // The market dies while it waits for the last one.
                    voter.IsSilent = voter == scene.Voters[2];
                }
                var job = await scene.Submit("committee:3", "in");
                await Task.Delay(TimeSpan.FromSeconds(3), scene.Market.Time);
                Assert.Equal((1, 1, 0), (scene.Voters[0].Windows, scene.Voters[1].Windows, scene.Voters[2].Windows));
                await scene.CrashAndStart();
                scene.Voters[2].IsSilent = false;
                var view = await scene.Wait(job, TimeSpan.FromMinutes(5));
                Assert.Equal((JobStatus.Completed, new TokenAmount(30)), (view.Status, view.Charge));
                await scene.Receipt(job);
                Assert.All(scene.Voters, voter => Assert.Equal(0, voter.Contradictions));
            }
        );

    /// <summary>Its seat is for this very worker, so it would wait for as long as the job may.</summary>
    [Fact]
    public void MemberThatGoesBeforeItTakesItsSeat_IsNotWaitedFor_AndTheNextCommitteeRunsTheJob() =>
        Run(
            4,
            async scene =>
            {
                scene.Voters[0].IsAway = true;
                await Task.Delay(MarketLimits.PollMax + TimeSpan.FromSeconds(1), scene.Market.Time);
                var job = await scene.Submit("committee:3", "in");
                await scene.Market.Settle();
                Assert.Equal(JobStatus.Running, (await scene.Market.Job(job).Get(scene.Client)).Status);
                var view = await scene.Wait(job, TimeSpan.FromMinutes(30));
                Assert.Equal((JobStatus.Completed, new TokenAmount(30)), (view.Status, view.Charge));
                Assert.DoesNotContain((await scene.Receipt(job)).Receipt.Seats, seat => seat.Worker == scene.Voters[0].Worker);
            }
        );

    [Fact]
    public void MemberThatIsGivenNoLeases_IsNotThere() =>
        Run(
            4,
            async scene =>
            {
                var (market, member) = (scene.Market, scene.Voters[0]);
                var subject = market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(member.Worker));
                await subject.SetMaintenance(await market.AddKey(member.Name), isOn: true);
                var job = await scene.Submit("committee:3", "in");
                await market.Settle();
                var told = (await market.Job(job).Explain(scene.Client)).Summary;
                Assert.Contains("of the 3 members of its committee 2 are here", told, StringComparison.Ordinal);

                await subject.SetMaintenance(await market.AddKey(member.Name), isOn: false);
                var view = await scene.Wait(job, TimeSpan.FromMinutes(2));
                Assert.Equal((JobStatus.Completed, new TokenAmount(30)), (view.Status, view.Charge));
            }
        );

    /// <summary>
    /// The end that was proposed names a seat whose worker does not run the job again; another member has run it now. All can sign the
    /// same receipt, so the job goes on within the epoch.
    /// </summary>
    [Fact]
    public void ProposalOfOtherSeats_IsSignedByThoseThatRanTheJobNow() =>
        Run(
            4,
            async scene =>
            {
                scene.Lies(3);
                scene.Voters[2].IsSilent = true;
                var job = await scene.Submit("committee:4", "in");
                await Task.Delay(TimeSpan.FromSeconds(3), scene.Market.Time);
                Assert.Equal((1, 1, 0), (scene.Voters[0].Windows, scene.Voters[1].Windows, scene.Voters[2].Windows));
                scene.IsHonest(3);
                scene.Lies(2);
                await scene.CrashAndStart();
                var view = await scene.Wait(job, TimeSpan.FromMinutes(5));

                Assert.Equal((JobStatus.Completed, new TokenAmount(30)), (view.Status, view.Charge));
                var receipt = await scene.Receipt(job);
                WorkerId[] seats = [.. scene.Voters.Take(3).Select(voter => voter.Worker).Order()];
                Assert.Equal(seats, receipt.Receipt.Seats.Select(seat => seat.Worker));
                Assert.Equal(0b1011UL, receipt.Certificate!.Signers);
                Assert.All(scene.Voters, voter => Assert.Equal(0, voter.Contradictions));
            }
        );

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void JobWhoseReceiptIsBeingSigned_IsCancelledAtItsPrice(bool isSignedLater) =>
        Run(
            3,
            async scene =>
            {
                scene.Voters[2].IsSilent = true;
                var job = await scene.Submit("committee:3", "in");
                await Task.Delay(TimeSpan.FromSeconds(3), scene.Market.Time);
                var cancelled = await scene.Market.Job(job).Cancel(scene.Client);
                Assert.Equal(
                    (JobStatus.Cancelled, JobFault.Client, new TokenAmount(30)),
                    (cancelled.Status, cancelled.Fault, cancelled.Charge)
                );
                Assert.True(cancelled.Output.Inline.IsEmpty);
                scene.Voters[2].IsSilent = !isSignedLater;
                await Task.Delay(TimeSpan.FromMinutes(5), scene.Market.Time);

                var view = await scene.Wait(job, TimeSpan.FromMinutes(5));
                Assert.Equal((JobStatus.Cancelled, new TokenAmount(30)), (view.Status, view.Charge));
                var receipt = await scene.Receipt(job);
                Assert.Equal(
                    (3, 0UL, (CommitteeCertificate?)null),
                    (receipt.Receipt.Shares.Count, receipt.Receipt.Epoch, receipt.Certificate)
                );
                Assert.Equal(JobStatus.Cancelled, (await scene.Market.Job(job).Cancel(scene.Client)).Status);
            }
        );

    [Fact]
    public void JobThatItsCommitteeNeverSigns_IsCancelledAfterACrashToo() =>
        Run(
            3,
            async scene =>
            {
                scene.Voters[2].IsSilent = true;
                var job = await scene.Submit("committee:3", "in");
                await Task.Delay(TimeSpan.FromSeconds(3), scene.Market.Time);
                await scene.CrashAndStart();

                var cancelled = await scene.Market.Job(job).Cancel(scene.Client);
                Assert.Equal((JobStatus.Cancelled, new TokenAmount(30)), (cancelled.Status, cancelled.Charge));
            }
        );

    [Fact]
    public void JobWithoutACommittee_SaysWhatIsLacking() =>
        Run(
            3,
            async scene =>
            {
                var job = await scene.Submit("committee:5", "in");
                await Task.Delay(TimeSpan.FromSeconds(15), scene.Market.Time);
                Assert.Contains(
                    "this epoch has no committee of 5: 3 workers serve in it",
                    (await scene.Market.Job(job).Explain(scene.Client)).Summary,
                    StringComparison.Ordinal
                );
                await scene.Market.Job(job).Cancel(scene.Client);
            }
        );

    /// <summary>In a market of one shard, and where the members are in other shards than the job.</summary>
    private static void Run(int members, Func<CommitteeScene, Task> scenario)
    {
        CommitteeScene.Run(members, scenario);
        CommitteeScene.Run(members, scenario, shards: 5);
    }
}
