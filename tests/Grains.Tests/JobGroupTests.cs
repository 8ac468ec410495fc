using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>
/// Two jobs of one group do not run at the same time where their account does not want it, and nothing else waits for that.
/// </summary>
public sealed class JobGroupTests : IDisposable
{
    private static readonly MarketTime Now = new(DateTimeOffset.UnixEpoch, TimeSpan.Zero);
    private readonly MarketBook _book = new(start: 7, new QueueBounds(), TestOwner.Domain);
    private readonly Dictionary<WorkerId, long> _polls = [];
    private int _jobs;

    public JobGroupTests() => _book.Resume(Now);

    public void Dispose()
    {
        Assert.Empty(_book.Invariants.Violations());
        Assert.Empty(_book.Invariants.ViolationsAtRest());
    }

    [Fact]
    public void JobsOfAGroup_RunOnDifferentWorkers()
    {
        Worker(1);
        Worker(2);
        var jobs = new[] { Add("g"), Add("g"), Add("g") };
        Assert.Equal([MarketPhase.Leased, MarketPhase.Leased, MarketPhase.Ready], jobs.Select(job => job.Phase));
        Assert.NotEqual(jobs[0].Offer, jobs[1].Offer);
        Assert.All(_book.Explain(jobs[2]).Explanation.Offers, offer => Assert.Equal("runs a job of the group 'g'", offer.Reason));
        Assert.Contains("that run another job of its group", _book.Explain(jobs[2]).Explanation.Summary, StringComparison.Ordinal);

        var freed = jobs[0].Offer;
        End(jobs[0]);
        Assert.Same(freed, jobs[2].Offer);
    }

    [Fact]
    public void JobsThatSpreadOverOwners_RunOnWorkersOfDifferentOwners()
    {
        Worker(1, owner: 9);
        Worker(2, owner: 9);
        var jobs = new[] { Add("g", GroupSpread.Owner), Add("g", GroupSpread.Owner) };
        Assert.Equal([MarketPhase.Leased, MarketPhase.Ready], jobs.Select(job => job.Phase));
        Assert.All(
            _book.Explain(jobs[1]).Explanation.Offers,
            offer => Assert.Equal("belongs to an owner that runs a job of the group 'g'", offer.Reason)
        );
        Worker(3, owner: 8);
        Assert.Equal(MarketPhase.Leased, jobs[1].Phase);
    }

    /// <summary>The worker that ended a job has no slot for the next; another one of its owner has.</summary>
    [Fact]
    public void OwnersOtherWorker_TakesTheNextJob_WhenOneHasEnded()
    {
        Worker(1, owner: 9, slots: 1);
        Worker(2, owner: 9, slots: 1);
        var jobs = new[] { Add("g", GroupSpread.Owner), Add("g", GroupSpread.Owner) };
        var first = jobs[0].Offer!;
        _book.BeginEnding(jobs[0]);
        _book.RemoveOffer(first.Offer.Worker);
        End(jobs[0]);
        Assert.Equal(MarketPhase.Leased, jobs[1].Phase);
        Assert.NotEqual(first, jobs[1].Offer);
    }

    [Fact]
    public void OtherGroupsSpreadsAndAccounts_DoNotMind()
    {
        Worker(1);
        MarketJob[] jobs = [Add("g"), Add("h"), Add("g", GroupSpread.Owner), Add("g", buyer: 2), Add(null), Add(null)];
        Assert.All(jobs, job => Assert.Equal(MarketPhase.Leased, job.Phase));
    }

    [Fact]
    public void JobsOfAGroupThatWait_DoNotHideThoseBehindThem()
    {
        Worker(1, slots: 2);
        for (var job = 0; job < MarketPolicy.RefusedJobsMax + 4; job++)
        {
            Add("g");
        }
        var (first, second) = (Add(null), Add(null));
        Assert.Equal((MarketPhase.Leased, MarketPhase.Ready), (first.Phase, second.Phase));
        End(first);
        Assert.Equal(MarketPhase.Leased, second.Phase);
    }

    [Fact]
    public void RunThatIsLost_LeavesItsSeat()
    {
        Worker(1);
        var jobs = new[] { Add("g"), Add("g") };
        var offer = jobs[0].Offer!;
        _book.Release(jobs[0], Now);
        jobs[0].AddFailure(offer.Offer.Worker);
        _book.Requeue(jobs[0], Now, TimeSpan.FromSeconds(1));
        Step();
        Assert.Same(offer, jobs[1].Offer);
    }

    [Fact]
    public void WorkerThatIsGone_LeavesItsSeats()
    {
        var worker = Worker(1);
        var jobs = new[] { Add("g"), Add("g") };
        foreach (var lost in _book.RemoveOffer(worker))
        {
            _book.Release(lost, Now);
            _book.Requeue(lost, Now);
        }
        Worker(2);
        Assert.Equal([MarketPhase.Leased, MarketPhase.Ready], jobs.Select(job => job.Phase));
    }

