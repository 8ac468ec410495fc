namespace Marketplace.Grains;

/// <summary>What the operator chooses of accounts, for the whole life of a market.</summary>
public sealed record AccountTerms
{
    /// <summary>
    /// Money comes in as deposits on a chain, and what accounts earn is claimed there. Not by default. A market that was begun one way
    /// cannot go on the other way: its accounts refuse every change.
    /// </summary>
    public bool SettlesOnChain { get; init; }
}
