using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market job run</c>: from a file to its output.</summary>
internal static class JobRunCommand
{
    public static Command Make(CommandSet set)
    {
        var spec = new JobSpecOptions();
        var cancelOnInterrupt = Values.Switch("--cancel-on-interrupt", "Ctrl-C cancels the job [the job goes on]");
        var outputFolder = OutputFiles.Option();
        return set.Leaf(
            "run",
            """
            Run a program: deploy it if need be, submit a job, wait, and write the job's output to standard output.
            Where standard input is no terminal, it is the job's input, read until its end; --text "" or </dev/null is none.
            The program finds files of --input-file in /in; those that it leaves in /out go to --output-dir.
            Exits with 0 if the job completed, else with 1. The program's own exit code is in the message and in 'exitCode' of
            --json. If interrupted, it exits with 130 and the job goes on.

            Example:
              market job run programs/echo/echo.wasm --text "hello marketplace"
              cat notes.txt | market job run grep.wasm -- -i market
            """,
            run => Run(run, spec, run.Get(outputFolder), run.Get(cancelOnInterrupt)),
            [.. spec.Symbols, outputFolder, cancelOnInterrupt]
        );
    }

    private static async Task<int> Run(Invocation run, JobSpecOptions spec, string? outputFolder, bool cancelOnInterrupt)
    {
        var request = await spec.Request(run);
        using var wait = new JobWait(run);
        var interrupt = new JobInterrupt(run, wait, cancelOnInterrupt);
        Job job;
        try
        {
            interrupt.Begin();
            job = await run.Client.Jobs.Submit(request, JobWait.Slice, run.Cancellation);
            job = await wait.End(job);
        }
        catch (OperationCanceledException) when (run.Cancellation.IsCancellationRequested)
        {
            throw new CommandException(JobInterrupt.Left(wait.Id, request.RequestId));
        }
        finally
        {
            run.OnFirstInterrupt = null;
        }

        if (job.State == JobState.Completed)
        {
            await OutputFiles.Fetch(run, job, outputFolder);
        }
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
        {
            return ExitCodes.Ok;
        }
        if (job.Fault == JobFault.Program && !run.Json)
        {
            await ShowLog(run, job.Id);
        }
        run.Note($"market: {JobView.Ending(job)}\n{JobView.Advice(job)}");
        return job.State == JobState.Cancelled && interrupt.Cancelled ? ExitCodes.Interrupted : ExitCodes.NotCompleted;
    }

    /// <summary>The end of what the program wrote to its standard error: mostly it says why it failed.</summary>
    private static async Task ShowLog(Invocation run, JobId id)
    {
        try
        {
            if (JobView.Tail(await run.Client.Jobs.Log(id, run.Cancellation)) is { Length: > 0 } tail)
            {
                run.Note(tail);
            }
        }
        catch (Exception unknown) when (Failure.IsOfService(unknown))
        {
            run.Note($"market: what the program wrote is not known: {unknown.Message}");
        }
    }
}
