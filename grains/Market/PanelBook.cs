using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// The part of the market's memory that is about jobs which several workers run: their panels, the seats of these, and trials.
/// </summary>
/// <param name="book">The rest of it.</param>
/// <param name="offers">All offers.</param>
/// <param name="domain">The market's.</param>
/// <param name="chance">Chooses who has a seat.</param>
internal sealed class PanelBook(MarketBook book, MarketOffers offers, MarketDomain domain, IChance chance)
{
    private readonly HashSet<Panel> _freedPanels = [];
    private readonly Dictionary<JobId, TrialPanel> _trials = [];
    private const string NoRoom = "too many seats of panels wait for workers";

    private int _seatCount;
    private int _panelCount;

    /// <summary>Seats that wait for a worker.</summary>
    public SeatBoard Waiting => field ??= new SeatBoard(Lines.NoteRoom);

    /// <summary>Jobs that wait for their panels to open.</summary>
    public PanelLines Lines { get; } = new(book);

    /// <summary>By how much there are more runs to be made than jobs.</summary>
    public int ExtraCount => _seatCount - _panelCount;

    public IReadOnlyCollection<TrialPanel> Trials => _trials.Values;

    /// <summary>Opens the job's panel, if there are workers of enough owners; else the job is looked at again after a while.</summary>
    public void OpenPanel(MarketJob job, MarketTime now)
    {
        if (Lines.Waits(job, now))
        {
            return;
        }
        var assurance = job.Ticket.Spec.Assurance;
        var committee = assurance.Kind == AssuranceKind.Committee ? Committees.Of(assurance.Seats) : null;
        var panel = new Panel(job, now.Running, committee);
        var lacks = assurance.Kind == AssuranceKind.Committee ? MembersRefusal(job, committee, now) : OwnersRefusal(job);
        if (lacks is not null || !HasRoomFor(panel))
        {
            Lines.Hold(job, lacks ?? NoRoom, forRoom: lacks is null, now);
            return;
        }
        Lines.Leave(job);
        job.PanelNote = null;
        book.Queue.Take(job);
        DeadlineHeap.Leave(job);
        (job.Phase, job.Panel) = (MarketPhase.Seated, panel);
        _panelCount++;
        Draw(panel, now);
    }

    /// <summary>The committees of this epoch.</summary>
    public Committees Committees { get; } = new(domain);

    /// <summary>All that may have seats: the offers of the shard, and those that others have lent.</summary>
    private IEnumerable<MarketOffer> All => offers.All.Values.Concat(offers.Lent.All.Values);

    /// <summary>Whether a worker serves in committees that may have seats here.</summary>
    public bool HasServingWorkers => All.Any(offer => offer.Offer.Committee is not null);

    /// <summary>An epoch has begun: its members take their places.</summary>
    public void SetRoster(EpochRoster roster)
    {
        if (!Committees.Set(roster))
        {
            return;
        }
        foreach (var offer in All)
        {
            offer.CommitteePlace = Committees.PlaceOf(offer.Offer.Worker);
            book.Touched.Add(offer);
        }
        // Members are lent before others.
        offers.NoteChange();
    }

    /// <summary>Members of committees are asked to sign: also one that is lent no more, for it may have run the job.</summary>
    public void Order(WorkerId member, Action<MarketOffer> order)
    {
        if ((offers.FindForSeats(member) ?? book.Loans.FindLeaving(member)) is { } offer)
        {
            order(offer);
            book.Touched.Add(offer);
        }
    }

    /// <returns>Why the job's committee cannot run it now, in words for the end of a sentence; null where it can.</returns>
    private string? MembersRefusal(MarketJob job, Committee? committee, MarketTime now)
    {
        if (committee is null)
        {
            return $"this epoch has no committee of {job.Ticket.Spec.Assurance.Seats}: {Committees.Count} workers serve in it";
        }
        if (committee.IsOver(now.Wall))
        {
            return $"the committee of epoch {committee.Epoch} signs no more: what its members have at stake on the chain is known to "
                + $"cover what they sign until {committee.SignsUntil:u} only. It takes a new epoch, and so a chain that answers and "
                + $"{EpochPolicy.SharesMin} workers or more that stake there";
        }
        var able = MembersFor(job, committee).ToArray();
        return !committee.IsEnough(able)
            ? $"of the {committee.Members.Count} members of its committee {able.Length} are here and fit at the price that its limit "
                + "covers, which is not over two thirds of the weight"
            : null;
    }

