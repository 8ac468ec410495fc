using Marketplace.Engine;
using Marketplace.Reference.Generation;

namespace Marketplace.Reference.Comparison;

/// <summary>What became of mutated modules.</summary>
public sealed record FuzzResult
{
    public int Valid { get; set; }

    public int Invalid { get; set; }

    public int Limit { get; set; }

    /// <summary>Valid ones that were run in both engines.</summary>
    public int Compared { get; set; }

    public TimeSpan Slowest { get; set; }

    /// <summary>What should not have been, with the module.</summary>
    public List<(string What, byte[] Module)> Found { get; } = [];
}

/// <summary>
/// Mutated modules are valid, invalid or over a limit and nothing else, within a bounded time; those that are valid run the same
/// in both engines. Used on one guest thread.
/// </summary>
public sealed class Fuzzing(IReadOnlyList<byte[]> corpus, ulong seed)
{
    /// <summary>Modules here have some kilobytes and decode in microseconds, so this is no matter of a slow machine.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromMilliseconds(100);

    private const int MeasuresMax = 3;
    private const long Fuel = 5_000;

    private readonly Dice _dice = new(seed);

    public FuzzResult Result { get; } = new();

    public void Run(int count)
    {
        for (; count > 0; count--)
        {
            Try(ByteMutator.Mutate(_dice.Pick(corpus), _dice.Pick(corpus), _dice));
        }
    }

    private void Try(byte[] bytes)
    {
        try
        {
            switch (Decode(bytes))
            {
                case null:
                    Result.Valid++;
                    Compare(bytes);
                    break;
                case ModuleFault.LimitExceeded:
                    Result.Limit++;
                    break;
                default:
                    Result.Invalid++;
                    break;
            }
        }
        catch (Exception bug)
        {
            Result.Found.Add(($"{bug.GetType().Name}: {bug.Message}", bytes));
        }
    }

    /// <returns>Null: valid.</returns>
    private ModuleFault? Decode(byte[] bytes)
    {
        ModuleFault? fault = null;
        var taken = TimeSpan.MaxValue;

        // What was slow once may have waited for the compiler of machine code or for the garbage collector.
        for (var i = 0; i < MeasuresMax && taken > TimeMax; i++)
        {
            var started = ThreadClock.Now();
            try
            {
                WasmModule.Decode(bytes, EngineLimits.Default);
                fault = null;
            }
            catch (InvalidModuleException refusal)
            {
                fault = refusal.Fault;
            }

            var measured = ThreadClock.Now() - started;
            taken = measured < taken ? measured : taken;
        }

        Result.Slowest = taken > Result.Slowest ? taken : Result.Slowest;
        if (taken > TimeMax)
        {
            Result.Found.Add(($"decoding took {taken.TotalMilliseconds:f0} ms of processor time", bytes));
        }

        return fault;
    }

    private void Compare(byte[] bytes)
    {
        var module = GeneratedModule.Of("mutated", bytes, portable: false);
        Result.Compared++;
        if (Differential.OfEngineAndInterpreter(module with { FuelMax = Math.Min(Fuel, module.FuelMax) }).Difference is { } difference)
        {
            Result.Found.Add((difference, bytes));
        }
    }
}
