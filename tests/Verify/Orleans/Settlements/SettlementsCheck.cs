using System.Diagnostics;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Testing;
using Marketplace.Verify.Chaos;
using Marketplace.Verify.Leaders;
using Marketplace.Verify.Workers;
using TemporaryFolder = Marketplace.Tests.TemporaryFolder;

namespace Marketplace.Verify.Settling;

/// <summary>
/// A cluster that settles on a real chain under load. Again and again the silo that settles is killed with <c>kill -9</c> or frozen, at a
/// chosen moment of a settlement or of a deposit's credit; another goes on. Each settlement stands on the chain once, nothing is sent
/// before it is written down, each deposit is in the books once, and at the end the escrow has exactly what the books owe. Also another
/// activation does the same step meanwhile, as there may be for a moment: the one that is late finds out before it sends.
/// </summary>
public static class SettlementsCheck
{
    private const int Slots = 4;

    private static readonly BlowMoment[] Killed = Enum.GetValues<BlowMoment>();
    private static readonly BlowMoment[] Frozen = [BlowMoment.Unsent, BlowMoment.Signed, BlowMoment.Crediting, BlowMoment.Signing];
    private static readonly TimeSpan LastWithin = TimeSpan.FromMinutes(4);

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var seed = arguments.Number("seed", Environment.TickCount & 0xFFFF);
        var (silos, members) = (arguments.Number("silos", 3), arguments.Number("members", 5));
        var (kills, freezes) = (arguments.Number("kills", Killed.Length), arguments.Number("freezes", 2));
        var rivals = arguments.Number("rivals", 2);
        var clock = Stopwatch.StartNew();
        using var folder = new TemporaryFolder();
        await using var server = await PostgresServer.Start(durable: true);
        var connectionString = await server.CreateDatabase();
        var stored = new StoredSettlement(connectionString);
        var sent = new SentTransactions(stored);
        await using var scene = await SettlingScene.Make(folder.Path, connectionString, silos + kills + freezes, sent.Look);
        for (var silo = 0; silo < silos; silo++)
        {
            await scene.Cluster.Join(CancellationToken.None);
        }
        await using var balancer = new LoadBalancer(() => scene.Cluster.Urls);
        await using var crew = new Crew($"{balancer.Url}", folder.Path, members, Slots, arguments.Text("isolation") ?? "auto");
        try
        {
            await crew.Start();
            await scene.Prepare(crew);
            var violations = new List<string>();
            var load = new CommitteeLoad(scene.Cluster, await Deploy(scene), [Assurance.None], new Random(seed));
            var blows = new SettlementBlows(scene, stored);
            using var over = new CancellationTokenSource();
            var loading = load.Run(over.Token, violations);
            await StrikeAll(blows, kills, freezes, rivals);
            await over.CancelAsync();
            await loading;
            violations.AddRange(blows.Violations);
            var settlements = await Finish(scene, stored, connectionString, violations);
            violations.AddRange(sent.Violations);
            var line = new
            {
                Verify = "settlements",
                Seed = seed,
                Silos = silos,
                Members = members,
                Kills = kills,
                Freezes = freezes,
                Rivals = rivals,
                Settlements = settlements,
                Transactions = sent.Count,
                TimesSent = sent.Times,
                BackSeconds = blows.Back,
                blows.StaleSteps,
                blows.Conflicts,
                Jobs = load.Count,
                Violations = violations.Count,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
            };
            if (violations.Count > 0)
            {
                await Console.Error.WriteLineAsync(scene.Cluster.Console);
            }
            return new VerifyResult(line, violations);
        }
        catch
        {
            await Console.Error.WriteLineAsync(scene.Cluster.Console);
            await Console.Error.WriteLineAsync($"== worker 0{Environment.NewLine}{crew.Output(0)}");
            throw;
        }
    }

    private static async Task StrikeAll(SettlementBlows blows, int kills, int freezes, int rivals)
    {
        for (var kill = 0; kill < kills; kill++)
        {
            await blows.Strike(Killed[kill % Killed.Length], BlowKind.Kill);
        }
        for (var freeze = 0; freeze < freezes; freeze++)
        {
            await blows.Strike(Frozen[freeze % Frozen.Length], BlowKind.Freeze);
        }
        for (var rival = 0; rival < rivals; rival++)
        {
            await blows.Strike(BlowMoment.Signed, BlowKind.Rival);
        }
    }

    private static async Task<ProgramId> Deploy(SettlingScene scene)
    {
        await using var client = scene.Cluster.Client(scene.Cluster.Alive[0], retries: true);
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        return (await client.Programs.Deploy(module, "echo")).Id;
    }

    /// <returns>How many settlements stand on the chain.</returns>
    private static async Task<int> Finish(SettlingScene scene, StoredSettlement stored, string connectionString, List<string> violations)
    {
        SettlementFile last;
        await using (var client = scene.Cluster.Client(scene.Cluster.Alive[0], retries: true))
        {
            last = await UntilAllIsSettled(scene, client, violations);
        }
        await scene.Cluster.StopAll(CancellationToken.None);
        var state = await stored.Read();
        var options = new PostgresStoreOptions { ConnectionString = connectionString, Projections = Grains.MarketProjections.All };
        await using var store = await PostgresStore.Open(options, TimeProvider.System);
        await SettledMoney.CheckBooks(scene, store, state, last, violations);
        return await SettledMoney.CheckSettlements(scene, state, violations);
    }

    /// <summary>The last settlement has what the accounts have earned and spent by now, and none is under way.</summary>
    private static async Task<SettlementFile> UntilAllIsSettled(SettlingScene scene, MarketplaceClient client, List<string> violations)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var (account, status) = (await client.Account.Get(), await client.Settlement.Get());
            if (status is { State: SettlementState.Resting, Settled: > 0 })
            {
                var file = await client.Settlement.GetFile((ulong)status.Settled);
                // All that is paid here is paid by the operator's account to workers.
                if (
                    account.OpenJobs == 0
                    && file.Find(scene.Accounts[0].Address)?.Totals.Spent == account.Spent
                    && file.Settlement.Earned == file.Settlement.Spent
                )
                {
                    return file;
                }
            }
            if (clock.Elapsed > LastWithin)
            {
                violations.Add($"The last payments are not settled {LastWithin} after the last job: {status.State}, {status.Trouble}");
                return await client.Settlement.GetFile((ulong)status.Settled);
            }
            await Task.Delay(500);
        }
    }
}
