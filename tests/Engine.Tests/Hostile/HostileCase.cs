using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Hostile;

/// <summary>A module that wants to take the host down with it, and how it must end. Needs no test framework.</summary>
/// <param name="Name">What it tries, as a file name.</param>
/// <param name="End">As <see cref="Run"/> says it.</param>
/// <param name="Module">Its export <c>run</c> is called.</param>
public sealed record HostileCase(string Name, string End, Func<TestModule> Module)
{
    /// <summary>More fuel than any case needs that does not end by it.</summary>
    private const long Plenty = 10_000_000_000;

    public RunLimits Limits { get; init; } = new() { FuelMax = Plenty, MemoryPagesMax = 64 };

    public Value[] Arguments { get; init; } = [];

    /// <summary>What the module imports; given the way to cancel its run.</summary>
    public Func<CancellationTokenSource, Imports> Host { get; init; } = _ => new Imports();

    /// <summary>Decodes, compiles and runs the module. Must be called on a guest thread.</summary>
    /// <returns>The end in words: <c>refused FAULT</c>, <c>not linked FAULT</c>, <c>trap KIND</c> or <c>returns BITS</c>.</returns>
    public string Run(CancellationToken cancellation)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var run = new Run(Limits with { Cancellation = cancel.Token }, TimeProvider.System);
        try
        {
            using var instance = Instance.Instantiate(Module().Compile(), Host(cancel), run);
            var results = instance.Invoke("run", Arguments);
            return $"returns {string.Join(' ', results.Select(result => result.Bits))}" + (run.MemoryRefused ? ", memory refused" : "");
        }
        catch (InvalidModuleException refusal)
        {
            return $"refused {refusal.Fault}";
        }
        catch (LinkException refusal)
        {
            return $"not linked {refusal.Fault}";
        }
        catch (TrapException trap)
        {
            return $"trap {trap.Kind}";
        }
    }
}
