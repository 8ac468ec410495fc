namespace Marketplace.Grains;

/// <summary>What time brings: expiry, missed leases, retries, workers that fell silent. One timer for all of it, set to the next deadline.</summary>
public sealed partial class MarketGrain
{
    private IGrainTimer? _rebuild;

    /// <summary>The queue is read after the activation has answered: with a million jobs it takes longer than a call may.</summary>
    private void BeginRebuild() =>
        _rebuild = this.RegisterGrainTimer(Rebuild, Options(TimeSpan.Zero, MarketPolicy.StorageRetryDelay));

    /// <summary>The reminder wakes the market after a restart, so that queued jobs do not wait for somebody to ask.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => CheckStart();

    private async Task Rebuild(CancellationToken cancellation)
    {
        try
        {
            var count = 0;
            await _openJobs.Read(
                OpenJobSpan.All, job => _book.Find(job) is null, ticket => count += _book.Add(ticket, _clock.GetUtcNow()) ? 1 : 0, cancellation);
            await this.RegisterOrUpdateReminder(MarketPolicy.WakeReminder, MarketPolicy.WakePeriod, MarketPolicy.WakePeriod);
            _rebuild?.Dispose();
            if (_steppedDown)
                return;
            _book.Resume(_clock.GetUtcNow());
            LogStarted(this.GetPrimaryKeyString(), _book.Start, count);
            Act();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogRebuildFailed(failure, this.GetPrimaryKeyString());
        }
    }

    private Task OnTimer()
    {
        _timerAt = DateTimeOffset.MaxValue;
        if (_steppedDown)
            return Task.CompletedTask;
        var now = _clock.GetUtcNow();
        while (_book.TakeDue(now) is { } job)
            OnDeadline(job, now);
        if (now >= _maintainedAt + MarketPolicy.MaintenancePeriod)
            Maintain(now);
        Act();
        return Task.CompletedTask;
    }

    private void OnDeadline(MarketJob job, DateTimeOffset now)
    {
        switch (job.Phase)
        {
            case MarketPhase.InLine or MarketPhase.Ready:
                _ = EndOnOwnAccount(job, MarketEnds.Expired(job, _book.Explain(job).Explanation));
                break;
            case MarketPhase.Delayed:
                _book.Requeue(job, now);
                break;
            case MarketPhase.Leased:
                var worker = job.Offer!.Offer.Worker;
                LogLeaseMissed(job.Ticket.Job, worker, job.Lease!.Deadline);
                _book.StopLease(job);
                _ = WorkerFailed(job, worker, "the worker did not report before the lease's deadline");
                break;
            case MarketPhase.EndingLater:
                _ = EndOnOwnAccount(job, job.OwnEnd!);
                break;
            default:
                throw new InvalidOperationException($"This is a bug in the market: job {job.Ticket.Job} has a deadline in phase {job.Phase}.");
        }
    }

    /// <summary>The worker is charged with a failed attempt: another worker tries, after a while, or the job fails.</summary>
    /// <returns>Completes when the job is queued again or its end was written or left for later; never fails.</returns>
    private Task WorkerFailed(MarketJob job, WorkerId worker, string reason)
    {
        var now = _clock.GetUtcNow();
        _book.Release(job);
        job.AddFailure(worker);
        job.Note(JobStatus.Pending, now, worker, reason);
        if (job.Failures > job.Ticket.Spec.RetriesMax)
            return EndOnOwnAccount(job, MarketEnds.WorkersFailed(job, worker, reason));
        _book.Requeue(job, now, MarketPolicy.RetryDelay(job.Failures, _chance));
        return Task.CompletedTask;
    }

    /// <summary>The run is over without anybody's fault being known: the job runs again, at its old place in the queue.</summary>
    /// <inheritdoc cref="WorkerFailed"/>
    private Task Interrupted(MarketJob job, string reason)
    {
        var now = _clock.GetUtcNow();
        var worker = job.Offer!.Offer.Worker;
        _book.Release(job);
        job.Interruptions++;
        job.Note(JobStatus.Pending, now, worker, reason);
        if (job.Interruptions > MarketPolicy.InterruptionsMax)
            return EndOnOwnAccount(job, MarketEnds.WorkersFailed(job, worker, $"{MarketPolicy.InterruptionsMax} runs were given up; the last: {reason}"));
        _book.Requeue(job, now);
        return Task.CompletedTask;
    }

    /// <summary>
    /// The worker had no slot after all. Its waiting poll asked for too much: it is answered, so that the worker asks anew instead of getting the
    /// same job again.
    /// </summary>
    private void Returned(MarketJob job, string reason)
    {
        var now = _clock.GetUtcNow();
        var offer = job.Offer!;
        _book.Release(job);
        job.Note(JobStatus.Pending, now, offer.Offer.Worker, reason);
        _book.EndPoll(offer);
        _book.Requeue(job, now);
    }

    private void Maintain(DateTimeOffset now)
    {
        _maintainedAt = now;
        foreach (var worker in _book.SilentSince(now - MarketPolicy.WorkerSilentMax))
        {
            LogWorkerSilent(worker);
            _book.RemoveOffer(worker);
        }

        SettleLeftOvers();
        _ = CheckStart();
        if (now >= _sweptAt + MarketPolicy.SweepPeriod)
            _ = Sweep(now);
    }

    /// <summary>Sets the timer to the next deadline, if that is before the moment for which it is set.</summary>
    private void Rearm()
    {
        if (_steppedDown)
            return;
        var next = _maintainedAt + MarketPolicy.MaintenancePeriod;
        if (_book.NextDeadline is { } deadline && deadline < next)
            next = deadline;
        if (next >= _timerAt)
            return;
        _timerAt = next;
        var due = next - _clock.GetUtcNow();
        _timer.Change(due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
