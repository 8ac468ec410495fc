using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Jobs whose panels cannot open: who waits for what, and who comes next.</summary>
public sealed class PanelLineTests
{
    private static readonly MarketTime Start = new(DateTimeOffset.UnixEpoch, TimeSpan.Zero);

    private readonly MarketBook _book = new(start: 7, new QueueBounds(), TestOwner.Domain, chance: new SeededJitter(1));
    private int _submitted;

    public PanelLineTests() => _book.Resume(Start);

    /// <summary>One worker can be leased; seats of the other owner's worker wait, up to the bounds.</summary>
    [Theory]
    [InlineData(1, PanelPolicy.AccountWaitingSeatsMax - 1)]
    [InlineData(8, PanelPolicy.CommonSeatsMax - 1)]
    [InlineData(80, PanelPolicy.WaitingSeatsMax - 1)]
    [TestsBound(typeof(PanelPolicy), nameof(PanelPolicy.AccountWaitingSeatsMax))]
    [TestsBound(typeof(PanelPolicy), nameof(PanelPolicy.CommonSeatsMax))]
    [TestsBound(typeof(PanelPolicy), nameof(PanelPolicy.WaitingSeatsMax))]
    public void PanelsOpen_WhileTheirSeatsMayWait(int accounts, int openMax)
    {
        Offer(1, asks: true);
        Offer(2, asks: false);
        var jobs = Enumerable.Range(0, openMax + accounts).Select(number => Submit($"buyer {number % accounts}")).ToArray();
        Turn(Start);

        // The room for a panel's seats is asked before the first of them is given out.
        Assert.Equal(openMax, jobs.Count(job => job.Phase == MarketPhase.Seated));
        Assert.All(
            jobs.Where(job => job.Phase == MarketPhase.Delayed),
            job => Assert.Contains("too many seats", job.PanelNote, StringComparison.Ordinal)
        );
        AssertSound();
    }

    [Fact]
    [TestsBound(typeof(PanelPolicy), nameof(PanelPolicy.AccountReservedSeatsMax))]
    public void FewAccounts_DoNotKeepOthersPanelsFromOpening()
    {
        Offer(1, asks: true);
        Offer(2, asks: false);
        for (var number = 0; number < PanelPolicy.WaitingSeatsMax; number++)
        {
            Submit($"greedy {number % 4}");
        }
        Turn(Start);
        var modest = Enumerable.Range(0, PanelPolicy.AccountReservedSeatsMax + 1).Select(_ => Submit("modest")).ToArray();
        Turn(Start);
        Assert.Equal(PanelPolicy.AccountReservedSeatsMax - 1, modest.Count(job => job.Phase == MarketPhase.Seated));
        AssertSound();
    }

    [Fact]
    public void SeatsThatAreTaken_LetTheNextPanelsOpen_AtOnce_AndTheAccountsInTurns()
    {
        Offer(1, asks: true);
        Offer(2, asks: false);
        var jobs = Enumerable.Range(0, 1000).Select(number => Submit($"buyer {number % 4}")).ToArray();
        Turn(Start);
        var open = jobs.Count(job => job.Phase == MarketPhase.Seated);
        Assert.Equal(PanelPolicy.CommonSeatsMax - 1, open);

        Ask(2, leases: 40);
        Turn(Start);
        Assert.Equal(open + 40, jobs.Count(job => job.Phase == MarketPhase.Seated));
        var ofAccounts = jobs.Where(job => job.Phase == MarketPhase.Seated).CountBy(job => job.Ticket.Account).Select(pair => pair.Value);
        Assert.InRange(ofAccounts.Max() - ofAccounts.Min(), 0, 2);
        AssertSound();
    }

    [Fact]
    public void OfJobsThatLackWorkers_OnlyTheFirstIsLookedAtAgain_AndAllOpenWhenTheyCome()
    {
        Offer(1, asks: true);
        var jobs = Enumerable.Range(0, 100).Select(_ => Submit("buyer")).ToArray();
        Turn(Start);
        Assert.All(
            jobs,
            job => Assert.EndsWith("of 2 owners whose price the limit covers, and there is 1", job.PanelNote, StringComparison.Ordinal)
        );

        Offer(2, asks: true);
        var later = Start with { Running = PanelPolicy.OpenAgainAfter, Wall = Start.Wall + PanelPolicy.OpenAgainAfter };
        var looked = 0;
        for (; _book.TakeDue(later) is { } due; looked++)
        {
            _book.PutBack(due, later);
        }
        Assert.Equal(1, looked);
        Turn(later);
        Assert.All(jobs, job => Assert.Equal(MarketPhase.Seated, job.Phase));
        AssertSound();
    }

    [Fact]
    public void FirstOfALine_ThatEnds_LeavesItsPlaceToTheNext()
    {
        Offer(1, asks: true);
        var jobs = Enumerable.Range(0, 3).Select(_ => Submit("buyer")).ToArray();
        Turn(Start);
        _book.Remove(jobs[0], Start);
        _book.Remove(jobs[2], Start);
        Offer(2, asks: true);
        Turn(Start);
        Assert.Equal(MarketPhase.Seated, jobs[1].Phase);
        AssertSound();
    }

