using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>An account's money.</summary>
/// <param name="Id">The account.</param>
/// <param name="Available">Can be held for new jobs.</param>
/// <param name="Held">Held for open jobs.</param>
/// <param name="UnderWay">Charged, not yet arrived at the payee.</param>
/// <param name="Earned">Received from other accounts in all.</param>
/// <param name="Spent">Charged in all.</param>
/// <param name="OpenJobs">Jobs with a hold.</param>
/// <param name="Debt">Owed for credits that were taken back after they were spent; what comes in pays it first. Absent: nothing.</param>
/// <param name="Claimable">Earned to be claimed on the chain, claimed or not; never available. Absent: the market settles on none.</param>
public sealed record Account(
    AccountId Id,
    TokenAmount Available,
    TokenAmount Held,
    TokenAmount UnderWay,
    TokenAmount Earned,
    TokenAmount Spent,
    int OpenJobs,
    TokenAmount? Debt = null,
    TokenAmount? Claimable = null
);

/// <summary>
/// Workers and owners of workers that get no jobs of the account, at most 20 together. A job has the list of the moment when it was
/// submitted, beside those that it names itself.
/// </summary>
/// <param name="Workers">Workers.</param>
/// <param name="Owners">Accounts for which workers earn.</param>
public sealed record RefusalList(IReadOnlyList<WorkerId> Workers, IReadOnlyList<AccountId> Owners);

/// <summary>The body of <c>PUT /v1/account/refusals</c>.</summary>
/// <param name="Workers">All workers that are refused from now on; with the owners at most 20.</param>
/// <param name="Owners">All accounts whose workers are.</param>
public sealed record RefusalsRequest(IReadOnlyList<WorkerId> Workers, IReadOnlyList<AccountId> Owners);

/// <summary>What the books know of the account on the chain where the market settles.</summary>
/// <param name="Owner">The address that stands for it, for ever; absent: none does yet.</param>
/// <param name="Deposited">What is deposited for it and not withdrawn, by the last block that is counted.</param>
/// <param name="Booked">What of that is in its books.</param>
/// <param name="Requested">The withdrawal that it has asked for; 0: none.</param>
/// <param name="Claimed">What it has claimed of its earnings.</param>
public sealed record AccountChain(EvmAddress? Owner, TokenAmount Deposited, TokenAmount Booked, TokenAmount Requested, TokenAmount Claimed);

/// <summary>The body of <c>PUT /v1/account/chain</c>.</summary>
/// <param name="Owner">The address that stands for the account from now on, for ever.</param>
/// <param name="ByAccount">By the account's own key, of the digest of <c>AccountOwner</c> (receipts/SETTLEMENT.md): Ed25519, 64
/// bytes.</param>
/// <param name="ByOwner">By the address's key, of the same digest: r, s and v, 65 bytes.</param>
public sealed record AccountChainRequest(EvmAddress Owner, ReadOnlyMemory<byte> ByAccount, ReadOnlyMemory<byte> ByOwner);

/// <summary>What an API key allows.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<Scope>))]
public enum Scope
{
    /// <summary>Look at jobs, blobs, programs, the account and the market.</summary>
    Read = 1,

    /// <summary>Submit and cancel jobs, upload and remove blobs.</summary>
    Submit = 2,

    /// <summary>Deploy programs.</summary>
    Deploy = 4,

    /// <summary>Create, list and revoke keys, bring money in: the operator's.</summary>
    Admin = 8,

    /// <summary>Send money to other accounts.</summary>
    Transfer = 16,
}

/// <summary>The body of <c>POST /v1/keys</c>.</summary>
/// <param name="Name">For people, at most 128 bytes.</param>
/// <param name="Scopes">What the key allows: no more than the key that creates it.</param>
/// <param name="SpendLimit">What jobs of the key may cost in all; left out: no limit but the account's balance.</param>
public sealed record KeyRequest(string Name, IReadOnlyList<Scope> Scopes, TokenAmount? SpendLimit = null);

/// <summary>A new key, with its secret, which is shown only here.</summary>
/// <param name="Key">What requests carry as <c>Authorization: Bearer KEY</c>: id and secret.</param>
/// <param name="Details">The key without its secret, as lists show it.</param>
public sealed record CreatedKey(string Key, AccessKey Details);

