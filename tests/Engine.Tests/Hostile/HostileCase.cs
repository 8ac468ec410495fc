using Marketplace.Engine.Interpret;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Hostile;

/// <summary>A module that wants to take the host down with it, and how it must end. Needs no test framework.</summary>
/// <param name="Name">What it tries, as a file name.</param>
/// <param name="End">As <see cref="Run"/> says it.</param>
/// <param name="Module">Its export <c>run</c> is called.</param>
public sealed record HostileCase(string Name, string End, Func<byte[]> Module)
{
    /// <summary>A message is for people and logs, whatever the module says.</summary>
    private const int MessageLengthMax = 500;

    /// <summary>More fuel than any case needs that does not end by it.</summary>
    private const long Plenty = 10_000_000_000;

    public HostileCase(string name, string end, Func<TestModule> module)
        : this(name, end, () => module().ToBytes()) { }

    /// <summary>What a function takes: 80 bytes that are read from the module, and 56 in an instance whose tables have it.</summary>
    private const int BytesPerFunction = 136;

    /// <summary>
    /// What the host may have to give for it: the guest's memory, its tables with room to grow, and what there is of its functions.
    /// </summary>
    public long BytesMax =>
        ((long)Limits.MemoryPagesMax * EnginePolicy.PageBytes) + (2L * 8 * Limits.TableElementsMax) + ((long)BytesPerFunction * Functions);

    /// <summary>Where the module has so many that they count.</summary>
    public int Functions { get; init; }

    public RunLimits Limits { get; init; } = new() { FuelMax = Plenty, MemoryPagesMax = 64 };

    public Value[] Arguments { get; init; } = [];

    /// <summary>Its harm is in making its machine code, so it has none where it is interpreted.</summary>
    public bool IsMachineCode { get; init; }

    /// <summary>What the module imports; given the way to cancel its run.</summary>
    public Func<CancellationTokenSource, Imports> Host { get; init; } = _ => new Imports();

    /// <summary>Decodes and runs the module. Must be called on a guest thread.</summary>
    /// <returns>The end in words: <c>refused FAULT</c>, <c>not linked FAULT</c>, <c>trap KIND</c> or <c>returns BITS</c>.</returns>
    internal string Run(Tiers tiers, CancellationToken cancellation) => Run(Module(), tiers, cancellation);

    /// <inheritdoc cref="Run(Tiers, CancellationToken)"/>
    internal string Run(byte[] module, Tiers tiers, CancellationToken cancellation)
    {
        var (end, message) = EndOf(module, tiers, cancellation);
        return message.Length <= MessageLengthMax ? end : $"{end}, with a message of {message.Length} characters";
    }

    private (string End, string Message) EndOf(byte[] module, Tiers tiers, CancellationToken cancellation)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var run = new Run(Limits with { Cancellation = cancel.Token }, TimeProvider.System);
        try
        {
            using var instance = Instance.Instantiate(
                CompiledModule.Compile(WasmModule.Decode(module, EngineLimits.Default), tiers),
                Host(cancel),
                run
            );
            var results = instance.Invoke("run", Arguments);
            return (
                $"returns {string.Join(' ', results.Select(result => result.Bits))}" + (run.MemoryRefused ? ", memory refused" : ""),
                ""
            );
        }
        catch (InvalidModuleException refusal)
        {
            return ($"refused {refusal.Fault}", refusal.Message);
        }
        catch (LinkException refusal)
        {
            return ($"not linked {refusal.Fault}", refusal.Message);
        }
        catch (TrapException trap)
        {
            return ($"trap {trap.Kind}", $"{trap.Message} in {trap.Site}");
        }
    }
}
