using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>
/// Workers that are drawn for seats, have room and do not take them: draws pass them over for a while, and never busy ones.
/// </summary>
public sealed class SeatPassTests
{
    /// <summary>Among two that take what they get.</summary>
    private const int Absent = 3;
    private const int Jobs = 20;

    private static readonly MarketTime Start = new(DateTimeOffset.UnixEpoch, TimeSpan.Zero);

    private readonly List<MarketJob> _jobs = [];
    private readonly MarketBook _book = new(start: 7, new QueueBounds(), TestOwner.Domain, chance: new SeededJitter(1));
    private MarketTime _now = Start;
    private int _submitted;
    private long _sequence;

    public SeatPassTests()
    {
        _book.Resume(Start);
        Offer(1, slots: 4096);
        Offer(2, slots: 4096);
        Ask(1, leases: 4096);
        Ask(2, leases: 4096);
        Offer(Absent, slots: 1);
    }

    [Fact]
    [TestsBound(typeof(PanelPolicy), nameof(PanelPolicy.PassesMax))]
    public void WorkerThatLetsItsDrawsPass_IsPassedOver_UntilItsTimeIsOver()
    {
        LetPass(PanelPolicy.PassesMax - 1);
        Assert.NotEqual(0, DrawnOfManyPanels());
        LetPass(1);
        Assert.Equal(0, DrawnOfManyPanels());
        Pass(PanelPolicy.PassedOverMin - TimeSpan.FromTicks(1));
        Assert.Equal(0, DrawnOfManyPanels());
        Pass(TimeSpan.FromTicks(1));
        Assert.NotEqual(0, DrawnOfManyPanels());
    }

    [Fact]
    [TestsBound(typeof(PanelPolicy), nameof(PanelPolicy.PassedOverMin))]
    [TestsBound(typeof(PanelPolicy), nameof(PanelPolicy.PassedOverDoublingsMax))]
    public void EachFurtherDrawThatItLetsPass_CostsItTwiceAsLong()
    {
        LetPass(PanelPolicy.PassesMax);
        var time = PanelPolicy.PassedOverMin;
        for (var doubling = 0; doubling <= PanelPolicy.PassedOverDoublingsMax + 2; doubling++)
        {
            Pass(time - TimeSpan.FromTicks(1));
            Assert.Equal(0, DrawnOfManyPanels());
            Pass(TimeSpan.FromTicks(1));
            LetPass(1);
            time = doubling < PanelPolicy.PassedOverDoublingsMax ? 2 * time : time;
        }
    }

    /// <summary>It may have been one interruption of its line, which all of them met.</summary>
    [Fact]
    public void DrawsOfTheSameTime_CountOnce()
    {
        Submit();
        Pass(PanelPolicy.SeatWaitMax / 2);
        Submit();
        Assert.True(Drawn() > PanelPolicy.PassesMax);
        Pass(PanelPolicy.SeatWaitMax / 2);
        DrawAnew();
        Pass(PanelPolicy.SeatWaitMax / 2);
        DrawAnew();
        Clear();
        Assert.NotEqual(0, DrawnOfManyPanels());
    }

    [Fact]
    public void WorkerThatAsksForLeases_IsDrawnAgain()
    {
        LetPass(PanelPolicy.PassesMax);
        Ask(Absent, leases: 1);
        Submit();
        _book.EndPoll(Assert.Single(Seats(), seat => seat.Offer?.Offer.Worker == WorkerOf(Absent)).Offer!);
        Clear();
        // It has taken a lease: nothing of before counts.
        LetPass(PanelPolicy.PassesMax - 1);
        Assert.NotEqual(0, DrawnOfManyPanels());
    }

    [Fact]
    public void WorkerThatIsPassedOver_HasASeat_WhereThereIsNoOther()
    {
        Assert.Empty(_book.RemoveOffer(WorkerOf(2)));
        LetPass(PanelPolicy.PassesMax);
        Assert.Equal(Jobs, DrawnOfManyPanels());
    }

    /// <summary>Otherwise anybody could keep an honest worker from panels by giving it long jobs.</summary>
    [Fact]
    public void WorkerWhoseSlotsHaveLeases_IsNotPassedOver()
    {
        TakeOneSeat();
        Clear(butOf: Absent);
        LetPass(PanelPolicy.PassesMax + 2);
        Assert.NotEqual(0, DrawnOfManyPanels());
    }

    [Fact]
    public void WorkerThatWasBusyWhenItWasDrawn_IsNotPassedOver()
    {
        var taken = TakeOneSeat();
        Clear(butOf: Absent);
        Submit();
        Remove(taken.Panel!.Job);
        Assert.NotEqual(0, Drawn());
        Pass(PanelPolicy.SeatWaitMax);
        DrawAnew();
        Clear();
        LetPass(PanelPolicy.PassesMax - 1);
        Assert.NotEqual(0, DrawnOfManyPanels());
    }