    [Fact]
    public void JobOfAnotherShard_IsHandedToOneWorkerOfAGroup()
    {
        var jobs = new[] { Add("g"), Add("g") };
        var offers = new[] { Foreign(1, capacity: 4), Foreign(2, capacity: 4), Foreign(3, capacity: 4) };
        var handed = _book.HandOver(offers, new ShardStay("other", 1, TimeSpan.Zero));
        Assert.Equal(2, handed.Select(job => job.Worker).Distinct().Count());
        Assert.Equal(2, handed.Length);
        Assert.All(jobs, job => Assert.Equal(MarketPhase.Away, job.Phase));

        _book.Return(jobs[0], jobs[0].Track(TimeSpan.Zero), Now);
        Assert.Null(jobs[0].Seat);
        var again = _book.HandOver(offers, new ShardStay("other", 1, TimeSpan.Zero));
        Assert.NotEqual(handed[1].Worker, Assert.Single(again).Worker);
    }

    [Fact]
    public void WorkerSurvey_TellsOfGroups()
    {
        var worker = Worker(1);
        Add("g");
        Add("g");
        Assert.Contains(
            _book.Explain(_book.Offers[worker]).Obstacles,
            obstacle => obstacle.Reason == "wait until it, or its owner, has run another job of their group"
        );
    }

    [Theory]
    [InlineData(MarketLimits.GroupBytesMax, null)]
    [InlineData(MarketLimits.GroupBytesMax + 1, ErrorCode.LimitExceeded)]
    [InlineData(0, ErrorCode.LimitExceeded)]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.GroupBytesMax))]
    public void Name_HasItsBound(int bytes, ErrorCode? refusal)
    {
        var spec = TestMarket.Spec(default) with { Group = new JobGroupTerms(new string('g', bytes), GroupSpread.Owner) };
        Assert.Equal(refusal, SubmissionRules.Check(new SubmitItem("one", spec))?.Code);
    }

    [Fact]
    public void UnknownSpread_IsRefused()
    {
        var spec = TestMarket.Spec(default) with { Group = new JobGroupTerms("g", (GroupSpread)2) };
        Assert.Equal(ErrorCode.MalformedRequest, SubmissionRules.Check(new SubmitItem("one", spec))?.Code);
    }

    [Fact]
    public void Groups_AreForgottenWithTheirLastJob()
    {
        var groups = new JobGroups();
        var jobs = new[] { Job("g"), Job("g"), Job("h") };
        Assert.All(jobs, groups.Enter);
        Assert.Equal(2, groups.Count);
        Assert.All(jobs, groups.Leave);
        Assert.Equal(0, groups.Count);
    }

    private static AccountId Account(int number) => new(new Bytes32([.. Enumerable.Repeat((byte)(100 + number), Bytes32.Size)]));

    private static WorkerOffer Offer(int number, int owner, int slots) =>
        new(
            Worker: new WorkerId(new Bytes32([.. Enumerable.Repeat((byte)number, Bytes32.Size)])),
            PayTo: Account(owner),
            PricePerMillionFuel: new TokenAmount((UInt128)number),
            Slots: slots,
            MemoryPagesMax: MarketLimits.MemoryPagesMax
        );

    private static ShardOffer Foreign(int number, int capacity) =>
        new(Offer(number, number, capacity), new Standing(1000, StandingLevel.Good, false), capacity);

    private WorkerId Worker(int number, int? owner = null, int slots = 8)
    {
        var offer = Offer(number, owner ?? number, slots);
        _book.SetOffer(offer, new Standing(1000, StandingLevel.Good, false), Now);
        _polls[offer.Worker] = 0;
        Poll(offer.Worker, slots);
        return offer.Worker;
    }

    private void Poll(WorkerId worker, int slots)
    {
        _book.Poll(new WorkerPoll(worker, 7, ++_polls[worker], slots), Now);
        Step();
    }

    /// <summary>Decides, and lets workers whose polls were answered poll again, until nothing more comes of it.</summary>
    private void Step()
    {
        _book.Rematch(Now);
        _book.Flush();
        foreach (var offer in _book.Offers.Values.Where(offer => !offer.IsWaiting).ToArray())
        {
            Poll(offer.Offer.Worker, offer.Offer.Slots);
        }
    }

    private void End(MarketJob job)
    {
        _book.Remove(job, Now);
        Step();
    }

    private MarketJob Job(string? group, GroupSpread spread = GroupSpread.Worker, int buyer = 1) =>
        new(
            new JobTicket(
                Job: new JobId(new Bytes32([.. BitConverter.GetBytes((long)++_jobs), .. new byte[24]])),
                Account: Account(buyer),
                Spec: TestMarket.Spec(default) with
                {
                    Group = group is null ? null : new JobGroupTerms(group, spread),
                },
                Module: default,
                UsesState: false,
                SubmittedAt: Now.Wall.AddSeconds(_jobs),
                RequestId: "one"
            )
        );

    private MarketJob Add(string? group, GroupSpread spread = GroupSpread.Worker, int buyer = 1)
    {
        var ticket = Job(group, spread, buyer).Ticket;
        _book.Add(ticket, Now);
        Step();
        return _book.Find(ticket.Job)!;
    }
}
