using System.Diagnostics;
using Marketplace.Grains.Tests.Intrusions;

namespace Marketplace.Verify.Authz;

/// <summary>
/// Every route of the API's own document, every frame of a worker's link and every grain method that names its caller, called by those who
/// may not: without a key, with a revoked one, with one that may only read, from another account, from another worker, under a lease that
/// is over, in the name of another part of the marketplace. None of them learns or changes anything of the account that it is done to. A
/// new route or method fails the check until it has a case.
/// </summary>
public static class AuthzCheck
{
    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        // The canary: who has the victim's own key learns everything, and the check must say so.
        var isOwner = arguments.Text("as") == "owner";
        await using var scene = await AuthzScene.Start(isOwner);
        var routes = await AuthzRoutes.Run(scene);
        Console.Error.WriteLine($"routes: {routes.Routes}, {routes.Requests} requests, {routes.Violations.Count} violations");
        var frames = isOwner ? new AuthzResult(0, 0, []) : await AuthzFrames.Run(scene);
        Console.Error.WriteLine($"frames: {frames.Requests} requests, {frames.Violations.Count} violations");
        var grains = isOwner ? new IntrusionResult(0, 0, [], []) : IntrusionRun.Run((ulong)arguments.Number("seed", 1));
        Console.Error.WriteLine($"grains: {grains.Methods} methods, {grains.Calls} calls, {grains.Violations.Count} violations");
        string[] found = [.. routes.Violations, .. frames.Violations, .. grains.Violations];
        return new VerifyResult(
            new
            {
                Verify = "authz",
                Routes = routes.Routes,
                Requests = routes.Requests,
                Frames = frames.Requests,
                GrainMethods = grains.Methods,
                GrainCalls = grains.Calls,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
                Leaks = found.Length,
                Violations = found.Length,
            },
            found
        );
    }
}

/// <param name="Routes">Routes of the document.</param>
/// <param name="Requests">What was sent.</param>
/// <param name="Violations">What was learned or changed by it.</param>
internal sealed record AuthzResult(int Routes, int Requests, IReadOnlyList<string> Violations);
