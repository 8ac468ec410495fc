using Marketplace.Reference.Generation;

namespace Marketplace.Reference.Comparison;

/// <summary>One call as two engines agreed on it.</summary>
/// <param name="Session">Number of the instance that it ran in.</param>
/// <param name="State">Behind it.</param>
public sealed record AgreedCall(int Session, GeneratedCall? Call, CallOutcome Outcome, State State);

/// <summary>A module run on two engines.</summary>
/// <param name="Difference">Null: they agree.</param>
public sealed record Comparison(GeneratedModule Module, IReadOnlyList<AgreedCall> Calls, string? Difference);

/// <summary>Runs a module on two engines side by side and compares results, state, trap and fuel behind each call.</summary>
public static class Differential
{
    /// <summary>Instances of one module: a call that ended by a bound has ended its run, and the next calls need another.</summary>
    private const int SessionsMax = 3;

    public static Comparison OfEngineAndInterpreter(GeneratedModule module)
    {
        try
        {
            using var engine = new TieredEngine(module);
            using var interpreter = new InterpretingEngine(module);
            return Compare(module, engine, interpreter);
        }
        catch (Exception bug)
        {
            return new Comparison(module, [], $"{bug.GetType().Name} before the first call: {bug.Message}");
        }
    }

    public static Comparison Compare(GeneratedModule module, IEngineUnderTest first, IEngineUnderTest second)
    {
        var agreed = new List<AgreedCall>();
        var next = 0;
        for (var session = 0; session < SessionsMax && next < module.Calls.Count; session++)
        {
            GeneratedCall? call = null;
            while (true)
            {
                var one = call is null ? first.Begin() : first.Call(call);
                var two = call is null ? second.Begin() : second.Call(call);
                if (one != two)
                {
                    return new Comparison(module, agreed, $"{one} and {two}");
                }

                var state = first.State();
                if (state.DifferenceTo(second.State()) is { } difference)
                {
                    return new Comparison(module, agreed, $"behind {one}: {difference}");
                }

                agreed.Add(new AgreedCall(session, call, one, state));
                if (one.IsBounded || (call is null && one.End != "ok") || next == module.Calls.Count)
                {
                    break;
                }

                call = module.Calls[next++];
            }
        }

        return new Comparison(module, agreed, null);
    }
}
