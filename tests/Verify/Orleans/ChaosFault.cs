using System.Diagnostics;
using Marketplace.Testing;
using Npgsql;

namespace Marketplace.Verify.Chaos;

/// <summary>What one blow did.</summary>
internal sealed class ChaosBlow
{
    /// <summary>Seconds until all silos that are left served again; null where one did not in time.</summary>
    public double? BackSeconds { get; set; }

    /// <summary>Seconds until the silos that are left had declared the struck one dead, or had said that they are not ready.</summary>
    public double? NoticedSeconds { get; set; }

    public List<string> Violations { get; } = [];
}

/// <summary>The ways in which a cluster is hurt, each of them bounded in time.</summary>
internal sealed class ChaosFault(ChaosCluster cluster, PostgresServer server, string connectionString, ProgramId echo, TimeSpan pause)
{
    public static readonly IReadOnlyList<string> Modes = ["kill", "stop", "database-stop", "cut"];

    /// <summary>What a client of a cluster may have to wait after the loss of a silo or the return of the database.</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(30);

    /// <summary>A silo that says nothing is given up, and one without a database says so, within this.</summary>
    private static readonly TimeSpan NoticedWithin = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A silo that finds out that it was given up has ended within this: it looks into the membership table every ten seconds.
    /// </summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(30);

    /// <summary>As `silo/Orleans/DeclaredDead.cs` says.</summary>
    private const int DeclaredDeadCode = 3;

    public Task<ChaosBlow> Strike(string mode, Random chance)
    {
        if (mode == "database-stop")
        {
            return PauseDatabase();
        }
        var victim = cluster.Alive[chance.Next(cluster.Alive.Count)];
        cluster.Forget(victim);
        return mode switch
        {
            "kill" => Lose(victim, victim.Process.Kill, mustLeave: false),
            "stop" => Lose(victim, victim.Process.Freeze, mustLeave: true),
            "cut" => Lose(victim, () => Task.Run(() => cluster.Cut(victim)), mustLeave: true),
            _ => throw new ArgumentException($"--mode is '{mode}'; allowed: {string.Join(", ", Modes)}."),
        };
    }

    private async Task<ChaosBlow> Lose(ChaosSilo victim, Func<Task> strike, bool mustLeave)
    {
        var blow = new ChaosBlow();
        var left = cluster.Alive;
        await strike();
        var noticing = UntilDead(victim);
        var joining = cluster.Join(CancellationToken.None);
        blow.BackSeconds = await ServiceProbe.UntilBack(cluster, left, echo, BackWithin);
        if (blow.BackSeconds is null)
        {
            blow.Violations.Add($"A silo did not serve {BackWithin} after {victim.Name} was struck.");
        }
        blow.NoticedSeconds = await noticing;
        if (blow.NoticedSeconds is not { } seconds)
        {
            blow.Violations.Add($"{victim.Name} was not given up within {BackWithin}.");
        }
        else if (seconds > NoticedWithin.TotalSeconds)
        {
            blow.Violations.Add($"{victim.Name} was given up after {seconds:0.0} s; allowed are {NoticedWithin}.");
        }
        if (mustLeave)
        {
            await victim.Process.Thaw();
            await RequireCleanEnd(victim, blow);
        }
        await joining;
        return blow;
    }

    /// <summary>A silo that was given up ends by itself, with a line that says why, its exit code, and no stacks.</summary>
    private static async Task RequireCleanEnd(ChaosSilo victim, ChaosBlow blow)
    {
        using var limit = new CancellationTokenSource(EndsWithin);
        try
        {
            var code = await victim.Process.Ended(limit.Token);
            if (code != DeclaredDeadCode)
            {
                blow.Violations.Add($"{victim.Name} was given up and ended with code {code} instead of {DeclaredDeadCode}.");
            }
        }
        catch (OperationCanceledException)
        {
            blow.Violations.Add($"{victim.Name} was given up and still runs after {EndsWithin}.");
            await victim.Process.Kill();
            return;
        }
        var output = victim.Process.Output;
        if (!output.Contains("The other silos have given this one up", StringComparison.Ordinal))
        {
            blow.Violations.Add($"{victim.Name} does not say that it was given up.");
        }
        if (
            output.Contains("FATAL EXCEPTION", StringComparison.Ordinal)
            || output.Contains("Environment.FailFast", StringComparison.Ordinal)
        )
        {
            blow.Violations.Add($"{victim.Name} ended with a dump of its stacks.");
        }
    }

    private async Task<ChaosBlow> PauseDatabase()
    {
        var blow = new ChaosBlow();
        var silos = cluster.Alive;
        var clock = Stopwatch.StartNew();
        server.Pause();
        try
        {
            blow.NoticedSeconds = await ServiceProbe.UntilNotReady(cluster, silos, NoticedWithin);
            if (blow.NoticedSeconds is null)
            {
                blow.Violations.Add($"A silo says that it is ready {NoticedWithin} after the database stopped.");
            }
            if (pause > clock.Elapsed)
            {
                await Task.Delay(pause - clock.Elapsed);
            }
        }
        finally
        {
            server.Resume();
        }
        blow.BackSeconds = await ServiceProbe.UntilBack(cluster, silos, echo, BackWithin);
        if (blow.BackSeconds is null)
        {
            blow.Violations.Add($"A silo did not serve {BackWithin} after the database was back.");
        }
        return blow;
    }

    /// <returns>Seconds until the membership table calls the silo dead; null where it does not within <see cref="BackWithin"/>.</returns>
    private async Task<double?> UntilDead(ChaosSilo silo)
    {
        // Orleans numbers the states of a silo; 6 is dead.
        const string Query = "select count(*) from orleans.member where split_part(silo_name, '/', 1) = @name and status = 6";
        var clock = Stopwatch.StartNew();
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(Query, connection) { Parameters = { new("name", silo.Name) } };
        while (clock.Elapsed < BackWithin)
        {
            if (await command.ExecuteScalarAsync() is long and > 0)
            {
                return clock.Elapsed.TotalSeconds;
            }
            await Task.Delay(50);
        }
        return null;
    }
}
