namespace Marketplace;

/// <summary>A submitted job: wait for it, cancel it, read what it gave. Thread-safe; made by <see cref="JobsClient.Start"/>.</summary>
public sealed class JobHandle
{
    private readonly JobsClient _jobs;
    private volatile Job _last;

    /// <summary>A handle of a job that is known already.</summary>
    /// <param name="jobs">Asks the service.</param>
    /// <param name="job">How the job stands.</param>
    public JobHandle(JobsClient jobs, Job job)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        ArgumentNullException.ThrowIfNull(job);
        (_jobs, _last) = (jobs, job);
    }

    /// <summary>The job.</summary>
    public JobId Id => _last.Id;

    /// <summary>How the job stood in the last answer that this handle got.</summary>
    public Job Last => _last;

    /// <summary>Waits until the job has ended, however long that takes; look at its state.</summary>
    /// <param name="progress">Told how the job stands whenever an answer says so.</param>
    /// <param name="cancellation">Ends the wait, not the job.</param>
    public async Task<Job> Wait(IProgress<Job>? progress = null, CancellationToken cancellation = default) =>
        _last.State.HasEnded() ? _last : _last = await _jobs.Wait(Id, progress, cancellation: cancellation).ConfigureAwait(false);

    /// <summary>Cancels the job. Cancelling it twice changes nothing.</summary>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.JobEnded"/>: it ended otherwise before.</exception>
    public async Task<Job> Cancel(CancellationToken cancellation = default) =>
        _last = await _jobs.Cancel(Id, cancellation).ConfigureAwait(false);

    /// <summary>Waits for the end and gives the output, at most 64 MiB.</summary>
    /// <exception cref="JobNotCompletedException">The job ended without an output.</exception>
    public async Task<byte[]> Output(CancellationToken cancellation = default) =>
        await _jobs.Output(await Completed(cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);

    /// <summary>Waits for the end and gives the output as UTF-8 text.</summary>
    /// <exception cref="JobNotCompletedException">The job ended without an output.</exception>
    public async Task<string> OutputText(CancellationToken cancellation = default) =>
        await _jobs.OutputText(await Completed(cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);

    /// <summary>Waits for the end and opens the output.</summary>
    /// <exception cref="JobNotCompletedException">The job ended without an output.</exception>
    public async Task<Stream> OpenOutput(CancellationToken cancellation = default) =>
        await _jobs.OpenOutput(await Completed(cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);

    /// <summary>What the program wrote to its log.</summary>
    public Task<byte[]> Log(CancellationToken cancellation = default) => _jobs.Log(Id, cancellation);

    /// <summary>Why the job was matched as it was, or why it waits.</summary>
    public Task<JobExplanation> Explain(CancellationToken cancellation = default) => _jobs.Explain(Id, cancellation);

    private async Task<Job> Completed(CancellationToken cancellation)
    {
        var job = await Wait(cancellation: cancellation).ConfigureAwait(false);
        return job.State == JobState.Completed ? job : throw new JobNotCompletedException(job);
    }
}

/// <summary>
/// A job ended without the output that was asked for; the message has its state and reason, which may hold text that the program chose.
/// </summary>
/// <param name="job">The job as it ended.</param>
public sealed class JobNotCompletedException(Job job)
    : Exception($"The job {job.Id} ended as {job.State}: {job.Reason ?? "no reason is given"}")
{
    /// <summary>The job as it ended.</summary>
    public Job Job { get; } = job;
}
