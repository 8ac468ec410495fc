namespace Marketplace.Engine.Guests;

/// <summary>What a file is that is no program, and what to do to get one.</summary>
/// <param name="What">A noun: <c>a component, not a core module</c>.</param>
/// <param name="Advice">What to do, without a full stop.</param>
public sealed record ModuleOrigin(string What, string Advice)
{
    /// <summary>A refusal says first what the file is, then what to do, then the reason in the engine's words.</summary>
    internal InvalidModuleException Explain(InvalidModuleException refusal) =>
        new(refusal.Fault, refusal.Offset, $"this is {What}; {Advice}. {char.ToUpperInvariant(refusal.Reason[0])}{refusal.Reason[1..]}");
}
