using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>Which part of the marketplace tells which kind: where it happens.</summary>
internal static class LedgerTellers
{
    private static readonly Dictionary<string, Authority> Tellers = new(StringComparer.Ordinal)
    {
        [LedgerKinds.KeyCreated] = Authority.Account,
        [LedgerKinds.KeyRevoked] = Authority.Account,
        [LedgerKinds.ProgramDeployed] = Authority.Program,
        [LedgerKinds.ProgramRemoved] = Authority.Program,
        [LedgerKinds.Offer] = Authority.Worker,
        [LedgerKinds.StakeHeld] = Authority.Reputation,
        [LedgerKinds.StakeTakenBack] = Authority.Reputation,
        [LedgerKinds.Slashing] = Authority.Reputation,
        [LedgerKinds.ReceiptBatch] = Authority.Market,
        [LedgerKinds.Policy] = Authority.Silo,
    };

    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>.</exception>
    public static void Require(string kind, Authority by)
    {
        if (!Tellers.TryGetValue(kind, out var teller) || teller != by)
        {
            throw new MarketException(ErrorCode.Forbidden, $"{by} may not tell of '{kind}'; allowed is {teller}.");
        }
    }

    /// <summary>Ledgers of accounts name its keys and programs: they are for the account and the operator.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>.</exception>
    public static void RequireReader(LedgerName name, Caller caller)
    {
        if ((caller.Scopes & Scopes.Admin) != Scopes.None)
        {
            return;
        }
        if (name.Scope is LedgerScope.Account)
        {
            Authorities.Require(caller, new AccountId(name.Owner), Scopes.Read);
            return;
        }
        Authorities.Require(caller, Scopes.Read);
    }
}
