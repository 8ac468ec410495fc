namespace Marketplace.Grains;

/// <summary>
/// What time brings: expiry, missed leases, retries, workers that fell silent. One timer for all of it, set to the next deadline. A jump of
/// the wall clock moves expiries alone; the next round of maintenance sees it at the latest.
/// </summary>
internal sealed partial class MarketGrain
{
    private IGrainTimer? _rebuild;

    /// <summary>The queue is read after the activation has answered: with a million jobs it takes longer than a call may.</summary>
    private void BeginRebuild() => _rebuild = this.RegisterGrainTimer(Rebuild, Options(TimeSpan.Zero, MarketPolicy.StorageRetryDelay));

    /// <summary>The reminder wakes the market after a restart, so that queued jobs do not wait for the next call.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => CheckStart();

    private async Task Rebuild(CancellationToken cancellation)
    {
        try
        {
            var count = 0;
            await _openJobs.Read(
                job => _book.Find(job) is null,
                ticket => count += IsOwn(ticket) && _book.Add(ticket, Now) ? 1 : 0,
                cancellation
            );
            await _stays.FindHeld();
            await this.RegisterOrUpdateReminder(MarketPolicy.WakeReminder, MarketPolicy.WakePeriod, MarketPolicy.WakePeriod);
            _rebuild?.Dispose();
            if (_steppedDown)
            {
                return;
            }
            _book.Resume(Now);
            _gossip.Started(_book);
            LogStarted(this.GetPrimaryKeyString(), _book.Start, count);
            _traffic.Announce();
            Act();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogRebuildFailed(failure, this.GetPrimaryKeyString());
        }
    }

    private Task OnTimer()
    {
        var dueAt = _timerAt;
        _timerAt = TimeSpan.MaxValue;
        if (_steppedDown)
        {
            return Task.CompletedTask;
        }
        var now = Now;
        if (now.Running - dueAt is var late && late > MarketPolicy.StillMin)
        {
            LogStoodStill(this.GetPrimaryKeyString(), late);
            _book.Forgive(late, now);
        }
        // What is left is due at once, after the calls that came meanwhile.
        for (var left = MarketPolicy.DueJobsMax; left > 0 && _book.TakeDue(now) is { } job; left--)
        {
            OnDeadline(job, now);
        }
        _book.MoveAuctions(now, byTime: true);
        _windows.OnTime(now.Running);
        if (_book.Pace.HasHeld)
        {
            _book.BeginRound(_reports.Ending, now);
        }
        if (now.Running >= _maintainedAt + MarketPolicy.MaintenancePeriod)
        {
            Maintain(now);
        }
        Act();
        return Task.CompletedTask;
    }

    private void OnDeadline(MarketJob job, MarketTime now)
    {
        switch (job.Phase)
        {
            case MarketPhase.InLine or MarketPhase.Ready or MarketPhase.Delayed or MarketPhase.Bidding when now.Wall >= job.ExpiresAt:
                _reports.Expire(job);
                break;
            case MarketPhase.InLine or MarketPhase.Ready or MarketPhase.Bidding:
                _book.Reconsider(job, now);
                break;
            case MarketPhase.Delayed:
                _book.PutBack(job, now);
                break;
            case MarketPhase.Leased when job.UnrecordedSince is not null:
                _ = _reports.Interrupted(job, "its end could not be recorded");
                break;
            case MarketPhase.Leased:
                var worker = job.Offer!.Offer.Worker;
                var (reason, isFailure) = job.Term!.Missed();
                LogLeaseMissed(job.Ticket.Job, worker, reason);
                _book.StopLease(job, reason);
                // A dead worker's poll that still waits would take more; one that lives polls again.
                _book.EndPoll(job.Offer);
                if (job is { Offer.Loan: not null, Term.IsKnown: false })
                {
                    // It may have been lost between the shards.
                    _reports.Returned(job, reason);
                    break;
                }
                _ = isFailure ? _reports.WorkerFailed(job, worker, reason) : _reports.Lost(job, reason);
                break;
            case MarketPhase.Seated:
                _reports.OnPanelDue(job);
                break;
            case MarketPhase.EndingLater when job is { OwnEnd: null, Panel: { } panel }:
                _ = _reports.Accept(panel);
                break;
            case MarketPhase.EndingLater:
                _ = _reports.EndOnOwnAccount(job, job.OwnEnd!);
                break;
            default:
                throw new InvalidOperationException(
                    $"This is a bug in the market: job {job.Ticket.Job} has a deadline in phase {job.Phase}."
                );
        }
    }

    private void Maintain(MarketTime now)
    {
        _maintainedAt = now.Running;
        foreach (var worker in _book.Silent(now))
        {
            LogWorkerSilent(worker);
            _gossip.Lost(_book.FindOffer(worker));
            _book.RemoveOffer(worker);
        }

        _stranded.GiveUp();
        _gossip.Pulse(_book);
        _book.Prices.SampleUse(now);
        _reports.SettleLeftOvers();
        _outcomes.SendDue();
        _ = _epochs.Look();
        _stays.Check();
        _loans.Maintain();
        // A few panels are tried at a time: where those find no workers, others have their turn.
        _book.Panels.Lines.NoteRoom();
        _ = CheckStart();
        if (now.Running >= _sweptAt.Running + MarketPolicy.SweepPeriod)
        {
            _ = Sweep(now);
        }
    }

    /// <summary>Sets the timer to the next deadline, if that is before the moment for which it is set.</summary>
    private void Rearm()
    {
        if (_steppedDown)
        {
            return;
        }
        var now = Now;
        var next = _maintainedAt + MarketPolicy.MaintenancePeriod;
        if (_book.NextDue(now) is { } due && due < next)
        {
            next = due;
        }
        if (_traffic.NextDue is { } told && told < next)
        {
            next = told;
        }
        if (_loans.NextDue is { } loan && loan < next)
        {
            next = loan;
        }
        if (_windows.NextDue is { } window && window < next)
        {
            next = window;
        }
        // Where as many ends are being recorded, what follows each of them looks again.
        if (_book.Pace.HasHeld && _reports.Ending < MarketPolicy.RoundLeasesMax)
        {
            next = now.Running;
        }
        if (next >= _timerAt)
        {
            return;
        }
        // What is due already is due now, however long it has been so: a timer that comes then is not late.
        _timerAt = next > now.Running ? next : now.Running;
        _timer.Change(next > now.Running ? next - now.Running : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
