namespace Marketplace.Grains;

/// <summary>
/// What one account may take of something that all share: no more than a part of what is free. Alone it gets the part that its bound names.
/// The more others use, the less each may have. So even if one person opens many accounts, something stays free for the next account.
/// </summary>
internal static class FairShare
{
    /// <param name="free">What no account uses now.</param>
    /// <param name="own">What the account uses now.</param>
    /// <param name="parts">Alone, an account may take one of so many parts; at least two.</param>
    /// <returns>
    /// The most that it may take in addition: afterwards it has at most 1 / (<paramref name="parts"/> - 1) of what is then still free,
    /// rounded up, so that the last piece is for an account that has nothing.
    /// </returns>
    public static long Room(long free, long own, int parts) => Math.Max(0, (free - ((parts - 1) * own) + parts - 1) / parts);
}
