using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary>The commands that look at one job, or end it.</summary>
internal static class JobViewCommands
{
    public static Command Status(CommandSet set)
    {
        var id = Ids.Job();
        return set.Leaf(
            "status",
            """
            Show how a job stands, what it cost, and its history. Exits with 1 if it ended without completing.

            Example:
              market job status 5f1d…c2
            """,
            async run =>
            {
                var job = await run.Client.Jobs.Get(await run.FindJob(run.Get(id)), run.Cancellation);
                await run.Answer(job, writer => JobView.Write(writer, job));
                return job.State is JobState.Failed or JobState.Cancelled or JobState.TimedOut or JobState.Expired
                    ? ExitCodes.NotCompleted
                    : ExitCodes.Ok;
            },
            id
        );
    }

    public static Command Output(CommandSet set)
    {
        var id = Ids.Job();
        var folder = OutputFiles.Option();
        return set.Leaf(
            "output",
            """
            Write the output of a completed job to standard output. With --json: its size, and the output itself or its blob.

            Example:
              market job output 5f1d…c2 > result.bin
            """,
            async run =>
            {
                var job = await run.Client.Jobs.Get(await run.FindJob(run.Get(id)), run.Cancellation);
                await OutputFiles.Fetch(run, job, run.Get(folder));
                if (run.Json && job.Output is { } output)
                {
                    await run.Answer(output, _ => { });
                    return ExitCodes.Ok;
                }
                await using var content = await run.Client.Jobs.OpenOutput(job, run.Cancellation);
                await run.Bytes(content);
                return ExitCodes.Ok;
            },
            id,
            folder
        );
    }

    public static Command Logs(CommandSet set)
    {
        var id = Ids.Job();
        return set.Leaf(
            "logs",
            """
            Write what the program logged to standard output.

            Example:
              market job logs 5f1d…c2
            """,
            async run =>
            {
                using var log = new MemoryStream(
                    await run.Client.Jobs.Log(await run.FindJob(run.Get(id)), run.Cancellation),
                    writable: false
                );
                if (run.Json)
                {
                    await run.AnswerText("log", log);
                }
                else
                {
                    await run.Bytes(log);
                }
                return ExitCodes.Ok;
            },
            id
        );
    }

    public static Command Cancel(CommandSet set)
    {
        var id = Ids.Job();
        return set.Leaf(
            "cancel",
            """
            Cancel a job that has not ended.

            Example:
              market job cancel 5f1d…c2
            """,
            async run =>
            {
                var job = await run.Client.Jobs.Cancel(await run.FindJob(run.Get(id)), run.Cancellation);
                await run.Answer(job, writer => writer.WriteLine($"{job.Id} {SnakeCase.Of(job.State)}"));
                return ExitCodes.Ok;
            },
            id
        );
    }

    public static Command Explain(CommandSet set)
    {
        var id = Ids.Job();
        return set.Leaf(
            "explain",
            """
            Say why a job waits, or why it went to its worker, offer by offer.

            Example:
              market job explain 5f1d…c2
            """,
            async run =>
            {
                var explanation = await run.Client.Jobs.Explain(await run.FindJob(run.Get(id)), run.Cancellation);
                await run.Answer(explanation, writer => Write(run, writer, explanation));
                return ExitCodes.Ok;
            },
            id
        );
    }

    private static void Write(Invocation run, TextWriter writer, JobExplanation explanation)
    {
        writer.WriteLine($"{SnakeCase.Of(explanation.State)}: {TerminalText.CleanLine(explanation.Summary)}");
        if (explanation.Offers.Count == 0)
        {
            return;
        }
        // Not cut to the terminal's width: the reasons are what was asked for.
        Table.Write(
            writer,
            ["WORKER", "PRICE", "WON", "REASON"],
            explanation.Offers.Select(offer =>
                new[] { run.ShowId(offer.Worker), Table.Show(offer.Price), Table.Show(offer.Won), offer.Reason }
            )
        );
    }
}
