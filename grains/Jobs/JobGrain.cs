using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// One job. Two writes: the pending job and, with everything that happened since, its end. Between them only the market knows more, in
/// memory. Once the job has ended and all waiting calls have been answered, the activation goes. What is stored changes only from absent to
/// pending to ended. So "it has ended" is never out of date; "it is open" and "it does not exist" may be, and are read again before an
/// effect rests on them.
/// </summary>
public sealed partial class JobGrain : Grain, IJobGrain
{
    private readonly TimeProvider _clock;
    private readonly ILogger<JobGrain> _log;
    private readonly JobId _id;
    private readonly StoredDocument<JobState> _job;
    private readonly JobWaiters _waiters;
    private readonly ResidentJobs _resident;
    private readonly MarketShards _shards;
    private readonly MarketIdentity _market;
    private readonly MarketDomain _domain;
    private readonly IJobWatch[] _watches;
    private readonly JobKeeping _keeping;
    private (AccountId Account, int Bytes) _kept;

    public JobGrain(
        IDocumentStore documents,
        TimeProvider clock,
        IHostFacts host,
        ResidentJobs resident,
        MarketShards shards,
        MarketIdentity market,
        MarketDomain domain,
        IEnumerable<IJobWatch> watches,
        JobKeeping keeping,
        ILogger<JobGrain> log
    )
    {
        (_watches, _keeping) = ([.. watches], keeping);
        (_clock, _resident, _shards, _market, _domain, _log) = (clock, resident, shards, market, domain, log);
        _id = JobId.Parse(this.GetPrimaryKeyString());
        _job = new StoredDocument<JobState>(documents, new DocumentKey(JobStateCodec.Kind, _id.ToString()), JobStateCodec.Form);
        _waiters = new JobWaiters(clock, host);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_kept.Bytes > 0)
        {
            _resident.Release(_kept.Account, _kept.Bytes);
        }
        _kept = default;
        return Task.CompletedTask;
    }

    public async Task<JobAdmission> Submit(JobSubmission submission, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Submission);
        var now = _clock.GetUtcNow();
        var hash = JobSpecCodec.Hash(submission.Spec);
        if (now - submission.HeldAt > JobPolicy.HoldAgeMax)
        {
            await LoadPresent();
            if (_job.Value is null)
            {
                DeactivateOnIdle();
                return new JobAdmission(JobAdmissionKind.HoldTooOld, now, submission.HeldAt);
            }
        }
        else if (_job.Value is null && await TryCreate(submission, hash, now) is { } created)
        {
            LeaveUnlessKept();
            return new JobAdmission(JobAdmissionKind.Created, created.SubmittedAt, created.HeldAt, created.ToSettlement(_id));
        }

        var known = _job.Value!;
        LeaveUnlessKept();
        EnqueueIfForgotten(known, now);
        var kind =
            known.IsDropped ? JobAdmissionKind.Dropped
            : known.SpecHash == hash && known.Account == submission.Account ? JobAdmissionKind.Existed
            : JobAdmissionKind.Conflict;
        return new JobAdmission(kind, known.SubmittedAt, known.HeldAt);
    }

    /// <returns>Null where the job exists: this activation goes then, unless it knew.</returns>
    private async ValueTask<JobState?> TryCreate(JobSubmission submission, Bytes32 hash, DateTimeOffset now)
    {
        var job = JobState.Create(submission, hash, now);
        if (submission.Answer is { } answer)
        {
            // The silo whose clock is behind must not write an end that is earlier than that of the job which answers.
            job = job.EndWith(answer, now < submission.EarlierEndedAt ? submission.EarlierEndedAt : now);
            RequireSound(job);
        }
        if (!await _job.TryCreate(job))
        {
            return null;
        }
        foreach (var watch in _watches)
        {
            watch.Created(_id);
        }
        TellEnd(job);
        return job;
    }

    public async Task<JobSettlement?> Complete(JobEnd end, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Market);
        await LoadPresent();
        if (end.Certificate is { } certificate)
        {
            RequireEpoch(certificate.Epoch);
        }
        if (_job.Value is { Ending: null } open)
        {
            var ended = Ended(open, end);
            await _job.Write(ended);
            _waiters.Release();
            TellEnd(ended);
            _ = KeepForOthers(ended);
        }
        LeaveUnlessKept();
        return _job.Value?.ToSettlement(_id);
    }

    public async Task<JobProposal?> Propose(JobEnd end, ulong epoch, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Market);
        await LoadPresent();
        RequireEpoch(epoch);
        if (_job.Value is { Ending: null } open && open.ProposedEpoch < epoch)
        {
            var proposed = open.Propose(end, epoch, _clock.GetUtcNow());
            RequireSound(proposed with { Ending = proposed.Proposed });
            await _job.Write(proposed);
        }
        LeaveUnlessKept();
        return _job.Value is { Proposed: { } known } job ? JobReceipts.Draft(job, known, _id, epoch) : null;
    }

    /// <summary>
    /// A market that another one has overtaken must not have the receipt of one epoch signed by the committee of another.
    /// </summary>
    private void RequireEpoch(ulong epoch)
    {
        if (_job.Value is { Ending: null, Proposed: not null } job && job.ProposedEpoch > epoch)
        {
            throw new MarketException(
                ErrorCode.Unavailable,
                $"The end of job {_id} is proposed to a committee of epoch {job.ProposedEpoch}; the call is of epoch {epoch}, which is "
                    + "over."
            );
        }
    }

    public async Task<JobView> Cancel(Caller caller)
    {
        Authorities.Require(caller, Scopes.Submit);
        var job = await LoadOwned(caller);
        var end = await CancelledEnd(job);
        // While the market was asked, a call in between may have read that the job has ended.
        job = await LoadOwned(caller);
        if (end is null || job.Ending is not null)
        {
            return AnswerEnded(job);
        }
        var ended = Ended(job, job.Proposed is { } proposed ? JobCancelling.AtPriceOf(proposed) : end);
        await _job.Write(ended);
        _waiters.Release();
        TellEnd(ended);

        // The cancellation stands even if these two calls fail: the market's report will find the job ended, and the account asks for the
        // ends of old holds by itself.
        _ = Try(() => MarketOf(job).Withdraw(_id, Authority.Job), "withdraw it from the market", JobPolicy.WithdrawAttemptsMax);
        _ = Try(
            () =>
                LostWrites.Resend(() =>
                    GrainFactory.GetGrain<IAccountGrain>(job.Account.ToString()).Settle([ended.ToSettlement(_id)!], Authority.Job)
                ),
            "release its hold"
        );
        LeaveUnlessKept();
        return ended.ToView(_id);
    }

    public async Task<JobView> Get(Caller caller)
    {
        var job = await LoadOwned(caller);
        return await LiveView(job);
    }

    public async Task<JobView> WaitEnded(Caller caller, TimeSpan atMost, CancellationToken cancellation)
    {
        var job = await LoadOwned(caller);
        if (job.Ending is null && await _waiters.Wait(atMost, cancellation))
        {
            job = await LoadOwned(caller);
        }
        return await LiveView(job);
    }

    public async Task<ReadOnlyMemory<byte>> GetLog(Caller caller)
    {
        var job = await LoadOwned(caller);
        LeaveUnlessKept();
        return job.Ending?.End.Log ?? default;
    }

    public async Task<ReadOnlyMemory<byte>> GetReceipt(Caller caller)
    {
        var job = await LoadOwned(caller);
        LeaveUnlessKept();
        return (await ReceiptOf(job))?.ToJson()
            ?? throw new MarketException(
                ErrorCode.ReceiptNotFound,
                job.Ending is null
                    ? $"Job {_id} is {JobStatusNames.Of(job.Status)}; it has a receipt when it has ended."
                    : $"Job {_id} ended before workers signed what they run, or under another key of this market, so it has no receipt."
            );
    }

    public async Task<ReusableRun?> GetReusable(Authority by)
    {
        Authorities.Require(by, Authority.Submission, Authority.Job);
        await LoadPresent();
        var run =
            _job.Value is { } job && ReuseRules.MayAnswer(job) && await ReceiptOf(job) is { } receipt ? job.ToReusable(_id, receipt) : null;
        LeaveUnlessKept();
        return run;
    }

    /// <summary>Null where it has none, or not yet.</summary>
    private async ValueTask<ReceiptFile?> ReceiptOf(JobState job)
    {
        var certificate = job.Ending?.End.Certificate is { } place
            ? await GrainFactory.GetGrain<ICertificateGrain>(place.Root.ToString()).Get()
            : null;
        var earlier =
            job.Ending?.End.Reuse is { } reuse
            && await GrainFactory.GetGrain<IJobGrain>(reuse.Job.ToString()).GetReusable(Authority.Job) is { } run
                ? ReceiptFile.Parse(run.Receipt.Span)
                : null;
        return JobReceipts.Of(job, _id, _market, _domain, certificate, earlier);
    }

    /// <summary>
    /// The index learns of a job that may answer others. What fails is lost: then they run. Not awaited, since those who are paid by the
    /// end must not wait for an index.
    /// </summary>
    private async Task KeepForOthers(JobState ended)
    {
        foreach (var (key, epoch) in ReuseRules.KeysOf(ended))
        {
            var seats = JobReceipts.SeatsOf(ended.Ending!.End).Length;
            var known = new ReusableJob(_id, ended.Spec.Assurance, seats, ended.Ending.EndedAt) { Epoch = epoch };
            await Try(
                () => LostWrites.Resend(() => GrainFactory.GetGrain<IReuseGrain>(key.ToString()).Keep(known, Authority.Job)),
                "let others be answered from it"
            );
        }
    }

    public async Task<JobExplanation> Explain(Caller caller)
    {
        var job = await LoadOwned(caller);
        LeaveUnlessKept();
        if (job.Ending is { } ending)
        {
            return ending.End.Explanation;
        }
        if (await Ask(() => MarketOf(job).Explain(_id)) is { } open)
        {
            LeaveUnlessKept();
            return open.Explanation;
        }

        EnqueueIfForgotten(job, _clock.GetUtcNow());
        return new JobExplanation("The job is on its way into the market's queue.", []);
    }

    /// <summary>A job that was cancelled before answers as then; one that ended otherwise cannot be cancelled.</summary>
    private JobView AnswerEnded(JobState job)
    {
        LeaveUnlessKept();
        return job.Status == JobStatus.Cancelled
            ? job.ToView(_id)
            : throw new MarketException(
                ErrorCode.JobEnded,
                $"Job {_id} is {JobStatusNames.Of(job.Status)} since {job.Ending!.EndedAt:O}; it cannot be cancelled."
            );
    }

    /// <summary>The end of a job that its client cancels: what its run has used by the worker's last word is paid.</summary>
    /// <returns>Null where it has ended already.</returns>
    private async ValueTask<JobEnd?> CancelledEnd(JobState job)
    {
        if (job.Ending is not null)
        {
            return null;
        }
        var (run, fuel) = await FindRun(job);
        return JobCancelling.Of(run, fuel);
    }

    /// <summary>The run of the open job and what it counts as. A market without an answer must not keep a client from cancelling.</summary>
    private async ValueTask<(OpenRun? Run, long Fuel)> FindRun(JobState job)
    {
        try
        {
            if (await MarketOf(job).FindRun(_id, Authority.Job) is not { HasBegun: true } run)
            {
                return (null, 0);
            }
            var program = GrainFactory.GetGrain<IProgramGrain>(job.Spec.Program.ToString());
            return (run, Math.Max(run.FuelUsed, JobPricing.SetUpFuel((await program.Get()).ModuleSize)));
        }
        catch (Exception failure)
        {
            LogSideCallFailed(failure, _id, "ask what its run has used");
            return (null, 0);
        }
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.JobNotFound"/>, alike for unknown jobs and jobs of others;
    /// <see cref="ErrorCode.JobDropped"/>.</exception>
    private async ValueTask<JobState> LoadOwned(Caller caller)
    {
        await LoadPresent();
        if (_job.Value is { } job && job.Account == caller.Account)
        {
            return RequireKept(job);
        }
        LeaveUnlessKept();
        throw new MarketException(ErrorCode.JobNotFound, $"There is no job {_id} of this account.");
    }

    /// <summary>Loads the job; that it does not exist is looked up anew.</summary>
    private async ValueTask LoadPresent()
    {
        await _job.Load();
        if (_job.Value is null)
        {
            await _job.Refresh();
        }
    }

    private JobState Ended(JobState job, JobEnd end)
    {
        var ended = job.EndWith(end, _clock.GetUtcNow());
        RequireSound(ended);
        return ended;
    }

    private void TellEnd(JobState job)
    {
        foreach (var watch in job.Ending is null ? [] : _watches)
        {
            watch.Ended(job.ToView(_id), job.HeldAt, isSigned: job.Ending!.End.Proof is not null);
        }
    }

    private void RequireSound(JobState ended)
    {
        if (JobInvariants.Violations(ended) is [_, ..] violations)
        {
            throw new InvalidOperationException($"This is a bug in the market: job {_id} would break {string.Join("; ", violations)}.");
        }
    }

    /// <summary>
    /// Adds what only the market knows of an open job. One that the market does not know may have been ended by another activation: it is
    /// read again.
    /// </summary>
    private async ValueTask<JobView> LiveView(JobState job)
    {
        if (job.Ending is null)
        {
            if (await Ask(() => MarketOf(job).FindJob(_id)) is { } open)
            {
                LeaveUnlessKept();
                var view = job.ToView(_id);
                return view with { Status = open.Status, History = [.. view.History, .. open.History] };
            }

            await _job.Refresh();
            job = _job.Value ?? job;
        }

        LeaveUnlessKept();
        return job.ToView(_id);
    }

    private IMarketGrain MarketOf(JobState job) =>
        GrainFactory.GetGrain<IMarketGrain>(_shards.KeyOf(job.Account, job.Spec.Program, job.UsesState));

    /// <returns>Null also where the market does not answer: the stored part is still true; only the live part is missing.</returns>
    private async ValueTask<TAnswer?> Ask<TAnswer>(Func<Task<TAnswer?>> question)
        where TAnswer : class
    {
        try
        {
            return await question();
        }
        catch (Exception failure)
        {
            LogSideCallFailed(failure, _id, "ask the market about it");
            return null;
        }
    }

    /// <summary>
    /// If a crash kept the job out of the queue, it would wait until the market looks for such jobs. The market ignores a ticket that it
    /// has.
    /// </summary>
    private void EnqueueIfForgotten(JobState job, DateTimeOffset now)
    {
        if (job.Ending is null && now - job.SubmittedAt > JobPolicy.EnqueueAgainAfter)
        {
            _ = Try(EnqueueIfOpen, "queue it again");
        }
    }

    private async Task EnqueueIfOpen()
    {
        await _job.Refresh();
        if (_job.Value is { Ending: null } open)
        {
            await MarketOf(open).Enqueue([open.ToTicket(_id)], Authority.Job);
        }
    }

    /// <summary>
    /// An ended job does not change any more, and an absent job has nothing to keep in memory. An open job stays while there is room for
    /// it. A call that waits for its end keeps it, because an activation that leaves takes no new call before its last one is over.
    /// </summary>
    private void LeaveUnlessKept()
    {
        if (_job.Value is not { Ending: null } open || _job.HasLost)
        {
            DeactivateOnIdle();
            return;
        }

        if (_kept.Bytes > 0)
        {
            return;
        }
        var size = JobPolicy.ActivationBytes + JobSizes.Of(open.Spec, open.RequestId, open.Refusals);
        if (_resident.TryKeep(open.Account, size))
        {
            _kept = (open.Account, size);
        }
        else if (_waiters.IsEmpty)
        {
            DeactivateOnIdle();
        }
    }

    /// <summary>A call that this job's own state does not depend on; a grain that needs its effect has another way to it.</summary>
    private async Task Try(Func<Task> call, string what, int attemptsMax = 1)
    {
        for (var attempt = 1; attempt <= attemptsMax; attempt++)
        {
            try
            {
                await call();
                return;
            }
            catch (Exception failure)
            {
                LogSideCallFailed(failure, _id, what);
            }
        }
    }
}
