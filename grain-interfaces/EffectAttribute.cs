namespace Marketplace.GrainInterfaces;

/// <summary>What a caller may do after a timeout, when it does not know whether a call ran.</summary>
public enum Effect
{
    /// <summary>The call changes nothing that another call could see: repeat it freely.</summary>
    None = 0,

    /// <summary>A repetition sets the same state again, though its answer may differ: repeat it freely.</summary>
    Idempotent = 1,

    /// <summary>
    /// The call has an operation id that is kept with its effect: a repetition has no second effect, and is answered with the first's.
    /// </summary>
    Deduplicated = 2,

    /// <summary>A repetition may have a second effect: ask for the state first.</summary>
    NeverRetry = 3,
}

/// <summary>States a grain method's <see cref="Effect"/>. Every method carries it; tests hold it to what the method calls.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EffectAttribute(Effect effect) : Attribute
{
    public Effect Effect { get; } = effect;
}
