using Marketplace.Engine.Interpret;
using Marketplace.Reference.Generation;

namespace Marketplace.Reference.Comparison;

/// <summary>
/// The engine of the product four times side by side: with machine code alone, interpreted alone, and changing from one to the other at two
/// moments while it runs. What differs between them is an outcome that no other engine has.
/// </summary>
internal sealed class TieredEngine(GeneratedModule module) : IEngineUnderTest
{
    /// <summary>From machine code at the first call to some turns of the usual loops.</summary>
    private const int PatienceEnd = 200;

    private readonly (string Name, CompilingEngine Engine)[] _engines =
    [
        ("compiled", new CompilingEngine(module, Tiers.CompiledOnly)),
        ("interpreted", new CompilingEngine(module, TestTiers.InterpretedOnly)),
        ("changing", new CompilingEngine(module, TestTiers.Changing)),
        ("changing at another moment", new CompilingEngine(module, new Tiers(true, module.Bytes.Length % PatienceEnd, 0, 0))),
    ];

    public CallOutcome Begin() => OfAll(engine => engine.Begin());

    public CallOutcome Call(GeneratedCall call) => OfAll(engine => engine.Call(call));

    public State State()
    {
        var states = Array.ConvertAll(_engines, engine => (engine.Name, State: engine.Engine.State()));
        var (_, first) = states[0];
        foreach (var (name, state) in states)
        {
            if (first.DifferenceTo(state) is { } difference)
            {
                return first with { Values = $"{states[0].Name} and {name}: {difference}" };
            }
        }

        return first;
    }

    public void Dispose()
    {
        foreach (var (_, engine) in _engines)
        {
            engine.Dispose();
        }
    }

    private CallOutcome OfAll(Func<CompilingEngine, CallOutcome> does)
    {
        var outcomes = Array.ConvertAll(_engines, engine => (engine.Name, Outcome: does(engine.Engine)));
        var (_, first) = outcomes[0];
        foreach (var (name, outcome) in outcomes)
        {
            if (outcome != first)
            {
                return first with { End = $"{outcomes[0].Name}: {first}, {name}: {outcome}" };
            }
        }

        return first;
    }
}
