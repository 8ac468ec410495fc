using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market watch</c>.</summary>
internal static class WatchCommand
{
    public static Command Make(CommandSet set)
    {
        var streams = new Option<EventStream[]>("--stream")
        {
            Description = "A stream, given once for each: jobs, capabilities, results, reputation or health [all]",
            HelpName = "STREAM",
            CustomParser = result => [.. result.Tokens.Select(token => StreamOf(result, token.Value))],
        };
        var account = Values.Option<AccountId>(
            "--account",
            "ACCOUNT",
            "Only your own jobs, where it is yours, and offers that earn for it",
            "64 hexadecimal digits",
            AccountId.TryParse
        );
        var job = Values.Option<JobId>("--job", "JOB", "Only this job of yours, its whole id", "64 hexadecimal digits", JobId.TryParse);
        var worker = Values.Option<WorkerId>("--worker", "WORKER", "Only this worker", "64 hexadecimal digits", WorkerId.TryParse);
        var part = Values.Text("--class", "TEXT", "Only jobs whose class has this in its name");
        var kind = Values.Option<MarketEventKind>(
            "--kind",
            "KIND",
            $"Only events of this kind: {Kinds}",
            $"one of {Kinds}",
            SnakeCase.TryParse
        );
        return set.Leaf(
            "watch",
            """
            Write a line for each thing that happens in the market, until interrupted: jobs that wait, run and end, workers that come and
            go, standings that change. On a terminal the lines are for people; elsewhere, and with --json, each is a document.
            Whose a job is stands only in the lines of your own jobs. A broken connection is made again and goes on where it was; where
            something was missed, a line says how much at least.

            Example:
              market watch --stream jobs --stream results --class "64 MiB"
            """,
            run =>
                Watch(
                    run,
                    new EventQuery
                    {
                        Streams = run.Get(streams) ?? [],
                        Account = run.Get(account),
                        Job = run.Get(job),
                        Worker = run.Get(worker),
                        Class = run.Get(part),
                        Kind = run.Get(kind),
                    }
                ),
            streams,
            account,
            job,
            worker,
            part,
            kind
        );
    }

    private static string Kinds => SnakeCase.AllOf<MarketEventKind>();

    private static async Task<int> Watch(Invocation run, EventQuery query)
    {
        var missed = 0L;
        await foreach (var happened in run.Client.Events.Watch(query, count => missed += count, run.Cancellation))
        {
            if (missed > 0)
            {
                await run.Line(
                    new EventsLagged(missed),
                    writer => writer.WriteLine($"{Table.Show(missed)} or more events were missed here")
                );
                missed = 0;
            }
            await run.Line(happened, writer => writer.WriteLine(Describe(run, happened)));
        }
        return ExitCodes.Ok;
    }

    private static string Describe(Invocation run, MarketEvent happened)
    {
        string?[] parts =
        [
            Table.Show(happened.At ?? run.Surroundings.Clock.GetUtcNow()),
            SnakeCase.Of(happened.Kind).PadRight(8),
            happened.State is { } state ? SnakeCase.Of(state) + (happened.Code is { } code ? $" ({SnakeCase.Of(code)})" : "") : null,
            happened.Job is { } job ? $"job {Ids.Short(job)} ({happened.RequestId})" : null,
            happened.Class,
            happened.Price is { } price ? $"{Table.Show(price)} per million fuel" : null,
            happened.FuelMax is { } fuel ? $"at most {Table.Show(fuel)} fuel" : null,
            happened.FuelUsed is { } used ? $"{Table.Show(used)} fuel" : null,
            happened.Charge is { } charge ? $"cost {Table.Show(charge)}" : null,
            happened.Worker is { } worker ? $"worker {Ids.Short(worker)}" : null,
            happened.Offer is { } offer ? Describe(offer) : null,
            happened.QueuedJobs is { } queued
                ? $"{Table.Show(queued)} jobs wait, {Table.Show(happened.RunningJobs)} run, {Table.Show(happened.Workers)} workers"
                : null,
        ];
        return TerminalText.CleanLine(string.Join("  ", parts.Where(part => part is not null)));
    }

    private static string Describe(MarketWorker offer) =>
        $"{Table.Show(offer.PricePerMillionFuel)} per million fuel, {offer.SlotsUsed} of {offer.Slots} slots, score {offer.Score}, "
        + WorkerCommands.LevelOf(offer.Level, offer.Maintenance);

    private static EventStream StreamOf(System.CommandLine.Parsing.ArgumentResult result, string text)
    {
        if (!SnakeCase.TryParse<EventStream>(text, out var stream))
        {
            result.AddError($"'{text}' is not a value for --stream: expected one of {SnakeCase.AllOf<EventStream>()}.");
        }
        return stream;
    }
}
