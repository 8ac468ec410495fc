namespace Marketplace.Cli.Commands;

/// <summary>
/// What an interrupt does to a job that is waited for. On a terminal the first one tells what the second one will do; elsewhere there is no
/// person to press twice, so the first one ends the command. The job itself is cancelled only where that was asked for.
/// </summary>
internal sealed class JobInterrupt(Invocation run, JobWait wait, bool cancel)
{
    /// <summary>An interrupt has asked for the job's cancellation.</summary>
    public bool Cancelled { get; private set; }

    /// <summary>From now on the first interrupt comes here.</summary>
    public void Begin()
    {
        if (cancel)
        {
            run.OnFirstInterrupt = FirstCancels;
        }
        else if (run.Surroundings.ErrorIsTerminal)
        {
            run.OnFirstInterrupt = FirstTells;
        }
    }

    /// <summary>What is said of a job that was left.</summary>
    /// <param name="id">Null where no answer told it.</param>
    /// <param name="requestId">Its request id.</param>
    public static Failure Left(JobId? id, string requestId) =>
        id is { } known
            ? new(
                ExitCodes.Interrupted,
                "interrupted",
                $"Interrupted. The job {known} goes on.",
                $"'market job wait {Ids.Short(known)}' waits for its end, 'market job cancel {Ids.Short(known)}' stops it."
            )
            : new(
                ExitCodes.Interrupted,
                "interrupted",
                "Interrupted while the job was being submitted.",
                $"'market job list' shows whether it is there; the same command with --request-id {requestId} reaches the same job."
            );

    private void FirstTells() =>
        wait.Note(
            wait.Id is { } id
                ? $"The job goes on. Press Ctrl-C again to leave; 'market job status {Ids.Short(id)}' shows how it stands, "
                    + $"'market job cancel {Ids.Short(id)}' stops it."
                : "The job is being submitted. Press Ctrl-C again to leave; 'market job list' then shows whether it is there."
        );

    private void FirstCancels()
    {
        Cancelled = true;
        if (wait.Id is { } id)
        {
            wait.Note($"Cancelling the job {id}. Press Ctrl-C again to leave without waiting for it.");
            _ = Cancel(id);
            return;
        }

        wait.WhenKnown = known => _ = Cancel(known);
        wait.Note(
            "The job is being submitted; it is cancelled as soon as it is there. Press Ctrl-C again to leave without waiting for it."
        );
    }

    /// <summary>The wait for the job sees the end; if cancelling fails, this says so and the wait goes on.</summary>
    private async Task Cancel(JobId id)
    {
        try
        {
            await run.Client.Jobs.Cancel(id, run.Cancellation);
        }
        catch (Exception failed)
        {
            wait.Note($"market: the job was not cancelled: {failed.Message}");
        }
    }
}
