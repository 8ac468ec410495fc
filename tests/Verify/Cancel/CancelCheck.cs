using System.Diagnostics;
using Marketplace.Tests;

namespace Marketplace.Verify.Cancel;

/// <summary>
/// A cancelled endless loop stops within 200 ms. The silo's worker has one slot, so the next job's answer comes after the loop has really
/// stopped: the time from sending the cancellation to that answer is an upper bound, with two HTTP requests and a run in it.
/// </summary>
internal static class CancelCheck
{
    private const double MillisecondsMax = 200;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var rounds = arguments.Number("rounds", 20);
        using var data = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(data.Path, CancellationToken.None, "--worker-slots", "1");
        await using var client = silo.Client();
        var loop = await Deploy(client, "faulty");
        var echo = await Deploy(client, "echo");
        await client.Jobs.Submit(Job(echo, "warm", "warm", 10_000_000), TimeSpan.FromSeconds(20));

        var milliseconds = new List<double>();
        var violations = new List<string>();
        for (var round = 0; round < rounds; round++)
        {
            var endless = await client.Jobs.Submit(Job(loop, $"endless-{round}", "loop", 1_000_000_000_000));
            while ((await client.Jobs.Get(endless.Id)).State != JobState.Running)
            {
                await Task.Delay(5);
            }
            var clock = Stopwatch.StartNew();
            var cancelled = await client.Jobs.Cancel(endless.Id);
            var next = await client.Jobs.Submit(Job(echo, $"next-{round}", "next", 10_000_000), TimeSpan.FromSeconds(20));
            milliseconds.Add(clock.Elapsed.TotalMilliseconds);
            if (cancelled.State != JobState.Cancelled || next.State != JobState.Completed)
            {
                violations.Add($"Round {round}: the loop is {cancelled.State}, the next job {next.State}.");
            }
        }
        if (milliseconds.Max() > MillisecondsMax)
        {
            violations.Add($"The slowest of {rounds} stops took {milliseconds.Max():F0} ms; allowed are {MillisecondsMax:F0}.");
        }
        milliseconds.Sort();
        var line = new
        {
            Verify = "cancel",
            Rounds = rounds,
            P50Ms = Math.Round(milliseconds[rounds / 2], 1),
            MaxMs = Math.Round(milliseconds[^1], 1),
            Violations = violations.Count,
        };
        return new VerifyResult(line, violations);
    }

    private static async Task<ProgramId> Deploy(MarketplaceClient client, string name)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm"));
        return (await client.Programs.Deploy(module, name)).Id;
    }

    private static JobRequest Job(ProgramId program, string id, string input, long fuelMax) =>
        new()
        {
            RequestId = id,
            Program = program,
            InputText = input,
            FuelMax = fuelMax,
            PriceMax = new TokenAmount(2_000_000),
        };
}
