namespace Marketplace.Cli.Commands;

/// <summary>
/// Waits for the end of a job, and says how it stands: on a terminal in a line that changes, elsewhere once, where it waits for long.
/// </summary>
internal sealed class JobWait(Invocation run) : IProgress<Job>, IDisposable
{
    /// <summary>How often the status line is renewed. Most jobs have ended before the first one is due.</summary>
    public static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    /// <summary>A job that has waited for so many answers is explained: before, an offer is mostly only busy.</summary>
    private const int AnswersBeforeReason = 2;

    private readonly StatusLine _line = new(run.Surroundings);
    private readonly long _start = run.Surroundings.Clock.GetTimestamp();
    private int _pending;
    private string? _reason;
    private bool _isExplained;

    public JobId? Id { get; private set; }

    /// <summary>What is to be done with the job when its id is known.</summary>
    public Action<JobId>? WhenKnown { get; set; }

    /// <summary>The job as it ended.</summary>
    /// <param name="job">How it stands now.</param>
    public async Task<Job> End(Job job)
    {
        Report(job);
        if (job.State == JobState.Pending)
        {
            await SayPrice(job);
        }
        try
        {
            if (!job.State.HasEnded())
            {
                job = await run.Client.Jobs.Wait(job.Id, this, Slice, run.Cancellation);
            }
        }
        catch (MarketplaceUnreachableException)
        {
            Note(
                $"market: the service has the job {job.Id}, which is not lost. When it answers again, 'market job wait "
                    + $"{Ids.Short(job.Id)}' waits for "
                    + "its end."
            );
            throw;
        }

        _line.Clear();
        return job;
    }

    public void Report(Job job)
    {
        Id = job.Id;
        WhenKnown?.Invoke(job.Id);
        WhenKnown = null;
        if (job.State.HasEnded())
        {
            return;
        }
        if (job.State != JobState.Pending)
        {
            _reason = null;
        }
        else if (++_pending == AnswersBeforeReason && !_isExplained)
        {
            _ = Explain(job.Id);
        }
        if (run.Surroundings.ErrorIsTerminal)
        {
            Show(job.State);
        }
        else if (_reason is { } reason && !_isExplained)
        {
            Say($"market: the job {job.Id} waits: {reason}");
        }
    }

    /// <summary>Says something beside the line.</summary>
    public void Note(string text)
    {
        _line.Clear();
        run.Note(text);
    }

    public void Dispose() => _line.Dispose();

    private void Show(JobState state)
    {
        var seconds = run.Surroundings.Clock.GetElapsedTime(_start).TotalSeconds;
        _line.Show($"{SnakeCase.Of(state)}, {seconds:0} s{(_reason is null ? "" : ": " + _reason)}");
    }

    /// <summary>A price limit that no offer meets is said at once: waiting alone seldom helps.</summary>
    private async Task SayPrice(Job job)
    {
        // Only of the offers that fit: a cheaper one with too little memory would not take the job at its price either.
        if (await TryExplain(job.Id) is not { CheapestPrice: { } least } || least <= job.PriceMax)
        {
            return;
        }
        Say(
            $"market: the job {job.Id} waits: its price limit is {Table.Show(job.PriceMax)}, and the cheapest offer that fits asks "
                + $"{Table.Show(least)} "
                + $"for {Table.Show(job.FuelMax)} fuel.\n'market job cancel {Ids.Short(job.Id)}' takes it back; --max-price {least} "
                + "would do now."
        );
    }

    private void Say(string text)
    {
        _isExplained = true;
        Note(text);
    }

    private async Task Explain(JobId id) => _reason = (await TryExplain(id))?.Summary;

    private async Task<JobExplanation?> TryExplain(JobId id)
    {
        try
        {
            return await run.Client.Jobs.Explain(id, run.Cancellation);
        }
        catch (Exception unknown) when (Failure.IsOfService(unknown) || unknown is OperationCanceledException)
        {
            // Only beside the wait: the wait itself reports what fails.
            return null;
        }
    }
}
