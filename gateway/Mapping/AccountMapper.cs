using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>Between the account, key and market records of the API and those of the grains. Pure.</summary>
internal static class AccountMapper
{
    public static RefusalList ToRefusals(GrainInterfaces.RefusalList refusals) => new(refusals.Workers, refusals.Owners);

    public static Account ToAccount(AccountView view) =>
        new(
            Id: view.Id,
            Available: view.Available,
            Held: view.Held,
            UnderWay: view.UnderWay,
            Earned: view.Earned,
            Spent: view.Spent,
            OpenJobs: view.OpenJobs,
            Debt: view.Debt.IsZero ? null : view.Debt,
            Claimable: view.EarnsOnChain || !view.Claimable.IsZero ? view.Claimable : null
        );

    /// <param name="known">Null: no address stands for the account.</param>
    public static AccountChain ToChain(ChainAccount? known) =>
        new(
            Owner: known?.Owner,
            Deposited: known?.Deposited ?? TokenAmount.Zero,
            Booked: known?.Booked ?? TokenAmount.Zero,
            Requested: known?.Requested ?? TokenAmount.Zero,
            Claimed: known?.Claimed ?? TokenAmount.Zero
        );

    public static CheckedBooks ToBooks(BookStatus status) =>
        new(
            State: status switch
            {
                { Failure: not null } => BooksState.Failed,
                { Last: null } => BooksState.Unchecked,
                { Last.ViolationCount: 0 } => BooksState.Sound,
                _ => BooksState.Broken,
            },
            Checking: status.IsRunning,
            CheckedAt: status.EndedAt,
            Accounts: status.Last?.Accounts,
            Sums: status.Last is { } last ? ToSums(last) : null,
            Violations: status.Last is { ViolationCount: > 0 } broken ? broken.Violations : null,
            Reason: status.Failure
        );

    private static MoneySums ToSums(BookReport report) =>
        new(
            Credited: report.Credited,
            Withdrawn: report.Withdrawn,
            Debt: report.Debt,
            Available: report.Available,
            Held: report.Held,
            UnderWay: report.UnderWay,
            Claimable: report.Claimable.IsZero ? null : report.Claimable
        );

    public static AccessKey ToKey(KeyView view) =>
        new(
            Id: view.Id,
            Name: view.Name,
            Scopes: ToScopes(view.Scopes),
            SpendLimit: view.SpendLimit,
            Spent: view.Spent,
            CreatedAt: view.CreatedAt,
            RevokedAt: view.RevokedAt
        );

    public static CreatedKey ToCreated(GrainInterfaces.CreatedKey created) => new(created.Key, ToKey(created.View));

    /// <exception cref="MarketException">An item is not one scope.</exception>
    public static Scopes FromScopes(IReadOnlyList<Scope> scopes)
    {
        var flags = Scopes.None;
        foreach (var scope in scopes)
        {
            flags |= FromScope(scope);
        }
        return flags;
    }

    public static MarketStatus ToStatus(MarketView view, long lag) =>
        new(view.QueuedJobs, view.LeasedJobs, view.Workers, view.Slots, view.LowestPricePerMillionFuel, lag)
        {
            Classes = view.Classes.IsDefault ? null : [.. view.Classes.Select(ToClass)],
        };

    private static MarketClass ToClass(ClassPrices prices) =>
        new(
            Name: prices.Name,
            ReadyJobs: prices.ReadyJobs,
            RunningJobs: prices.RunningJobs,
            Slots: prices.Slots,
            Free: [.. prices.Free.Select(level => new FreeSlots(level.Price, level.Slots))],
            LastPrice: prices.LastPrice,
            Hour: [.. prices.Hour.Select(ToSpan)],
            Day: [.. prices.Day.Select(ToSpan)]
        );

    private static PriceSpan ToSpan(GrainInterfaces.PriceSpan span) =>
        new(span.From, span.Matches, span.Low, span.Mean, span.High, span.UsedPermille);

    public static Scope[] ToScopes(Scopes scopes) => [.. Enum.GetValues<Scope>().Where(scope => scopes.HasFlag(FromScope(scope)))];

    private static Scopes FromScope(Scope scope) =>
        scope switch
        {
            Scope.Read => Scopes.Read,
            Scope.Submit => Scopes.Submit,
            Scope.Deploy => Scopes.Deploy,
            Scope.Admin => Scopes.Admin,
            Scope.Transfer => Scopes.Transfer,
            // The reader of enums also takes 'read, admin' as one value; each scope has its own place in the list.
            _ => throw RequestReader.Malformed(GatewayMessages.ScopeUnknown),
        };
}