    [Fact]
    public void WorkerThatTookALeaseMeanwhile_IsNotPassedOver()
    {
        var taken = TakeOneSeat();
        // It is over before the time of the others is, which the worker could not take until then.
        Remove(taken.Panel!.Job);
        Assert.NotEqual(0, Drawn());
        Pass(PanelPolicy.SeatWaitMax);
        DrawAnew();
        Clear();
        LetPass(PanelPolicy.PassesMax - 1);
        Assert.NotEqual(0, DrawnOfManyPanels());
    }

    /// <summary>So many draws, one after the other, of a worker that does nothing.</summary>
    private void LetPass(int draws)
    {
        for (var draw = 0; draw < draws; draw++)
        {
            Submit();
            Assert.NotEqual(0, Drawn());
            Pass(PanelPolicy.SeatWaitMax);
            DrawAnew();
            Clear();
        }
    }

    /// <summary>For how many of some panels the worker is drawn now. They go again.</summary>
    private int DrawnOfManyPanels()
    {
        Submit();
        var drawn = Drawn();
        Clear();
        Assert.Empty(_book.Invariants.Violations());
        Assert.Empty(_book.Invariants.ViolationsAtRest());
        return drawn;
    }

    private int Drawn() => Seats().Count(seat => seat.Directed == WorkerOf(Absent));

    private MarketJob TakeOneSeat()
    {
        Submit();
        Ask(Absent, leases: 1);
        Turn();
        var seat = Assert.Single(Seats(), seat => seat.Offer?.Offer.Worker == WorkerOf(Absent));
        // It asks for no more.
        _book.EndPoll(seat.Offer!);
        return seat;
    }

    private IEnumerable<MarketJob> Seats() => _jobs.SelectMany(job => job.Panel!.Seats);

    private void Submit()
    {
        for (var number = 0; number < Jobs; number++)
        {
            var id = new JobId(TestMarket.Id($"job {++_submitted}").Value);
            var ticket = new JobTicket(
                Job: id,
                Account: TestMarket.Id("buyer"),
                Spec: TestMarket.Spec(default) with
                {
                    Assurance = Assurance.Quorum(agreeing: 2, seats: 2),
                },
                Module: default,
                UsesState: false,
                SubmittedAt: Start.Wall,
                RequestId: $"{_submitted}"
            );
            Assert.True(_book.Add(ticket, _now));
            _jobs.Add(_book.Find(id)!);
        }
        Turn();
        Assert.All(_jobs, job => Assert.Equal(MarketPhase.Seated, job.Phase));
    }

    private void Clear(int? butOf = null)
    {
        foreach (var job in _jobs.ToArray())
        {
            if (butOf is not { } number || job.Panel!.Seats.All(seat => seat.Offer?.Offer.Worker != WorkerOf(number)))
            {
                Remove(job);
            }
        }
        if (butOf is not null)
        {
            _jobs.Clear();
        }
    }

    private void Remove(MarketJob job)
    {
        _book.Remove(job, _now);
        _jobs.Remove(job);
        Turn();
    }

    private void Pass(TimeSpan time) => _now = _now with { Running = _now.Running + time };

    /// <summary>What is due is looked at, as the market does it. Workers with leases are heard meanwhile.</summary>
    private void DrawAnew()
    {
        while (_book.TakeDue(_now) is { } due)
        {
            if (due.Phase == MarketPhase.Ready)
            {
                _book.Reconsider(due, _now);
            }
            else
            {
                _book.Deadlines.Set(due, TimeSpan.MaxValue.Ticks);
            }
        }
        Turn();
    }

    private void Turn()
    {
        do
        {
            _book.BeginRound(ending: 0, _now);
            _book.Rematch(_now);
        } while (_book.Pace.HasHeld);
    }

    private void Offer(int number, int slots) =>
        _book.SetOffer(
            new WorkerOffer(
                Worker: WorkerOf(number),
                PayTo: TestMarket.Id($"{number}"),
                PricePerMillionFuel: new TokenAmount(1),
                Slots: slots,
                MemoryPagesMax: 16
            ),
            new Standing(900, StandingLevel.Good, InMaintenance: false, default),
            Start
        );

    private void Ask(int number, int leases) => Assert.NotNull(_book.Poll(new WorkerPoll(WorkerOf(number), 7, ++_sequence, leases), _now));

    private static WorkerId WorkerOf(int number) => new(TestMarket.Id($"{number}").Value);
}
