namespace Marketplace.GrainInterfaces;

/// <summary>What a caller may do after a timeout, when it does not know whether a call ran.</summary>
public enum Effect
{
    /// <summary>The call changes nothing that another call could see: repeat it freely.</summary>
    None = 0,

    /// <summary>The call sets a state that a repetition sets again, though it may be answered otherwise: repeat it freely.</summary>
    Idempotent = 1,

    /// <summary>
    /// The call has an operation id and its effect is kept with it: a repetition has no other, and hears what became of the first.
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