    private bool HasRoomFor(Panel panel) =>
        panel.Committee is { } committee
            ? MembersFor(panel.Job, committee).All(member => Waiting.HasRoomFor(panel.Job.Ticket.Account, member, 1))
            : Waiting.HasRoomFor(panel.Job.Ticket.Account, null, panel.Missing);

    private IEnumerable<WorkerId> MembersFor(MarketJob job, Committee committee) =>
        committee
            .Members.Select(member => member.Worker)
            .Where(member => offers.FindForSeats(member) is { } offer && SeatBoard.Fits(job, offer));

    /// <summary>The seat waits for the worker that is drawn for it, or, where none fits, for the first that does.</summary>
    public void Seat(MarketJob seat, MarketTime now)
    {
        if (seat.Panel!.IsForAny)
        {
            if (!KeepsDraw(seat, now))
            {
                Direct(seat, now.Running);
                seat.DrawnUntil = now.Running + PanelPolicy.SeatWaitMax;
            }
            book.Deadlines.Set(seat, MarketTime.Earlier(seat.DrawnUntil, MarketBook.ExpiryOf(seat, now)).Ticks);
        }
        seat.KeepsDraw = false;
        Waiting.Add(seat);
    }

    private bool KeepsDraw(MarketJob seat, MarketTime now)
    {
        if (
            !seat.KeepsDraw
            || now.Running >= seat.DrawnUntil
            || seat.Directed is not { } worker
            || offers.FindForSeats(worker) is not { } drawn
            // It may have come again for another owner, who has a seat or had one.
            || seat.DirectedOwner != drawn.Offer.PayTo
            || seat.Panel!.HasAnotherSeat(seat, drawn.Offer)
        )
        {
            return false;
        }
        seat.Panel!.Take(seat, drawn.Offer);
        return true;
    }

    /// <summary>Who was drawn has not taken the seat: another draw.</summary>
    public void SeatAnew(MarketJob seat, MarketTime now)
    {
        Waiting.Remove(seat);
        if (seat is { Directed: { } worker, Draw: { } draw } && offers.Find(worker) is { } offer && draw.WasLetPass(offer, now.Running))
        {
            offer.Passes.Note(draw, now.Running);
        }
        Seat(seat, now);
        // Who was drawn before may have another seat.
        _freedPanels.Add(seat.Panel!);
    }

    /// <summary>
    /// Draws among all that fit, busy or not: a worker that runs nothing is never busy, and would have most seats of a crowded market if it
    /// were among those that are free.
    /// </summary>
    private void Direct(MarketJob seat, TimeSpan now)
    {
        var panel = seat.Panel!;
        panel.Release(seat);
        (seat.Directed, seat.DirectedOwner, seat.Draw) = (null, null, null);
        bool IsPassedOver(MarketOffer offer) => offer.Passes.IsPassedOver(now) && !(offer.IsWaiting && offer.Room > 0);
        if (offers.Draw(seat, isNow: false, chance, IsPassedOver) is { } drawn)
        {
            panel.Take(seat, drawn.Offer);
            (seat.Directed, seat.DirectedOwner, seat.Draw) = (drawn.Offer.Worker, drawn.Offer.PayTo, SeatDraw.Of(drawn, now));
        }
    }

    public MarketOffer? FindForSeat(MarketJob seat) =>
        seat.Directed is not { } only ? offers.Draw(seat, isNow: true, chance)
        : offers.FindForSeats(only) is { Capacity: > 0 } offer && SeatBoard.Fits(seat, offer) ? offer
        : null;

    /// <summary>A run without the others would be made in vain.</summary>
    /// <returns>What is lacking, in words for the end of a sentence; null where nothing is.</returns>
    private string? OwnersRefusal(MarketJob job)
    {
        var assurance = job.Ticket.Spec.Assurance;
        var needed = assurance.Seats;
        var owners = new HashSet<AccountId>();
        var left = MarketPolicy.SearchedOffersMax;
        foreach (var set in (ReadOnlySpan<OfferSet>)[offers, offers.Lent])
        {
            set.ByPrice.Walk(offer =>
            {
                if (SeatBoard.Fits(job, offer))
                {
                    owners.Add(offer.Offer.PayTo);
                }
                return owners.Count < needed && --left > 0 && offer.Price <= job.PriceCap;
            });
        }
        return owners.Count < needed
            ? $"{assurance} takes workers of {needed} owners whose price the limit covers, and there {(owners.Count == 1 ? "is" : "are")} "
                + $"{owners.Count}"
            : null;
    }

    /// <summary>Trials that are under way.</summary>
    public int TrialCount => _trials.Count;

