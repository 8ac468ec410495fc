using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>What a worker loses of what is at stake for it, because a jury found that its result was wrong.</summary>
/// <param name="Dispute">The disputed job: a worker is slashed once for it.</param>
/// <param name="At">When it was decided, the same in each repetition.</param>
/// <param name="Amount">At most so much is taken, the oldest stakes first.</param>
/// <param name="Payees">Who gets how much of it, in their order and as far as it goes.</param>
/// <param name="Rest">Whose the rest is.</param>
/// <param name="Price">What the job could have cost, for the record.</param>
[GenerateSerializer, Immutable, Alias("SlashOrder")]
public sealed record SlashOrder(
    [property: Id(0)] JobId Dispute,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] TokenAmount Amount,
    [property: Id(3)] ImmutableArray<PayeeAmount> Payees,
    [property: Id(4)] AccountId Rest,
    [property: Id(5)] TokenAmount Price
);

/// <param name="Taken">What there was to take; the same for each repetition.</param>
/// <param name="IsForgotten">Decided before others that the reputation does not remember any more: nothing was taken now, and what was
/// taken once is not known.</param>
[GenerateSerializer, Immutable, Alias("SlashOutcome")]
public readonly record struct SlashOutcome([property: Id(0)] TokenAmount Taken, [property: Id(1)] bool IsForgotten = false);
