namespace Marketplace.GrainInterfaces;

/// <param name="RequestId">The client's own: the same again is the same stake. It is remembered as a hold's id is.</param>
/// <param name="Amount">More than nothing.</param>
[GenerateSerializer, Immutable, Alias("StakeRequest")]
public sealed record StakeRequest([property: Id(0)] string RequestId, [property: Id(1)] TokenAmount Amount);

/// <summary>How far a stake is; the numbers are stored.</summary>
public enum StakePhase
{
    /// <summary>The account is asked to set the money aside; it does not count yet.</summary>
    Asked = 0,

    /// <summary>The money is on hold, and counts.</summary>
    Held = 1,

    /// <summary>It was taken back: the money is on hold for a while and does not count.</summary>
    Unbonding = 2,

    /// <summary>The account refused, or did not answer in time: what it may have set aside after all goes back. The same request tries
    /// again.</summary>
    Refused = 3,

    /// <summary>Disputes have taken all of it. It does not count.</summary>
    Slashed = 4,

    /// <summary>It is unbonded, and its money is on its way back.</summary>
    Released = 5,
}

/// <summary>Money that one account has at stake for one worker.</summary>
/// <param name="Account">Whose money it is.</param>
/// <param name="RequestId">Names it among the account's stakes for this worker.</param>
/// <param name="Amount">How much.</param>
/// <param name="At">When it was first asked for.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="EndsAt">When the phase ends by itself: what is on hold then goes back. Null: it does not.</param>
[GenerateSerializer, Immutable, Alias("StakeView")]
public sealed record StakeView(
    [property: Id(0)] AccountId Account,
    [property: Id(1)] string RequestId,
    [property: Id(2)] TokenAmount Amount,
    [property: Id(3)] DateTimeOffset At,
    [property: Id(4)] StakePhase Phase,
    [property: Id(5)] DateTimeOffset? EndsAt
)
{
    /// <summary>What disputes have taken of the amount; the rest is at stake, or goes back.</summary>
    [Id(6)]
    public TokenAmount Taken { get; init; }
}