    [Fact]
    public void JobThatLacksOtherThings_WaitsInALineOfItsOwn()
    {
        Offer(1, asks: true);
        Offer(2, asks: true);
        var wide = Submit("buyer", Assurance.Quorum(2, 3));
        var narrow = Submit("buyer");
        Turn(Start);
        Assert.Equal((MarketPhase.Delayed, MarketPhase.Seated), (wide.Phase, narrow.Phase));
        AssertSound();
    }

    /// <summary>Two of twenty are free, as liars are that run nothing: they have the seats of one panel in 190, not of all.</summary>
    [Fact]
    public void SeatsAreDrawnAmongAllThatFit_BusyOrNot()
    {
        for (var number = 1; number <= 20; number++)
        {
            Offer(number, asks: number <= 2);
        }
        var jobs = Enumerable.Range(0, 200).Select(number => Submit($"buyer {number % 4}")).ToArray();
        Turn(Start);
        Assert.All(jobs, job => Assert.Equal(MarketPhase.Seated, job.Phase));
        Assert.InRange(jobs.Count(job => job.Panel!.Seats.All(seat => seat.Phase == MarketPhase.Leased)), 0, 8);
        Assert.All(jobs, job => Assert.Equal(2, job.Panel!.Seats.Select(seat => seat.Directed).Distinct().Count()));
        AssertSound();
    }

    [Fact]
    [TestsBound(typeof(PanelPolicy), nameof(PanelPolicy.SeatWaitMax))]
    public void SeatThatItsWorkerDoesNotTake_IsDrawnAnew()
    {
        Offer(1, asks: true);
        Offer(2, asks: true);
        Offer(3, asks: false);
        var jobs = Enumerable.Range(0, 20).Select(_ => Submit("buyer")).ToArray();
        Turn(Start);
        Assert.Contains(Waiting(), seat => seat.Directed == WorkerOf(3));

        var now = Start with { Running = PanelPolicy.SeatWaitMax - TimeSpan.FromTicks(1) };
        Assert.Null(_book.TakeDue(now));
        for (var draw = 0; draw < 40; draw++)
        {
            now = now with { Running = now.Running + PanelPolicy.SeatWaitMax };
            while (_book.TakeDue(now) is { } due)
            {
                if (due.Phase == MarketPhase.Ready)
                {
                    _book.Reconsider(due, now);
                }
                else
                {
                    // Its worker is heard meanwhile.
                    _book.Deadlines.Set(due, TimeSpan.MaxValue.Ticks);
                }
            }
            Turn(now);
        }
        Assert.Empty(Waiting());
        AssertSound();

        IEnumerable<MarketJob> Waiting() => jobs.SelectMany(job => job.Panel!.Seats).Where(seat => seat.Phase == MarketPhase.Ready);
    }

    /// <summary>Each that cannot open makes way for the next of its program.</summary>
    [Fact]
    public void ManyWritingJobsOfAProgram_MakeNoDeepStack()
    {
        Offer(1, asks: true);
        var jobs = Enumerable.Range(0, 50_000).Select(_ => Submit("buyer", usesState: true)).ToArray();
        Turn(Start);
        Assert.DoesNotContain(jobs, job => job.Phase != MarketPhase.Delayed);
        Offer(2, asks: true);
        var later = Start with { Running = PanelPolicy.OpenAgainAfter };
        while (_book.TakeDue(later) is { } due)
        {
            _book.PutBack(due, later);
        }
        Turn(later);
        Assert.Single(jobs, job => job.Phase == MarketPhase.Seated);
    }

    private void Turn(MarketTime now)
    {
        do
        {
            _book.BeginRound(ending: 0, now);
            _book.Rematch(now);
        } while (_book.Pace.HasHeld);
    }

    private void AssertSound()
    {
        Assert.Empty(_book.Invariants.Violations());
        Assert.Empty(_book.Invariants.ViolationsAtRest());
    }

    private void Offer(int number, bool asks)
    {
        _book.SetOffer(
            new WorkerOffer(
                Worker: WorkerOf(number),
                PayTo: TestMarket.Id($"{number}"),
                PricePerMillionFuel: new TokenAmount(1),
                Slots: 4096,
                MemoryPagesMax: 16
            ),
            new Standing(900, StandingLevel.Good, InMaintenance: false, default),
            Start
        );
        if (asks)
        {
            Ask(number, leases: 4096);
        }
    }

    private void Ask(int number, int leases) => Assert.NotNull(_book.Poll(new WorkerPoll(WorkerOf(number), 7, 1, leases), Start));

    private static WorkerId WorkerOf(int number) => new(TestMarket.Id($"{number}").Value);

    private MarketJob Submit(string account, Assurance? assurance = null, bool usesState = false)
    {
        var id = new JobId(TestMarket.Id($"job {++_submitted}").Value);
        var ticket = new JobTicket(
            Job: id,
            Account: TestMarket.Id(account),
            Spec: TestMarket.Spec(default) with
            {
                Assurance = assurance ?? Assurance.Quorum(2, 2),
            },
            Module: default,
            UsesState: usesState,
            SubmittedAt: Start.Wall,
            RequestId: $"{_submitted}"
        );
        Assert.True(_book.Add(ticket, Start));
        return _book.Find(id)!;
    }
}
