using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>The market's memory stays sound under any order of calls, without a grain around it.</summary>
public sealed class MarketBookTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6)]
    public void Book_StaysSoundWhateverIsCalled(ulong seed)
    {
        var calls = new RandomCalls(seed);
        for (var call = 0; call < 4_000; call++)
        {
            var what = calls.Next();
            Assert.True(
                calls.Book.Invariants.Violations() is [],
                $"After call {call}, {what}: {string.Join("; ", calls.Book.Invariants.Violations())}"
            );
            Assert.True(
                calls.Book.Invariants.ViolationsAtRest() is [],
                $"After call {call}, {what}: {string.Join("; ", calls.Book.Invariants.ViolationsAtRest())}"
            );
        }
        Assert.True(calls.Leased > 100, $"Only {calls.Leased} jobs were leased.");
        Assert.True(calls.Refused > 10, $"Only {calls.Refused} jobs had one class too many.");
        Assert.True(calls.Voted > 20, $"Only {calls.Voted} seats of panels had a result.");
        Assert.True(calls.Agreed > 2, $"Only {calls.Agreed} panels agreed.");
        Assert.True(calls.Held > 2, $"Offers were held only {calls.Held} times.");
        calls.EndAll();
        Assert.Equal((0, 0), (calls.Book.Count, calls.Book.LeasedCount));
        Assert.Equal(calls.RoomAtFirst, calls.Book.RoomFor(default));
    }

    /// <summary>What a market may do with its book, in an order that chance gives.</summary>
    private sealed class RandomCalls
    {
        private static readonly QueueBounds Bounds = new() { BytesMax = 64 << 10 };
        private static readonly string[] Labels = ["gpu", "region=eu", "ssd"];
        private readonly SeededChance _chance;
        private static readonly Assurance[] Assurances = [Assurance.Audit(500), Assurance.Quorum(2, 2), Assurance.Quorum(2, 3)];
        private readonly Dictionary<WorkerId, long> _sequences = [];
        private readonly FixedChance _even = new();
        private MarketTime _now = new(DateTimeOffset.UnixEpoch, TimeSpan.Zero);
        private int _jobs;

        public RandomCalls(ulong seed)
        {
            _chance = new SeededChance(seed);
            RoomAtFirst = Book.RoomFor(default);
            Book.Resume(_now);
        }

        public MarketBook Book { get; } = new(7, Bounds, TestOwner.Domain, chance: new FixedChance());
        public QueueRoom RoomAtFirst { get; }
        public int Leased { get; private set; }
        public int Refused { get; private set; }
        public int Held { get; private set; }
        public int Voted { get; private set; }
        public int Agreed { get; private set; }

        public string Next()
        {
            var what = Choose();
            Rest();
            return what;
        }

        public void EndAll()
        {
            foreach (var job in Open().ToArray())
            {
                Book.Remove(job, _now);
            }
            Book.BeginRound(ending: 0, _now);
            Assert.False(Book.Pace.HasHeld);
            Rest();
        }

        private string Choose()
        {
            switch (Below(14))
            {
                case 0 or 1 or 2:
                    Book.Add(Ticket(), _now);
                    return "a job";
                case 3:
                    var offer = Offer();
                    _sequences[offer.Worker] = 0;
                    Again(Book.SetOffer(offer, Standing(), _now));
                    return "an offer";
                case 4 when Below(4) == 1:
                    Book.SetStanding(Worker(), Standing());
                    return "a standing";
                case 4 when Below(3) == 1:
                    Book.Buyers.Set(new AccountId(Id(Below(3))), 250 * Below(4));
                    return "a buyer's reputation";
                case 4 when Below(4) == 0:
                    Again(Book.RemoveOffer(Worker()));
                    return "a worker's end";
                case 5 or 6:
                    var worker = Worker();
                    var sequence = _sequences[worker] = _sequences.GetValueOrDefault(worker) + 1;
                    Book.Poll(new WorkerPoll(worker, 7, sequence, Below(5)), _now);
                    return "a poll";
                case 7 or 8 when Pick(MarketPhase.Leased) is { } job:
                    Assert.Same(job, Book.Leases.Find(job.Lease!.Id, job.Offer!.Offer.Worker));
                    return Reported(job);
                case 9 when Pick(MarketPhase.Sealed) is { } seat && seat.Panel!.IsRevealing:
                    return Vote(seat);
                case 9
                    when Pick(MarketPhase.Ready, MarketPhase.InLine, MarketPhase.Delayed, MarketPhase.Leased, MarketPhase.Seated)
                        is { IsSeat: false } job:
                    Book.StopLease(job, "cancelled");
                    Book.Remove(job, _now);
                    return "a cancellation";
                case 10 when Pick(MarketPhase.Ending) is { } job && Below(2) == 0:
                    Book.EndingFailed(job, _now.Running + Seconds(30));
                    return "an end that was not written";
                case 10 when Pick(MarketPhase.Ending) is { } job:
                    Book.Remove(job, _now);
                    return "an end";
                case 12 or 13:
                    Held += Book.Pace.HasHeld ? 1 : 0;
                    Book.BeginRound(MarketPolicy.RoundLeasesMax - Below(9), _now);
                    return "a round of leases";
                default:
                    Pass(Seconds(Below(40)));
                    return "time";
            }
        }

        private string Reported(MarketJob job)
        {
            switch (Below(4))
            {
                case 0:
                    Failed(job);
                    return "a failed run";
                case 1:
                    var offer = job.Offer!;
                    Book.Release(job, _now);
                    Book.EndPoll(offer);
                    Book.PutBack(job, _now);
                    return "a returned job";
                case 2 when job is { IsSeat: true, Panel.IsSealed: true }:
                    Book.Panels.Seal(job, default);
                    Advance(job.Panel);
                    return "a sealed result";
                case 2 or 3 when job.IsSeat:
                    return Vote(job);
                default:
                    Book.BeginEnding(job);
                    return "a report";
            }
        }

        private string Vote(MarketJob seat)
        {
            Voted++;
            var panel = seat.Panel!;
            var signed = new RunSignature(default, null, default, [], 0);
            panel.Count(
                new Vote(
                    Offer: seat.Offer!.Offer,
                    Price: seat.PriceOf(seat.Offer),
                    Execution: Id(Below(3)),
                    Outcome: RunOutcome.Completed,
                    FuelUsed: 1,
                    Signed: signed,
                    Result: null
                )
            );
            Book.Panels.RemoveSeat(seat, _now);
            Advance(panel);
            return "a vote";
        }

        /// <summary>As the market does it, without calls.</summary>
        private void Advance(Panel panel)
        {
            while (panel.Job.Panel == panel && panel.Job.Phase == MarketPhase.Seated)
            {
                switch (panel.Next(_now.Running, _even))
                {
                    case PanelStep.Wait:
                        Book.Panels.SetDue(panel);
                        return;
                    case PanelStep.Draw:
                        Book.Panels.Draw(panel, _now);
                        break;
                    case PanelStep.Reveal:
                        Book.Panels.Reveal(panel);
                        break;
                    case PanelStep.Drop:
                        foreach (var seat in panel.Late)
                        {
                            Book.Panels.CloseSeat(seat, "late", _now);
                        }
                        break;
                    case PanelStep.RunAgain:
                    case PanelStep.Accept when Below(4) == 0:
                        Book.Panels.Reopen(panel.Job, _now);
                        break;
                    default:
                        Agreed++;
                        Book.Panels.CloseSeats(panel.Job, _now);
                        Book.BeginEnding(panel.Job);
                        break;
                }
            }
        }

        private void SeatExpired(MarketJob seat)
        {
            var panel = seat.Panel!;
            Book.Panels.RemoveSeat(seat, _now);
            if (panel.CanDecide)
            {
                Advance(panel);
                return;
            }
            Book.Panels.CloseSeats(panel.Job, _now);
            Book.BeginEnding(panel.Job);
        }

        /// <summary>As the market does it: what was touched is matched, what was matched is prepared, until nothing is left.</summary>
        private void Rest()
        {
            do
            {
                while (Book.ToRefuse.TryDequeue(out var refused))
                {
                    refused.OwnEnd = MarketEnds.TooManyClasses(refused);
                    Book.BeginEnding(refused);
                    Refused++;
                }
                Book.Rematch(_now);
                while (Book.ToPrepare.TryDequeue(out var job))
                {
                    Prepared(job);
                }
                Book.Rematch(_now);
            } while (Book.ToPrepare.Count > 0);
            Book.Flush();
        }

        private void Prepared(MarketJob job)
        {
            if (job.Phase != MarketPhase.Preparing)
            {
                return;
            }
            switch (Below(4))
            {
                case 0:
                    Book.Release(job, _now);
                    job.Preparations++;
                    Book.PutBack(job, _now, Seconds(1 + Below(10)));
                    break;
                case 1 when Below(3) == 0:
                    Book.Remove(job.IsSeat ? job.Panel!.Job : job, _now);
                    break;
                default:
                    Book.Lease(job, job.Ticket, null, _now);
                    Leased++;
                    break;
            }
        }

        private void Pass(TimeSpan time)
        {
            _now = new MarketTime(_now.Wall + time, _now.Running + time);
            while (Book.TakeDue(_now) is { } job)
            {
                switch (job.Phase)
                {
                    case MarketPhase.Ready or MarketPhase.Delayed when job.IsSeat && _now.Wall >= job.ExpiresAt:
                        SeatExpired(job);
                        break;
                    case MarketPhase.Seated:
                        Advance(job.Panel!);
                        break;
                    case MarketPhase.InLine or MarketPhase.Ready or MarketPhase.Delayed when _now.Wall >= job.ExpiresAt:
                        job.OwnEnd = MarketEnds.Expired(job, Book.Explain(job).Explanation);
                        Book.BeginEnding(job);
                        break;
                    case MarketPhase.InLine or MarketPhase.Ready:
                        Book.Reconsider(job, _now);
                        break;
                    case MarketPhase.Delayed:
                        Book.PutBack(job, _now);
                        break;
                    case MarketPhase.Leased:
                        Book.StopLease(job, "cancelled");
                        Failed(job);
                        break;
                    default:
                        Assert.Equal(MarketPhase.EndingLater, job.Phase);
                        Book.BeginEnding(job);
                        break;
                }
            }
        }

        private void Failed(MarketJob job)
        {
            var worker = job.Offer!.Offer.Worker;
            Book.Release(job, _now);
            job.AddFailure(worker);
            job.ReadmitAt = _now.Running + Seconds(20);
            Book.Requeue(job, _now, Seconds(Below(10)));
        }

        private void Again(IReadOnlyList<MarketJob> lost)
        {
            foreach (var job in lost)
            {
                Book.Release(job, _now);
                Book.Requeue(job, _now);
            }
        }

        private WorkerOffer Offer() =>
            new(
                Worker: Worker(),
                PayTo: new AccountId(Id(100 + Below(3))),
                PricePerMillionFuel: new TokenAmount((UInt128)Below(60)),
                Slots: 1 + Below(4),
                MemoryPagesMax: 1 + Below(40),
                Labels: [.. Labels.Where(_ => Below(2) == 0)],
                RefusedAccounts: Below(8) == 0 ? [new AccountId(Id(Below(3)))] : [],
                BuyerReputationMin: Below(3) == 0 ? 250 * Below(4) : 0
            );

        private Standing Standing() =>
            new(
                Below(3) * 400,
                Below(6) == 0 ? StandingLevel.Probation
                    : Below(2) == 0 ? StandingLevel.Newcomer
                    : StandingLevel.Good,
                Below(20) == 0,
                new TokenAmount((UInt128)Below(3))
            );

        /// <summary>More different needs than the market has bits for classes.</summary>
        private JobNeeds? Needs() =>
            Below(2) == 0
                ? null
                : new JobNeeds(
                    Labels: [.. Labels.Concat(["region", "none"]).Where(_ => Below(3) == 0)],
                    ReputationMin: Below(3) == 0 ? Below(900) : 0,
                    StakeMin: new TokenAmount((UInt128)Below(3)),
                    RefusedWorkers: Below(4) == 0 ? [Worker()] : [],
                    RefusedOwners: Below(8) == 0 ? [new AccountId(Id(100 + Below(3)))] : [],
                    AllowsNewcomers: Below(2) == 0
                );

        private JobTicket Ticket()
        {
            var number = _jobs++;
            var assurance = Below(3) == 0 ? Assurances[Below(Assurances.Length)] : default;
            var spec = Support.TestMarket.Spec(new ProgramId(Id(Below(3))), 1 + Below(100 * assurance.Seats)) with
            {
                MemoryPagesMax = 1 + Below(assurance.IsNone ? 40 : 10),
                ExpiresAfter = Seconds(10 + Below(600)),
                Needs = assurance.IsNone ? Needs() : null,
                Assurance = assurance,
            };
            var usesState = Below(assurance.IsNone ? 3 : 6) == 0;
            return new JobTicket(
                Job: new JobId(Id(number)),
                Account: new AccountId(Id(Below(3))),
                Spec: spec,
                Module: default,
                UsesState: usesState,
                SubmittedAt: _now.Wall,
                RequestId: $"{number}"
            );
        }

        private IEnumerable<MarketJob> Open() =>
            Enumerable.Range(0, _jobs).Select(number => Book.Find(new JobId(Id(number)))).OfType<MarketJob>();

        private MarketJob? Pick(params MarketPhase[] phases)
        {
            var those = Open().Concat(Open().SelectMany(job => job.Panel?.Seats ?? [])).Where(job => phases.Contains(job.Phase)).ToArray();
            return those is [] ? null : those[Below(those.Length)];
        }

        /// <summary>Half of all audits are drawn.</summary>
        private sealed class FixedChance : IChance
        {
            private bool _isHigh;

            public double Next()
            {
                _isHigh = !_isHigh;
                return _isHigh ? 0.9 : 0.1;
            }
        }

        private WorkerId Worker() => new(Id(Below(5)));

        private int Below(int bound) => (int)(_chance.Next() % (ulong)bound);

        private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

        private static Bytes32 Id(int number)
        {
            var id = new byte[Bytes32.Size];
            BitConverter.TryWriteBytes(id, number + 1);
            return new Bytes32(id);
        }
    }
}
