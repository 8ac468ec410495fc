using System.Diagnostics;
using Marketplace.Grains.Tests.Repeats;

namespace Marketplace.Verify.Idempotency;

/// <summary>
/// Every grain method and every HTTP request that changes something, sent again and again: one effect, equal answers. Methods and routes
/// are found, not listed, so a new one without a case fails the check.
/// </summary>
public static class IdempotencyCheck
{
    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var seed = arguments.Number("seed", 1);
        var grains = RepeatRun.Run((ulong)seed);
        Console.Error.WriteLine($"grains: {grains.Classified} of {grains.Methods} methods, {grains.Violations.Count} violations");
        var http = await HttpRepeats.Run();
        Console.Error.WriteLine($"http: {http.Classified} of {http.Routes} routes, {http.Violations.Count} violations");
        string[] found = [.. grains.Violations, .. http.Violations];
        var line = new
        {
            Verify = "idempotency",
            Seed = seed,
            GrainMethods = grains.Methods,
            GrainMethodsClassified = grains.Classified,
            GrainMethodsByEffect = grains.MethodsByEffect,
            GrainCalls = grains.Calls,
            grains.Restarts,
            HttpRoutes = http.Routes,
            HttpRoutesClassified = http.Classified,
            HttpRoutesNeverRepeated = http.NeverRepeated,
            HttpRequests = http.Requests,
            Violations = found.Length,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }
}