    /// <returns>How many jurors of the job's trial have a result; null: none is under way.</returns>
    public int? JurorsIn(JobId job) => _trials.TryGetValue(job, out var trial) ? trial.InCount : null;

    /// <returns>
    /// The panel of a trial; null where the job's is under way, or too few could be jurors now: the dispute asks again.
    /// </returns>
    public TrialPanel? OpenTrial(Trial trial, MarketTime now)
    {
        if (_trials.ContainsKey(trial.Ticket.Job))
        {
            return null;
        }
        // Jurors are paid by those that lose, so neither the buyer's price limit nor its reputation counts.
        var spec = trial.Ticket.Spec with
        {
            PriceMax = trial.SeatPriceMax,
            Assurance = default,
            Priority = 0,
            // A juror that cannot take its seat soon, or loses its run, is late: others are drawn.
            ExpiresAfter = PanelPolicy.JurorWaitMax,
            RetriesMax = 0,
        };
        var job = new MarketJob(trial.Ticket with { Spec = spec, Refusals = null }) { HandedBuyerScore = int.MaxValue };
        book.EnterClass(job, now);
        job.Figures = book.Prices.Of(job);
        var panel = new TrialPanel(job, trial, now.Running);
        if (book.IsPaused || JurorsFor(panel).Select(offer => offer.Offer.PayTo).Distinct().Count() < trial.Lead)
        {
            offers.Classes.Leave(job.Class);
            return null;
        }
        (job.Phase, job.Panel) = (MarketPhase.Seated, panel);
        _trials.Add(trial.Ticket.Job, panel);
        return panel;
    }

    /// <summary>The trial is over.</summary>
    public void EndTrial(TrialPanel panel, MarketTime now)
    {
        CloseSeats(panel.Job, now);
        panel.Job.Phase = MarketPhase.Gone;
        DeadlineHeap.Leave(panel.Job);
        offers.Classes.Leave(panel.Job.Class);
        _trials.Remove(panel.Trial.Ticket.Job);
    }

    /// <summary>
    /// Draws jurors by what is at stake for them, so that an account cannot have many for nothing: none of the voters, one of an owner.
    /// </summary>
    private void Draw(TrialPanel panel, MarketTime now)
    {
        var able = JurorsFor(panel).FindAll(offer => panel.LostBy(offer.Offer) == 0);
        for (var left = panel.Missing; left > 0; left--)
        {
            if (able.Count == 0)
            {
                // In a small market one that was restarted is better than no verdict.
                able = JurorsFor(panel).FindAll(offer => panel.LostBy(offer.Offer) < PanelPolicy.JurorTriesMax);
            }
            if (able.Count == 0)
            {
                panel.Exhaust();
                return;
            }
            var drawn = ByStake(able);
            panel.Bar(drawn.Offer);
            able.RemoveAll(offer => offer.Offer.PayTo == drawn.Offer.PayTo);
            Draw(panel, drawn.Offer.Worker, now, drawn.Offer.PayTo);
        }
    }

    private List<MarketOffer> JurorsFor(TrialPanel panel)
    {
        var trial = panel.Trial;
        return
        [
            .. All.Where(offer => !offer.Standing.Stake.IsZero && !panel.IsBarred(offer.Offer))
                .Where(offer => !trial.Voters.Contains(offer.Offer.Worker) && !trial.Owners.Contains(offer.Offer.PayTo))
                .Where(offer => SeatBoard.Fits(panel.Job, offer))
                .OrderBy(offer => offer.Offer.Worker),
        ];
    }

    private MarketOffer ByStake(IReadOnlyList<MarketOffer> offers)
    {
        var sum = offers.Aggregate(0.0, (sum, offer) => sum + (double)offer.Standing.Stake.BaseUnits);
        var place = chance.Next() * sum;
        foreach (var offer in offers)
        {
            place -= (double)offer.Standing.Stake.BaseUnits;
            if (place < 0)
            {
                return offer;
            }
        }
        return offers[^1];
    }

    /// <summary>Gives the panel the seats that it lacks.</summary>
    public void Draw(Panel panel, MarketTime now)
    {
        if (panel is TrialPanel trial)
        {
            Draw(trial, now);
            return;
        }
        if (panel.Committee is { } committee)
        {
            foreach (var member in MembersFor(panel.Job, committee).ToArray())
            {
                Draw(panel, member, now);
            }
            return;
        }
        for (var left = panel.Missing; left > 0; left--)
        {
            Draw(panel, null, now);
        }
    }

