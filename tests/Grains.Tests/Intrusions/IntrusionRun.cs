using System.Reflection;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Repeats;
using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Grains.Tests.Intrusions;

/// <param name="Methods">Grain methods that name who calls them.</param>
/// <param name="Calls">Intruding calls that were made.</param>
/// <param name="Callers">A line a method: which parts may call it, and what each intruder hears.</param>
/// <param name="Violations">What an intruder learned or changed.</param>
internal sealed record IntrusionResult(int Methods, int Calls, IReadOnlyList<string> Callers, IReadOnlyList<string> Violations);

/// <summary>
/// Each grain method that names its caller, called by every part of the marketplace that may not, by a key of another account, by one
/// that may only read, by another worker, and under a lease that is over. After each such call the right one is made: its answer and the
/// books must be those of a run in which the intruder never came.
/// </summary>
internal static class IntrusionRun
{
    /// <summary>Longer than a market waits for a worker that says nothing.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(2);

    /// <summary>
    /// What a worker's calls of the market name it by. Offers are left out: a worker that offers in its own name is no intruder.
    /// </summary>
    private static readonly Type[] WorkerNames = [typeof(WorkerId), typeof(LeaseCall), typeof(WorkerPoll)];

    public static IntrusionResult Run(ulong seed, IReadOnlyDictionary<string, RepeatCases.Case>? cases = null)
    {
        cases ??= RepeatCases.All;
        var (lines, violations, methods, calls) = (new List<string>(), new List<string>(), 0, 0);
        foreach (var method in RepeatRun.Methods)
        {
            var name = $"{method.DeclaringType!.Name}.{method.Name}";
            if (Names(method) is not { } names || !cases.TryGetValue(name, out var subject))
            {
                continue;
            }
            methods++;
            var alone = Play(subject, null, seed);
            var heard = new List<(string What, string Who)>();
            foreach (var intruder in IntrudersOf(names))
            {
                calls++;
                var seen = Play(subject, intruder, seed);
                // A part that may call has no refusal to hear, and what it does is its business.
                var mayCall = intruder.Authority is not null && seen.Heard != $"{ErrorCode.Forbidden}";
                heard.Add((mayCall ? "may" : Said(seen.Heard, alone.Answer), intruder.Name));
                if (!mayCall && (seen.Books != alone.Books || seen.Answer != alone.Answer))
                {
                    violations.Add($"{name} by {intruder.Name} changes {alone.Answer}, {alone.Books} to {seen.Answer}, {seen.Books}");
                }
            }
            if (names == typeof(WorkerId))
            {
                calls++;
                var late = PlayLate(subject, seed);
                heard.Add((Said(late.Heard, alone.Answer), "a worker that was silent"));
                if (late.Before != late.Books)
                {
                    violations.Add($"{name} by a worker that was silent changes {late.Before} to {late.Books}");
                }
            }
            lines.Add($"{name}{string.Concat(heard.GroupBy(one => one.What, one => one.Who).Select(Line))}");
        }
        return new IntrusionResult(methods, calls, lines, violations);
    }

    private static string Line(IGrouping<string, string> heard) => $"{Environment.NewLine}    {heard.Key}: {string.Join(", ", heard)}";

    /// <summary>The same answer as the right caller's is written in a word, so that it is seen.</summary>
    private static string Said(string heard, string right) =>
        string.IsNullOrWhiteSpace(heard) ? "nothing"
        : heard == right ? "as the right one"
        : heard;

    private static Type? Names(MethodInfo method)
    {
        Type[] types = [.. method.GetParameters().Select(parameter => parameter.ParameterType)];
        return types.Contains(typeof(Authority)) ? typeof(Authority)
            : types.Contains(typeof(Caller)) ? typeof(Caller)
            : types.Any(WorkerNames.Contains) ? typeof(WorkerId)
            : null;
    }

    private static IEnumerable<Intruder> IntrudersOf(Type names) =>
        names == typeof(Authority) ? Enum.GetValues<Authority>().Select(authority => new Intruder($"{authority}", Authority: authority))
        : names == typeof(Caller)
            ?
            [
                new Intruder(
                    "another account",
                    Caller: new Caller(
                        RepeatScene.Stranger,
                        "mk0000000000000000",
                        Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Transfer
                    )
                ),
                new Intruder("a key that may only read", Caller: new Caller(RepeatScene.Client, "mk0000000000000000", Scopes.Read)),
            ]
        : [new Intruder("another worker", Worker: new WorkerId(RepeatScene.Client.Value))];

    private static (string Heard, string Answer, string Books) Play(RepeatCases.Case subject, Intruder? intruder, ulong seed) =>
        Play(
            subject,
            seed,
            async (_, scene, send) =>
            {
                var heard = "";
                if (intruder is not null)
                {
                    scene.Intruder = intruder;
                    heard = await RepeatRun.Answer(send);
                    scene.Intruder = null;
                }
                await scene.ComeToRest();
                var answer = await RepeatRun.Answer(send);
                await scene.ComeToRest();
                return (heard, answer, await scene.Books());
            }
        );

    /// <summary>The right worker calls when the market has given its lease up.</summary>
    private static (string Heard, string Before, string Books) PlayLate(RepeatCases.Case subject, ulong seed) =>
        Play(
            subject,
            seed,
            async (run, scene, send) =>
            {
                await Task.Delay(Silence, run.Time);
                var before = await scene.Books();
                var heard = await RepeatRun.Answer(send);
                await scene.ComeToRest();
                return (heard, before, await scene.Books());
            }
        );

    private static T Play<T>(RepeatCases.Case subject, ulong seed, Func<SimulatedRun, RepeatScene, Func<Task<string>>, Task<T>> play)
    {
        var run = new SimulatedRun(seed);
        return run.Run(async () =>
        {
            var plan = new FaultPlan { IsOn = false };
            await using var silo = new SimulatedSilo(run, plan, null);
            await silo.Start();
            var scene = new RepeatScene(run, silo);
            await scene.Prepare();
            var send = await subject(scene);
            await scene.ComeToRest();
            var seen = await play(run, scene, send);
            await silo.Stop();
            return seen;
        });
    }
}
