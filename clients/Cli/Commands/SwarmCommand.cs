using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Marketplace.Crypto;
using Marketplace.Worker;

namespace Marketplace.Cli.Commands;

/// <summary><c>market swarm</c>: simulated workers, to try a market before real ones are paid.</summary>
internal static class SwarmCommand
{
    /// <summary>How often the command looks whether it is over: what a person does not notice.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Accounts that are opened at a time: a challenge and a signature each.</summary>
    private const int OpeningMax = 16;

    /// <summary>Offers of a page of the market's list.</summary>
    private const int PageItems = Routes.PageItemsMax;

    public static Command Make(CommandSet set)
    {
        var options = new SwarmCommandOptions();
        return set.Leaf(
            "swarm",
            """
            Let simulated workers take the jobs of a market on this machine, and show what they did. They compute nothing:
            results are made up. Start the silo with '--worker false', submit jobs beside it, and end the swarm with Ctrl-C.

            Example:
              market swarm --workers 200 --run-time 100ms --lies 0.05 --stalls 0.01 --disconnect-every 30s
            """,
            run => Run(run, options),
            options.All
        );
    }

    private static async Task<int> Run(Invocation run, SwarmCommandOptions typed)
    {
        var options = typed.Read(run);
        var url = new Connection(run).FindUrl();
        if (!url.IsLoopback || url.Scheme != Uri.UriSchemeHttp)
        {
            // Made-up results would be taken, and paid, for real ones.
            throw CommandException.Usage(
                $"A swarm makes up its results, so it works only for a market on this machine; this one is at {url}.",
                "Use a market of your own at an address such as http://127.0.0.1:8080."
            );
        }
        var client = run.Client;
        var before = await client.Account.Get(run.Cancellation);
        using var random = RandomNumberGenerator.Create();
        var keys = Enumerable.Range(0, options.Workers).Select(_ => Ed25519KeyPair.Generate(random)).ToArray();
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false });
        try
        {
            await Open(client, keys, run.Cancellation);
            var workers = keys.Select(key => new WorkerId(key.PublicKey)).ToArray();
            var time = run.Surroundings.Clock;
            var swarm = new Swarm(options, workers, before.Id, index => SwarmLink.Over(url, keys[index], http, time), time);
            run.Note($"{options.Workers} workers, seed {options.Seed}, for the account {before.Id}. Ctrl-C ends them.");
            var standings = await Work(run, swarm, [.. workers], run.Get(typed.Jobs), run.Get(typed.For));
            var after = await client.Account.Get(run.Cancellation);
            await Answer(run, swarm.Counts, after.Earned - before.Earned, standings);
            return ExitCodes.Ok;
        }
        finally
        {
            foreach (var key in keys)
            {
                key.Dispose();
            }
        }
    }

    private static Task Open(MarketplaceClient client, IEnumerable<Ed25519KeyPair> keys, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            keys,
            new ParallelOptions { MaxDegreeOfParallelism = OpeningMax, CancellationToken = cancellation },
            async (key, token) => await client.Accounts.Open(key, new OpenOptions { Name = "swarm", Scopes = [Scope.Read] }, token)
        );

    /// <summary>Until Ctrl-C, or enough jobs, or the end of the time.</summary>
    /// <returns>What the market thought of the workers at the end: it lists only those that are there.</returns>
    private static async Task<IReadOnlyList<MarketWorker>> Work(
        Invocation run,
        Swarm swarm,
        HashSet<WorkerId> own,
        long? jobs,
        TimeSpan? time
    )
    {
        var clock = run.Surroundings.Clock;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        run.OnFirstInterrupt = enough.Cancel;
        var working = swarm.Run(leave.Token);
        var started = clock.GetTimestamp();
        while (
            !working.IsCompleted
            && !enough.IsCancellationRequested
            && swarm.Counts.JobsReported < (jobs ?? long.MaxValue)
            && clock.GetElapsedTime(started) < (time ?? TimeSpan.MaxValue)
        )
        {
            await Task.Delay(Look, clock, enough.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
        run.OnFirstInterrupt = null;
        try
        {
            return await Standings(run.Client, own, run.Cancellation);
        }
        finally
        {
            await leave.CancelAsync();
            await working;
        }
    }

    /// <summary>What the market thinks of those workers, the newest word of each.</summary>
    private static async Task<IReadOnlyList<MarketWorker>> Standings(
        MarketplaceClient client,
        HashSet<WorkerId> own,
        CancellationToken cancellation
    )
    {
        var standings = new List<MarketWorker>();
        for (string? cursor = null; ; )
        {
            var page = await client.Workers.ListPage(cursor, PageItems, cancellation);
            standings.AddRange(page.Items.Where(worker => own.Contains(worker.Id)));
            if (page.Next is not { } next)
            {
                return standings;
            }
            cursor = next;
        }
    }

    private static Task Answer(Invocation run, SwarmCounts counts, TokenAmount earned, IReadOnlyList<MarketWorker> standings)
    {
        var levels = standings
            .GroupBy(worker => worker.Level)
            .OrderBy(level => level.Key)
            .Select(level => (Name: SnakeCase.Of(level.Key), Count: level.Count()))
            .ToArray();
        var score = standings.Count == 0 ? (double?)null : standings.Average(worker => worker.Score);
        if (run.Json)
        {
            return run.AnswerObject(writer =>
            {
                foreach (var (name, count) in Fields(counts))
                {
                    writer.WriteNumber(name, count);
                }
                writer.WriteString("earned", earned.ToString());
                if (score is { } mean)
                {
                    writer.WriteNumber("score_mean", Math.Round(mean));
                }
                foreach (var (name, count) in levels)
                {
                    writer.WriteNumber($"workers_{name}", count);
                }
            });
        }
        using var text = new StringWriter { NewLine = "\n" };
        Table.WriteFields(
            text,
            [
                .. Fields(counts).Select(field => (field.Name.Replace('_', ' '), (object?)field.Count)),
                ("earned", earned),
                ("mean score", score is { } shown ? Math.Round(shown).ToString(CultureInfo.InvariantCulture) : null),
                .. levels.Select(level => ($"workers {level.Name.Replace('_', ' ')}", (object?)level.Count)),
            ]
        );
        return run.Text(text.ToString());
    }

    private static (string Name, long Count)[] Fields(SwarmCounts counts) =>
        [
            ("jobs_reported", counts.JobsReported),
            ("fuel_reported", counts.FuelReported),
            ("runs_begun", counts.Leases),
            ("honest_results", counts.Honest),
            ("lies", counts.Lies),
            ("stalls", counts.Stalls),
            ("runs_stopped", counts.Stopped),
            ("runs_without_input", counts.Failed),
            ("connections_lost", counts.Disconnects),
            ("calls_refused", counts.CallsRefused),
            ("bytes_read", counts.BytesRead),
        ];
}