    private void Draw(Panel panel, WorkerId? member, MarketTime now, AccountId? owner = null)
    {
        var job = panel.Job;
        var seat = new MarketJob(job.Ticket, job.KeepsAll)
        {
            Panel = panel,
            Directed = member,
            DirectedOwner = owner,
            Class = job.Class,
            Figures = job.Figures,
            ExpiresAt = now.Wall + job.Ticket.Spec.ExpiresAfter,
        };
        panel.Add(seat);
        _seatCount++;
        book.Wait(seat, now);
    }

    /// <summary>A worker has a result of the seat and keeps it sealed: its slot is free.</summary>
    public void Seal(MarketJob seat, Bytes32 commitment)
    {
        MarketBook.FreeSlot(seat);
        DeadlineHeap.Leave(seat);
        (seat.Phase, seat.Commitment) = (MarketPhase.Sealed, commitment);
        book.Touched.Add(seat.Offer!);
    }

    /// <summary>
    /// Seats that wait for one worker each, which takes them no more: it has gone, or has nothing at stake any more, or gets no leases.
    /// </summary>
    public IReadOnlyList<MarketJob> FindStranded() =>
        [.. Waiting.Directed.Where(seat => offers.FindForSeats(seat.Directed!.Value) is not { } offer || !SeatBoard.Fits(seat, offer))];

    /// <summary>Asks the workers of sealed results to tell them.</summary>
    public void Reveal(Panel panel)
    {
        foreach (var seat in panel.Seats)
        {
            seat.Offer!.OrderReveal(seat.Lease!.Id);
            book.Touched.Add(seat.Offer);
        }
    }

    /// <summary>When the panel is to be looked at again.</summary>
    public void SetDue(Panel panel)
    {
        if (panel.DueAt is { } due)
        {
            book.Deadlines.Set(panel.Job, due.Ticks);
        }
    }

    /// <summary>The seat's run is over and counted, or no use any more.</summary>
    public void RemoveSeat(MarketJob seat, MarketTime now)
    {
        seat.Panel!.Remove(seat);
        _freedPanels.Add(seat.Panel);
        _seatCount--;
        book.Unlease(seat, now);
        DeadlineHeap.Leave(seat);
        seat.Phase = MarketPhase.Gone;
    }

    /// <summary>The job ends: workers whose runs of it are not over stop.</summary>
    public void CloseSeats(MarketJob job, MarketTime now)
    {
        foreach (var seat in job.Panel?.Seats.ToArray() ?? [])
        {
            CloseSeat(seat, "the job has ended, or runs again", now);
        }
    }

    /// <summary>The panel is no more: its job has ended, or waits for another one.</summary>
    public void ClosePanel(MarketJob job, MarketTime now)
    {
        if (job.Panel is null)
        {
            return;
        }
        CloseSeats(job, now);
        job.Panel = null;
        _panelCount--;
    }

    /// <summary>What the panel has counted is no use: the job waits for another one, at its old place in the queue.</summary>
    public void Reopen(MarketJob job, MarketTime now)
    {
        ClosePanel(job, now);
        DeadlineHeap.Leave(job);
        book.Requeue(job, now);
    }

    /// <summary>The seat goes: its worker stops.</summary>
    /// <param name="seat">Which.</param>
    /// <param name="reason">What a worker hears that reports nevertheless.</param>
    /// <param name="now">The moment.</param>
    public void CloseSeat(MarketJob seat, string reason, MarketTime now)
    {
        book.StopLease(seat, reason);
        RemoveSeat(seat, now);
    }

    public void Unready(MarketJob job)
    {
        if (job.IsSeat)
        {
            Waiting.Remove(job);
        }
        else
        {
            book.Queue.Unready(job);
        }
    }

    public void TakeReady(MarketJob job)
    {
        if (job.IsSeat)
        {
            Waiting.Remove(job);
        }
        else
        {
            book.Queue.Take(job);
        }
    }

    /// <summary>Other workers of the owner may have another seat now.</summary>
    public void FreePanel(MarketJob seat, WorkerOffer offer)
    {
        if (seat.IsSeat)
        {
            seat.Panel!.Free(seat, offer);
            _freedPanels.Add(seat.Panel);
        }
    }

    public void PlaceFreedSeats(MarketTime now)
    {
        foreach (var seat in _freedPanels.SelectMany(panel => panel.Seats).Where(seat => seat.Phase == MarketPhase.Ready).ToArray())
        {
            if (!book.IsPaused && seat.Phase == MarketPhase.Ready)
            {
                book.Place(seat, now);
            }
        }
        _freedPanels.Clear();
    }
}
