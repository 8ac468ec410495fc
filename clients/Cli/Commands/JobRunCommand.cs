using System.CommandLine;
using Marketplace.Api;
using Marketplace.Sdk;

namespace Marketplace.Cli.Commands;

/// <summary><c>market job run</c>: from a file to its output.</summary>
internal static class JobRunCommand
{
    /// <summary>How often the status line is renewed. Most jobs have ended before the first one is due.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    public static Command Make(CommandSet set)
    {
        var spec = new JobSpecOptions();
        var cancelOnInterrupt = Values.Switch("--cancel-on-interrupt", "Ctrl-C cancels the job [the job goes on]");
        var outputFolder = OutputFiles.Option();
        return set.Leaf(
            "run",
            """
            Run a program: deploy it if need be, submit a job, wait, and write the job's output to standard output.
            The program finds files of --input-file in /in; those that it leaves in /out go to --output-dir.

            Example:
              market job run programs/echo/echo.wasm --text "hello marketplace"
            """,
            run => Run(run, spec, run.Get(outputFolder), run.Get(cancelOnInterrupt)),
            [.. spec.Symbols, outputFolder, cancelOnInterrupt]);
    }

    private static async Task<int> Run(Invocation run, JobSpecOptions spec, string? outputFolder, bool cancelOnInterrupt)
    {
        using var line = new StatusLine(run.Surroundings);
        var request = await spec.Request(run);
        var watch = new Watch(run, line);
        run.OnFirstInterrupt = () => Interrupted(run, line, watch, cancelOnInterrupt);
        var job = await run.Client.Jobs.Submit(request, Slice, run.Cancellation);
        watch.Report(job);
        if (!job.State.HasEnded())
            job = await run.Client.Jobs.Wait(job.Id, watch, Slice, run.Cancellation);
        run.OnFirstInterrupt = null;
        line.Clear();
        if (job.State == JobState.Completed)
            await OutputFiles.Fetch(run, job, outputFolder);
        if (run.Json)
        {
            await run.Answer(job, _ => { });
        }
        else if (job.State == JobState.Completed)
        {
            await using var output = await run.Client.Jobs.OpenOutput(job, run.Cancellation);
            await run.Bytes(output);
        }
        if (job.State == JobState.Completed)
            return ExitCodes.Ok;
        run.Note($"market: {JobView.Ending(job)}\n{JobView.Advice(job)}");
        return ExitCodes.NotCompleted;
    }

    private static void Interrupted(Invocation run, StatusLine line, Watch watch, bool cancel)
    {
        line.Clear();
        if (watch.Id is null && cancel)
        {
            watch.WhenKnown = known => _ = Cancel(run, known);
            run.Note("The job is being submitted; it is cancelled as soon as it is there. Press Ctrl-C again to leave without waiting for it.");
            return;
        }
        if (watch.Id is not { } id)
        {
            run.Note("The job is being submitted. Press Ctrl-C again to leave; 'market job list' then shows whether it is there.");
            return;
        }
        if (!cancel)
        {
            run.Note(
                "The job goes on. Press Ctrl-C again to leave; "
                + $"'market job status {id}' shows how it stands, 'market job cancel {id}' stops it.");
            return;
        }
        run.Note($"Cancelling the job {id}. Press Ctrl-C again to leave without waiting for it.");
        // The wait for the job sees the end; if cancelling fails, it says so and the wait goes on.
        _ = Cancel(run, id);
    }

    private static async Task Cancel(Invocation run, JobId id)
    {
        try
        {
            await run.Client.Jobs.Cancel(id, run.Cancellation);
        }
        catch (Exception failed)
        {
            run.Note($"market: the job was not cancelled: {failed.Message}");
        }
    }

    /// <summary>Shows how the job stands, and where it waits for long, why.</summary>
    private sealed class Watch(Invocation run, StatusLine line) : IProgress<Job>
    {
        private const int AnswersBeforeReason = 2;

        private readonly long _start = run.Surroundings.Clock.GetTimestamp();
        private int _pending;
        private string? _reason;

        public JobId? Id { get; private set; }

        /// <summary>What is to be done with the job when its id is known.</summary>
        public Action<JobId>? WhenKnown { get; set; }

        public void Report(Job job)
        {
            Id = job.Id;
            WhenKnown?.Invoke(job.Id);
            WhenKnown = null;
            if (job.State.HasEnded() || !run.Surroundings.ErrorIsTerminal)
                return;
            if (job.State != JobState.Pending)
                _reason = null;
            else if (++_pending == AnswersBeforeReason)
                _ = Explain(job.Id);
            Show(job.State);
        }

        private void Show(JobState state)
        {
            var seconds = run.Surroundings.Clock.GetElapsedTime(_start).TotalSeconds;
            line.Show($"{SnakeCase.Of(state)}, {seconds:0} s{(_reason is null ? "" : ": " + _reason)}");
        }

        private async Task Explain(JobId id)
        {
            try
            {
                _reason = (await run.Client.Jobs.Explain(id, run.Cancellation)).Summary;
            }
            catch (Exception unknown) when (unknown is MarketplaceException or MarketplaceUnreachableException
                or MarketplaceProtocolException or OperationCanceledException)
            {
                // Only the line beside the wait: the wait itself reports what fails.
                _reason = null;
            }
        }
    }
}
