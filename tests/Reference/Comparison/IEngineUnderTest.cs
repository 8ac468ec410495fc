using Marketplace.Reference.Generation;

namespace Marketplace.Reference.Comparison;

/// <summary>An engine with one generated module. Used on one guest thread.</summary>
public interface IEngineUnderTest : IDisposable
{
    /// <summary>Begins a run with a fresh instance; its start function is the first outcome.</summary>
    CallOutcome Begin();

    /// <summary>Calls an export in the same run.</summary>
    CallOutcome Call(GeneratedCall call);

    State State();
}
