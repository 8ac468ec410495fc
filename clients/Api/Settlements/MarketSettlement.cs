using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>How far a market is with its next settlement on the chain.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<SettlementState>))]
public enum SettlementState
{
    /// <summary>There is none under way.</summary>
    Resting = 0,

    /// <summary>Members of the committee are asked for their signatures.</summary>
    Signing = 1,

    /// <summary>It is signed, and sent until it is in a block that is deep enough.</summary>
    Sending = 2,

    /// <summary>The escrow is closed: none comes any more.</summary>
    Closed = 3,
}

/// <summary>How a market and its chain stand.</summary>
/// <param name="Chain">Where it settles.</param>
/// <param name="State">How far the next settlement is.</param>
/// <param name="Settled">The number of the last settlement that is deep enough in the chain; 0: there is none.</param>
/// <param name="Head">The newest block that was seen; 0: none yet.</param>
/// <param name="Counted">The last block whose deposits and requests are in the books.</param>
/// <param name="Accounts">Addresses that stand for accounts, or have deposited.</param>
/// <param name="Members">Workers that are registered for the committee on the chain.</param>
/// <param name="Open">What is under way; absent: nothing.</param>
/// <param name="Trouble">Why it does not go on now; absent: it does.</param>
/// <param name="Past">The last settlements that are deep enough, newest first.</param>
public sealed record MarketSettlement(
    MarketChain Chain,
    SettlementState State,
    long Settled,
    long Head,
    long Counted,
    int Accounts,
    int Members,
    SettlementUnderWay? Open,
    string? Trouble,
    IReadOnlyList<PastSettlement> Past
)
{
    /// <summary>In what it pays; absent: the chain has not answered since the market's start.</summary>
    public SettlementToken? Token { get; init; }
}

/// <summary>The token of a market's contracts.</summary>
/// <param name="Address">Its contract.</param>
/// <param name="Symbol">As it calls itself.</param>
/// <param name="Decimals">A token has 10 to this power base units.</param>
public sealed record SettlementToken(EvmAddress Address, string Symbol, int Decimals);

/// <summary>A settlement that is not deep enough in the chain yet.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Epoch">Whose committee signs.</param>
/// <param name="Signed">Members whose signatures are there.</param>
/// <param name="Asked">Members of the committee.</param>
/// <param name="Transaction">The newest that was sent for it; absent: none was.</param>
public sealed record SettlementUnderWay(long Number, long Epoch, int Signed, int Asked, string? Transaction);

/// <summary>A settlement that is deep enough in the chain.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Epoch">Whose committee has signed.</param>
/// <param name="Accounts">How many it tells of.</param>
/// <param name="Receipts">Batches of receipts that it names.</param>
/// <param name="Earned">By all accounts, since the first settlement.</param>
/// <param name="Spent">By all accounts, since the first settlement.</param>
/// <param name="Transaction">Which has settled it; absent: another one than the market's own.</param>
public sealed record PastSettlement(
    long Number,
    long Epoch,
    int Accounts,
    int Receipts,
    TokenAmount Earned,
    TokenAmount Spent,
    string? Transaction
);
