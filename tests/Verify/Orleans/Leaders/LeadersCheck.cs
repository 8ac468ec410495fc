using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Marketplace.Crypto;
using Marketplace.Storage;
using Marketplace.Testing;
using Marketplace.Tests;
using Marketplace.Verify.Chaos;
using Marketplace.Verify.Kill9;
using Marketplace.Verify.Workers;
using TemporaryFolder = Marketplace.Tests.TemporaryFolder;

namespace Marketplace.Verify.Leaders;

/// <summary>
/// A cluster whose jobs have committees of worker processes. Again and again a member is frozen until ends of jobs are proposed that the
/// committee has not signed; then the silo that leads their windows is killed with <c>kill -9</c>, every second time the member as well.
/// All jobs end with certificates that verify, no member votes twice on one subject, and the books balance.
/// </summary>
public static partial class LeadersCheck
{
    private const int Slots = 4;
    private const string Stake = "1000";

    /// <summary>Epochs as short as they may be, so that members change under way.</summary>
    private static readonly string[] SiloArguments = ["--epoch", "2", "--epoch-shares", "20", "--committee-stake", Stake];

    private static readonly TimeSpan EpochWithin = TimeSpan.FromMinutes(4);

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var seed = arguments.Number("seed", Environment.TickCount & 0xFFFF);
        var (silos, members, kills) = (arguments.Number("silos", 3), arguments.Number("members", 4), arguments.Number("kills", 10));
        var clock = Stopwatch.StartNew();
        using var folder = new TemporaryFolder();
        await using var server = await PostgresServer.Start(durable: true);
        var connectionString = await server.CreateDatabase();
        await using var cluster = new ChaosCluster(folder.Path, connectionString, network: null, withWorkers: false, SiloArguments);
        for (var silo = 0; silo < silos; silo++)
        {
            await cluster.Join(CancellationToken.None);
        }
        await using var balancer = new LoadBalancer(() => cluster.Urls);
        await using var crew = new Crew($"{balancer.Url}", folder.Path, members, Slots, arguments.Text("isolation") ?? "auto");
        var violations = new List<string>();
        try
        {
            await crew.Start();
            var echo = await Prepare(cluster, crew);
            var load = new CommitteeLoad(cluster, echo, [.. Sizes(members)], new Random(seed));
            var votes = new VoteBooks([.. crew.Folders]);
            var blows = new Blows(cluster, crew, load, new Proposals(connectionString), members, new Random(seed + 1));

            using var over = new CancellationTokenSource();
            using var ended = new CancellationTokenSource();
            var loading = load.Run(over.Token, violations);
            var following = votes.Follow(ended.Token);
            for (var kill = 0; kill < kills; kill++)
            {
                await blows.Strike(killsMember: kill % 2 == 1);
            }
            await over.CancelAsync();
            await loading;
            await ended.CancelAsync();
            await following;
            violations.AddRange(blows.Violations);
            violations.AddRange(votes.Violations);
            var epochs = await Finish(cluster, crew, load, votes, connectionString, violations);
            var line = new
            {
                Verify = "leaders",
                Seed = seed,
                Silos = silos,
                Members = members,
                Kills = kills,
                MemberKills = blows.MemberKills,
                ProposalsMet = blows.Met,
                BackSeconds = blows.BackSeconds.Select(seconds => Math.Round(seconds, 1)),
                Jobs = load.Count,
                Votes = votes.Count,
                Epochs = epochs,
                Violations = violations.Count,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
            };
            if (violations.Count > 0)
            {
                await Tell(cluster, crew, members);
            }
            return new VerifyResult(line, violations);
        }
        catch
        {
            await Tell(cluster, crew, members);
            throw;
        }
    }

    private static IEnumerable<Assurance> Sizes(int members) =>
        Enumerable
            .Range(Assurance.CommitteeSeatsMin, members - Assurance.CommitteeSeatsMin + 1)
            .Select(size => Assurance.Parse($"committee:{size}"));

    private static async Task Tell(ChaosCluster cluster, Crew crew, int members)
    {
        await Console.Error.WriteLineAsync(cluster.Console);
        for (var member = 0; member < members; member++)
        {
            await Console.Error.WriteLineAsync($"== worker {member}{Environment.NewLine}{crew.Output(member)}");
        }
    }

    /// <summary>Every worker has enough at stake, and an epoch has begun with all of them.</summary>
    private static async Task<ProgramId> Prepare(ChaosCluster cluster, Crew crew)
    {
        await using var client = cluster.Client(cluster.Alive[0], retries: true);
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        var echo = (await client.Programs.Deploy(module, "echo")).Id;
        await crew.Serve(client, new DataFolder(cluster.Alive[0].Folder).ReadUrl(), TokenAmount.Parse(Stake), EpochWithin);
        return echo;
    }

    private static WorkerId WorkerOf(string folder)
    {
        using var key = KeyFile.Open(Path.Combine(folder, "worker.key"));
        return new WorkerId(key.PublicKey);
    }

    /// <returns>How many epochs there were.</returns>
    private static async Task<int> Finish(
        ChaosCluster cluster,
        Crew crew,
        CommitteeLoad load,
        VoteBooks votes,
        string connectionString,
        List<string> violations
    )
    {
        var folders = crew.Folders.ToDictionary(WorkerOf);
        int epochs;
        await using (var client = cluster.Client(cluster.Alive[0], retries: true))
        {
            await load.CheckReceipts(client, worker => folders[worker], votes, violations);
            epochs = (await client.Epochs.List()).Count;
            var clock = Stopwatch.StartNew();
            while ((await client.Account.Get()).OpenJobs > 0 && clock.Elapsed < TimeSpan.FromMinutes(3))
            {
                await Task.Delay(100);
            }
            var listed = new List<JobListItem>();
            await foreach (var item in client.Jobs.List(pageSize: 1000))
            {
                listed.Add(item);
            }
            violations.AddRange(Kill9Rules.CheckOnce(listed));
            violations.AddRange(Kill9Rules.CheckMoney(listed, await client.Account.Get()));
        }
        await cluster.StopAll(CancellationToken.None);
        var options = new PostgresStoreOptions { ConnectionString = connectionString, Projections = Grains.MarketProjections.All };
        await using var store = await PostgresStore.Open(options, TimeProvider.System);
        violations.AddRange((await Books.Read(store, [.. cluster.Folders, .. crew.Folders])).Violations);
        return epochs;
    }

    /// <summary>Blows at the silo that leads, each while ends of jobs are proposed.</summary>
    private sealed partial class Blows(ChaosCluster cluster, Crew crew, CommitteeLoad load, Proposals proposals, int members, Random chance)
    {
        private const int AttemptsMax = 40;

        private static readonly TimeSpan FrozenMax = TimeSpan.FromSeconds(2);
        private static readonly TimeSpan BackWithin = TimeSpan.FromMinutes(2);

        public int Met { get; private set; }

        public int MemberKills { get; private set; }

        public List<double> BackSeconds { get; } = [];

        public List<string> Violations { get; } = [];

        public async Task Strike(bool killsMember)
        {
            for (var attempt = 0; attempt < AttemptsMax; attempt++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(chance.Next(100, 3000)));
                var member = chance.Next(members);
                await crew.Freeze(member);
                var open = await FindProposed();
                if (open.Count == 0)
                {
                    await crew.Thaw(member);
                    continue;
                }
                var clock = Stopwatch.StartNew();
                var leader = Leader();
                cluster.Forget(leader);
                await leader.Process.Kill();
                // What the members had signed meanwhile has been written by the leader or never will be.
                open = await proposals.Find(open);
                Met += open.Count;
                if (killsMember)
                {
                    await crew.KillAndStart(member);
                    MemberKills++;
                }
                else
                {
                    await crew.Thaw(member);
                }
                var joining = cluster.Join(CancellationToken.None);
                await UntilEnded(open, clock);
                await joining;
                return;
            }
            Violations.Add($"In {AttemptsMax} attempts no end of a job was proposed that its committee had not signed.");
        }

        private async Task<IReadOnlyList<JobId>> FindProposed()
        {
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < FrozenMax; await Task.Delay(100))
            {
                if (await proposals.Find(load.Open) is { Count: > 0 } first)
                {
                    return first;
                }
            }
            return [];
        }

        private async Task UntilEnded(IReadOnlyList<JobId> jobs, Stopwatch clock)
        {
            while (load.Open.Intersect(jobs).Any())
            {
                if (clock.Elapsed > BackWithin)
                {
                    Violations.Add(
                        $"Of {jobs.Count} jobs {load.Open.Intersect(jobs).Count()} had not ended {BackWithin} after their leader's loss."
                    );
                    return;
                }
                await Task.Delay(100);
            }
            BackSeconds.Add(clock.Elapsed.TotalSeconds);
        }

        /// <summary>The market says in its silo's log when it starts, and with which number: the greatest one leads.</summary>
        private ChaosSilo Leader() =>
            cluster
                .Alive.Select(silo => (Silo: silo, Start: Starts().Matches(silo.Process.Output).Select(NumberOf).DefaultIfEmpty(-1).Max()))
                .MaxBy(silo => silo.Start)
                .Silo;

        private static long NumberOf(Match match) => long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

        [GeneratedRegex(@"Market \S+: start (\d+), \d+ pending jobs")]
        private static partial Regex Starts();
    }
}
