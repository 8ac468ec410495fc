using System.CommandLine;
using System.Threading.Channels;

namespace Marketplace.Cli.Commands;

/// <summary>The commands that stay until something has happened: <c>job wait</c> and <c>job watch</c>.</summary>
internal static class JobFollowCommands
{
    public static Command Wait(CommandSet set)
    {
        var id = Ids.Job();
        return set.Leaf(
            "wait",
            """
            Wait until a job has ended, and say how. Exits with 0 if it completed, else with 1.

            Example:
              market job wait 5f1d…c2 && market job output 5f1d…c2
            """,
            async run => await Wait(run, await run.FindJob(run.Get(id))),
            id
        );
    }

    public static Command Watch(CommandSet set)
    {
        var id = Ids.OptionalJob();
        return set.Leaf(
            "watch",
            """
            Write a line for each state of a job until it has ended, or for each job of the account that ends.
            Without an id it goes on until it is interrupted. With --json each line is a document. Jobs that end while the connection is
            broken can be missed.

            Example:
              market job watch 5f1d…c2
            """,
            async run => run.Get(id) is { } typed ? await WatchOne(run, await run.FindJob(typed)) : await WatchAll(run),
            id
        );
    }

    private static async Task<int> Wait(Invocation run, JobId id)
    {
        using var wait = new JobWait(run);
        var job = await wait.End(await run.Client.Jobs.Get(id, run.Cancellation));
        await run.Answer(job, writer => writer.WriteLine($"{job.Id} {SnakeCase.Of(job.State)}"));
        return Ended(run, job);
    }

    private static async Task<int> WatchOne(Invocation run, JobId id)
    {
        var answers = Channel.CreateUnbounded<Job>();
        var end = Follow(run, id, answers.Writer);
        JobState? seen = null;
        await foreach (var job in answers.Reader.ReadAllAsync(CancellationToken.None))
        {
            if (job.State != seen)
            {
                await run.Answer(
                    job,
                    writer => writer.WriteLine($"{Table.Show(run.Surroundings.Clock.GetUtcNow())}  {job.Id}  {SnakeCase.Of(job.State)}")
                );
            }
            seen = job.State;
        }

        return Ended(run, await end);
    }

    private static async Task<Job> Follow(Invocation run, JobId id, ChannelWriter<Job> answers)
    {
        try
        {
            return await run.Client.Jobs.Wait(id, new Into(answers), JobWait.Slice, run.Cancellation);
        }
        finally
        {
            answers.Complete();
        }
    }

    private static async Task<int> WatchAll(Invocation run)
    {
        await foreach (var job in run.Client.Events.Jobs(cancellation: run.Cancellation))
        {
            var code = job.Code is { } why ? $" ({SnakeCase.Of(why)})" : "";
            await run.Answer(
                job,
                writer =>
                    writer.WriteLine(
                        $"{Table.Show(run.Surroundings.Clock.GetUtcNow())}  {job.Id}  {SnakeCase.Of(job.State)}{code}  "
                            + $"{Table.Show(job.Charge)}"
                    )
            );
        }

        return ExitCodes.Ok;
    }

    private static int Ended(Invocation run, Job job)
    {
        if (job.State == JobState.Completed)
        {
            return ExitCodes.Ok;
        }
        run.Note($"market: {JobView.Ending(job)}\n{JobView.Advice(job)}");
        return ExitCodes.NotCompleted;
    }

    private sealed class Into(ChannelWriter<Job> answers) : IProgress<Job>
    {
        public void Report(Job value) => answers.TryWrite(value);
    }
}
