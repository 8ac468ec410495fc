using System.Diagnostics;
using Marketplace.Testing;

namespace Marketplace.Verify.HostileRpc;

/// <summary>
/// A market whose node of the chain lies, or one of three, and whose chain is reorganised: no account is credited more than was deposited,
/// nothing is paid or settled twice, somebody is told, and when the lies end the market comes to the truth.
/// </summary>
public static class HostileRpcCheck
{
    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        if (!AnvilNode.IsInstalled)
        {
            return new VerifyResult(new { Verify = "hostilerpc", Violations = 1 }, [AnvilNode.Missing]);
        }
        if (arguments.Text("without") is { } name)
        {
            return await HostileWithoutCheck.Run(name);
        }
        var only = arguments.Text("only");
        HostileCase[] wanted = [.. HostileCases.All.Where(one => only is null || one.Name.Contains(only, StringComparison.Ordinal))];
        if (wanted.Length == 0)
        {
            throw new ArgumentException($"--only is '{only}'; there are: {string.Join("; ", HostileCases.All.Select(one => one.Name))}.");
        }
        var count = Math.Min(arguments.Number("n", wanted.Length), wanted.Length);
        var clock = Stopwatch.StartNew();
        List<(HostileCase Case, LifeResult Result)> lives = [];
        AnvilBench? bench = null;
        try
        {
            for (var index = 0; index < count; index++)
            {
                // With fewer than all they are spread over the list.
                var one = wanted[index * wanted.Length / count];
                var began = clock.Elapsed;
                bench ??= await Open();
                var result = await HostileLife.Run(bench, one);
                if (one.Depth > 0 || result.Violations.Count > 0)
                {
                    // The node forgets its snapshots when it is reorganised.
                    await bench.DisposeAsync();
                    bench = null;
                }
                lives.Add((one, result));
                Console.Error.WriteLine(
                    $"{one.Name}: {result.Told} lies, {result.Alarms} alarms, {result.Blocks} blocks, "
                        + $"{result.Violations.Count} violations, {(clock.Elapsed - began).TotalSeconds:0.0} s"
                );
            }
        }
        finally
        {
            await (bench?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
        string[] found = [.. lives.SelectMany(life => life.Result.Violations.Select(violation => $"{life.Result.Name}: {violation}"))];
        var line = new
        {
            Verify = "hostilerpc",
            Kinds = lives.Select(life => life.Case.Name.Split(", ")[0]).Distinct().Count(),
            Lives = lives.Count,
            Alone = lives.Count(life => life.Case.Nodes == 1),
            OneOfThree = lives.Count(life => life.Case.IsMinority),
            Reorganisations = lives.Count(life => life.Case.Depth > 0) * HostileLife.Moments,
            HostileScene.Terms.Confirmations,
            Lies = lives.Sum(life => life.Result.Told),
            Alarms = lives.Sum(life => life.Result.Alarms),
            Blocks = lives.Sum(life => life.Result.Blocks),
            Crashes = lives.Count,
            Violations = found.Length,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    private static async Task<AnvilBench> Open()
    {
        var bench = await AnvilBench.Start(Grains.Tests.Support.TestOwner.Domain.Market);
        await bench.Serve(100, 200, 300, 400);
        // Deeper than any reorganisation: the contracts and their members are not what is at stake here.
        await bench.Mine(20);
        return bench;
    }
}