/// <summary>A key of the account, without its secret.</summary>
/// <param name="Id">Names the key; the first part of what requests carry.</param>
/// <param name="Name">For people.</param>
/// <param name="Scopes">What the key allows.</param>
/// <param name="SpendLimit">What jobs of the key may cost in all; absent: no limit but the account's balance.</param>
/// <param name="Spent">What counts against the spend limit.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="RevokedAt">Since when it is refused; absent: it is good.</param>
public sealed record AccessKey(
    string Id,
    string Name,
    IReadOnlyList<Scope> Scopes,
    TokenAmount? SpendLimit,
    TokenAmount Spent,
    DateTimeOffset CreatedAt,
    DateTimeOffset? RevokedAt
);

/// <summary>The body of <c>POST /v1/accounts/challenges</c>.</summary>
/// <param name="Account">Whose key will sign.</param>
public sealed record ChallengeRequest(AccountId Account);

/// <summary>What the account's key signs, together with the request; see <c>OpenRequest</c>.</summary>
/// <param name="Challenge">Good for one API key of this account.</param>
/// <param name="Market">The market's public key, which the signed message names.</param>
/// <param name="ExpiresAt">Until when it is good.</param>
public sealed record AccountChallenge(ReadOnlyMemory<byte> Challenge, string Market, DateTimeOffset ExpiresAt);

/// <summary>
/// The body of <c>POST /v1/accounts</c>. The signature is Ed25519 over these parts, each behind its length (u32, little-endian): the
/// ASCII text <c>marketplace 2026 open account v1</c>, the market's public key (32 bytes), the account (32 bytes), the challenge, the name
/// in UTF-8, the sum of the scopes (read 1, submit 2, deploy 4, transfer 16) and the spend limit in decimal digits (empty: none), and
/// <c>1</c> or <c>0</c> for <c>revokeOthers</c>.
/// </summary>
/// <param name="Account">The public key that signs.</param>
/// <param name="Challenge">Of <c>POST /v1/accounts/challenges</c>.</param>
/// <param name="Signature">64 bytes.</param>
/// <param name="Name">Of the API key, for people, at most 128 bytes.</param>
/// <param name="Scopes">What the API key allows; left out: read, submit, deploy and transfer. The scope admin is not given.</param>
/// <param name="SpendLimit">What the API key may spend in all; left out: no limit but the account's balance.</param>
/// <param name="RevokeOthers">All other API keys of the account end, for an owner who lost one; left out: they stay.</param>
public sealed record OpenRequest(
    AccountId Account,
    ReadOnlyMemory<byte> Challenge,
    ReadOnlyMemory<byte> Signature,
    string Name,
    IReadOnlyList<Scope>? Scopes = null,
    TokenAmount? SpendLimit = null,
    bool? RevokeOthers = null
);

/// <summary>An account that is open, with an API key of it.</summary>
/// <param name="Account">The account.</param>
/// <param name="Key">What requests carry as <c>Authorization: Bearer KEY</c>: shown only here.</param>
/// <param name="Details">The key without its secret.</param>
public sealed record OpenedAccount(AccountId Account, string Key, AccessKey Details);

/// <summary>The body of <c>POST /v1/transfers</c>.</summary>
/// <param name="RequestId">The client's own: the same one again sends nothing more, and with other content it is refused.</param>
/// <param name="To">Who gets the money; an account that was opened or paid before.</param>
/// <param name="Amount">More than 0.</param>
/// <param name="At">When the client first ordered it. With it a repetition is never a second transfer; left out: the request id is
/// remembered for 30 days.</param>
public sealed record TransferRequest(string RequestId, AccountId To, TokenAmount Amount, DateTimeOffset? At = null);

/// <summary>The body of <c>POST /v1/accounts/{account}/credits</c>.</summary>
/// <param name="Operation">The operator's id of it: the same one again brings nothing more, and with another amount it is refused.</param>
/// <param name="Amount">More than 0.</param>
/// <param name="At">As in a transfer.</param>
public sealed record CreditRequest(string Operation, TokenAmount Amount, DateTimeOffset? At = null);

/// <summary>Which market this is.</summary>
/// <param name="Market">Its public key. All that is signed for it names this key, so it is worth nothing elsewhere.</param>
/// <param name="Version">The silo's version.</param>
public sealed record MarketInfo(string Market, string Version)
{
    /// <summary>Where the market settles: all that is signed by EIP-712 for it names this too. Absent: it settles on no chain.</summary>
    public MarketChain? Chain { get; init; }

    /// <summary>
    /// True: workers of other machines work here only when the operator knows them; others leave a request. Absent: it lets in any.
    /// </summary>
    public bool? KnownWorkersOnly { get; init; }
}

