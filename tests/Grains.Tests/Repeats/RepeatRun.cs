using System.Reflection;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Grains.Tests.Repeats;

/// <summary>What came of sending every grain method's call again and again.</summary>
internal sealed record RepeatResult(
    IReadOnlyDictionary<string, int> MethodsByEffect,
    int Classified,
    int Methods,
    long Calls,
    int Restarts,
    IReadOnlyList<string> Violations
);

/// <summary>
/// Each grain method, found by reflection, sent ten times: one after the other, all at once, and with a power cut in the middle, after
/// which every activation is a new one. Books and answers must be those of one call. A method without effect mark or without case is a
/// violation.
/// </summary>
internal static class RepeatRun
{
    private const int Times = 10;

    private enum Manner
    {
        InTurn,
        AtOnce,
        WithARestart,
    }

    public static IReadOnlyList<MethodInfo> Methods { get; } =
    [
        .. typeof(IJobGrain)
            .Assembly.GetTypes()
            .Where(type => type.IsInterface && typeof(IGrain).IsAssignableFrom(type))
            .OrderBy(type => type.Name, StringComparer.Ordinal)
            .SelectMany(type => type.GetMethods().OrderBy(method => method.Name, StringComparer.Ordinal)),
    ];

    public static RepeatResult Run(ulong seed, IReadOnlyDictionary<string, RepeatCases.Case>? cases = null)
    {
        cases ??= RepeatCases.All;
        var violations = new List<string>();
        var byEffect = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var (classified, restarts) = (0, 0);
        long calls = 0;
        foreach (var method in Methods)
        {
            var name = $"{method.DeclaringType!.Name}.{method.Name}";
            if (method.GetCustomAttribute<EffectAttribute>()?.Effect is not { } effect)
            {
                violations.Add($"{name} does not state its effect");
                continue;
            }

            byEffect[effect.ToString()] = byEffect.GetValueOrDefault(effect.ToString()) + 1;
            if (effect == Effect.NeverRetry)
            {
                classified++;
                continue;
            }

            if (!cases.TryGetValue(name, out var subject))
            {
                violations.Add($"{name} has no case");
                continue;
            }

            classified++;
            foreach (var manner in Enum.GetValues<Manner>())
            {
                violations.AddRange(Compare(name, subject, manner, effect, seed).Select(violation => $"{name}, {manner}: {violation}"));
                calls += 1 + Times;
                restarts += manner == Manner.WithARestart ? 1 : 0;
            }
        }

        violations.AddRange(
            cases
                .Keys.Except(Methods.Select(method => $"{method.DeclaringType!.Name}.{method.Name}"))
                .Select(gone => $"{gone} is no method")
        );
        return new RepeatResult(byEffect, classified, Methods.Count, calls, restarts, violations);
    }

    private static IEnumerable<string> Compare(string name, RepeatCases.Case subject, Manner manner, Effect effect, ulong seed)
    {
        var once = Play(subject, manner, 1, seed);
        var often = Play(subject, manner, Times, seed);
        if (once.Books != often.Books)
        {
            yield return $"once leaves{Environment.NewLine}{once.Books}and {Times} times{Environment.NewLine}{often.Books}";
        }
        if (effect == Effect.None && once.Before != once.Books)
        {
            yield return $"states no effect, and changes{Environment.NewLine}{once.Before}to{Environment.NewLine}{once.Books}";
        }
        if (manner == Manner.WithARestart && RepeatCases.Restarting.Contains(name))
        {
            yield break;
        }
        // A repetition may find that there is nothing left to do, and say so: a second answer, but only one.
        var answers = often.Answers.Distinct().ToArray();
        var isSaidOnce =
            name is "IBlobGrain.Unpin" or "IProgramGrain.Remove"
            && answers is ["done", "BlobNotFound" or "ProgramNotFound"] or ["BlobNotFound" or "ProgramNotFound", "done"];
        if (answers.Length != 1 && !isSaidOnce)
        {
            yield return $"the answers are {string.Join(" | ", answers)}";
        }
    }

    private static (string Before, string Books, IReadOnlyList<string> Answers) Play(
        RepeatCases.Case subject,
        Manner manner,
        int times,
        ulong seed
    )
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
            var before = await scene.Books();
            var answers = new List<string>();
            for (var left = times; left > 0; )
            {
                var together = manner == Manner.AtOnce ? left : 1;
                answers.AddRange(await Task.WhenAll(Enumerable.Range(0, together).Select(_ => Answer(send))));
                left -= together;
                if (manner == Manner.WithARestart && left == times / 2)
                {
                    await scene.Restart();
                }
            }

            await scene.ComeToRest();
            var books = await scene.Books();
            await silo.Stop();
            return (before, books, (IReadOnlyList<string>)answers);
        });
    }

    internal static async Task<string> Answer(Func<Task<string>> send)
    {
        try
        {
            return await send();
        }
        catch (MarketException refused)
        {
            return refused.Code.ToString();
        }
    }
}