/// <summary>The contract by which a market settles.</summary>
/// <param name="ChainId">Its chain (EIP-155): decimal digits, as it may be beyond 2^53.</param>
/// <param name="Contract">Its address: <c>0x</c> and 40 hexadecimal digits in lower case.</param>
public sealed record MarketChain(string ChainId, string Contract);

/// <summary>The market at a glance.</summary>
/// <param name="QueuedJobs">Jobs that wait for a worker.</param>
/// <param name="RunningJobs">Jobs that a worker has.</param>
/// <param name="Workers">Workers with an offer.</param>
/// <param name="Slots">Jobs that all workers together can run at a time.</param>
/// <param name="LowestPricePerMillionFuel">The cheapest offer; absent while there is no worker.</param>
/// <param name="ReadModelLag">Writes that lists do not show yet.</param>
public sealed record MarketStatus(
    int QueuedJobs,
    int RunningJobs,
    int Workers,
    int Slots,
    TokenAmount? LowestPricePerMillionFuel,
    long ReadModelLag
)
{
    /// <summary>
    /// Prices by capability class, at most 12, those with most jobs first. A silo of an earlier version leaves it out.
    /// </summary>
    public IReadOnlyList<MarketClass>? Classes { get; init; }
}

/// <summary>Prices, depth and use of one capability class.</summary>
/// <param name="Name">The engine's profile, the memory, and what its jobs need of their worker.</param>
/// <param name="ReadyJobs">Jobs that wait for an offer.</param>
/// <param name="RunningJobs">Jobs that a worker has.</param>
/// <param name="Slots">Slots of the workers that meet its needs.</param>
/// <param name="Free">Those of them that are free, by price, the cheapest first, at most 15 prices.</param>
/// <param name="LastPrice">What the last job pays per million fuel; absent while none was matched.</param>
/// <param name="Hour">The last hour in spans of five minutes, the oldest first, without empty ones.</param>
/// <param name="Day">The last day in spans of an hour, likewise.</param>
public sealed record MarketClass(
    string Name,
    int ReadyJobs,
    int RunningJobs,
    int Slots,
    IReadOnlyList<FreeSlots> Free,
    TokenAmount? LastPrice,
    IReadOnlyList<PriceSpan> Hour,
    IReadOnlyList<PriceSpan> Day
);

/// <summary>Free slots at one price.</summary>
/// <param name="Price">Per million fuel.</param>
/// <param name="Slots">So many jobs could run at it now.</param>
public sealed record FreeSlots(TokenAmount Price, int Slots);

/// <summary>What jobs paid in a span of time, and how busy the workers were.</summary>
/// <param name="From">Its beginning.</param>
/// <param name="Matches">Jobs that were matched in it.</param>
/// <param name="Low">The least that one pays per million fuel; absent where none was matched.</param>
/// <param name="Mean">The mean.</param>
/// <param name="High">The most.</param>
/// <param name="UsedPermille">How much of the slots was in use, in thousandths; absent where it was not looked at.</param>
public sealed record PriceSpan(DateTimeOffset From, int Matches, TokenAmount? Low, TokenAmount? Mean, TokenAmount? High, int? UsedPermille);

/// <summary>The answer of the health routes.</summary>
/// <param name="Status"><c>live</c>, <c>ready</c>, <c>starting</c>, <c>stopping</c>, <c>failed</c> or <c>unavailable</c>.</param>
/// <param name="Version">The silo's version.</param>
/// <param name="Reason">Why it is not ready.</param>
public sealed record Health(string Status, string Version, string? Reason);

/// <summary>A single-use ticket for <c>GET /v1/events?ticket=…</c>, for clients that cannot send a header.</summary>
/// <param name="Ticket">Stands for the key, once.</param>
/// <param name="ExpiresAt">Until when it is good.</param>
public sealed record EventTicket(string Ticket, DateTimeOffset ExpiresAt);

/// <summary>A single-use ticket for <c>POST /v1/sign-ins:use</c>, in a link that signs a browser in.</summary>
/// <param name="Ticket">Stands for the key, once.</param>
/// <param name="ExpiresAt">Until when it is good.</param>
public sealed record SignInTicket(string Ticket, DateTimeOffset ExpiresAt);

/// <summary>The body of <c>POST /v1/sign-ins:use</c>.</summary>
/// <param name="Ticket">As it stood in the link.</param>
public sealed record SignInRequest(string Ticket);

/// <summary>What a ticket stood for.</summary>
/// <param name="Key">The API key that asked for the ticket.</param>
public sealed record SignedIn(string Key);
