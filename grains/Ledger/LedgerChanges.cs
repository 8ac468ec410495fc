using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// What there is to tell of things that happened, by receipts/LEDGER.md. Pure: what is told again is the same change, with the same time.
/// </summary>
internal static class LedgerChanges
{
    private static readonly Blake3Domain Changes = new("marketplace 2026 ledger change v1");

    public static LedgerChange KeyCreated(KeyView key) =>
        new(
            IdOf(LedgerKinds.KeyCreated, key.Id),
            LedgerKinds.KeyCreated,
            Invocation.Nanoseconds(key.CreatedAt),
            [
                new ChangeWord("key", key.Id),
                new ChangeWord("name", key.Name),
                .. Enum.GetValues<Scopes>()
                    .Where(scope => scope != Scopes.None && (key.Scopes & scope) == scope)
                    .Select(scope => new ChangeWord("scope", scope.ToString().ToLowerInvariant())),
                new ChangeWord("spendLimit", key.SpendLimit?.ToString() ?? ""),
            ]
        );

    public static LedgerChange KeyRevoked(string key, DateTimeOffset at) =>
        new(IdOf(LedgerKinds.KeyRevoked, key), LedgerKinds.KeyRevoked, Invocation.Nanoseconds(at), [new ChangeWord("key", key)]);

    /// <param name="program">Which program.</param>
    /// <param name="account">Who has deployed it.</param>
    /// <param name="at">When; an account may deploy a program again that it has removed.</param>
    public static LedgerChange ProgramDeployed(ProgramView program, AccountId account, DateTimeOffset at) =>
        new(
            IdOf(LedgerKinds.ProgramDeployed, $"{program.Id}", $"{account}", Ticks(at)),
            LedgerKinds.ProgramDeployed,
            Invocation.Nanoseconds(at),
            [
                new ChangeWord("program", $"{program.Id}"),
                new ChangeWord("module", $"{program.Module}"),
                new ChangeWord("name", program.Name),
            ]
        );

    public static LedgerChange ProgramRemoved(ProgramId program, AccountId account, DateTimeOffset at) =>
        new(
            IdOf(LedgerKinds.ProgramRemoved, $"{program}", $"{account}", Ticks(at)),
            LedgerKinds.ProgramRemoved,
            Invocation.Nanoseconds(at),
            [new ChangeWord("program", $"{program}")]
        );

    public static LedgerChange Offered(WorkerOffer offer, DateTimeOffset at)
    {
        var withheld = Withheld(offer);
        ImmutableArray<ChangeWord> words =
        [
            new("pricePerMillionFuel", $"{offer.PricePerMillionFuel}"),
            new("slots", Text(offer.Slots)),
            new("memoryPages", Text(offer.MemoryPagesMax)),
            new("buyerReputationMin", Text(offer.BuyerReputationMin)),
            new("withheld", $"{withheld}"),
            .. (offer.Labels.IsDefault ? [] : offer.Labels).Select(label => new ChangeWord("label", label)),
        ];
        var said = words.Select(word => $"{word.Name}={word.Value}");
        return new(IdOf([LedgerKinds.Offer, $"{offer.Worker}", Ticks(at), .. said]), LedgerKinds.Offer, Invocation.Nanoseconds(at), words);
    }

    public static LedgerChange StakeHeld(WorkerId worker, Stake stake) =>
        OfStake(LedgerKinds.StakeHeld, worker, stake, Invocation.Nanoseconds(stake.At));

    public static LedgerChange StakeTakenBack(WorkerId worker, Stake stake, DateTimeOffset at) =>
        OfStake(LedgerKinds.StakeTakenBack, worker, stake, Invocation.Nanoseconds(at));

    public static LedgerChange Slashed(WorkerId worker, Judgment judgment) =>
        new(
            IdOf(LedgerKinds.Slashing, $"{worker}", $"{judgment.Dispute}"),
            LedgerKinds.Slashing,
            Invocation.Nanoseconds(judgment.At),
            [
                new ChangeWord("worker", $"{worker}"),
                new ChangeWord("evidence", $"{judgment.Dispute}"),
                new ChangeWord("amount", $"{judgment.Taken}"),
                new ChangeWord("reason", "a jury found that its result was wrong"),
            ]
        );

    public static LedgerChange ReceiptBatch(CertificateBatch batch) =>
        new(
            IdOf(LedgerKinds.ReceiptBatch, $"{batch.Number}", $"{batch.ToTree().Root}"),
            LedgerKinds.ReceiptBatch,
            Invocation.Nanoseconds(batch.At),
            [
                new ChangeWord("epoch", $"{batch.Epoch}"),
                new ChangeWord("root", $"{batch.ToTree().Root}"),
                new ChangeWord("count", Text(batch.Roots.Length)),
            ]
        );

    /// <param name="options">Name and value of each, ascending.</param>
    /// <param name="before">Where the policy before stands; null: there was none.</param>
    /// <param name="at">When the silo began to follow it.</param>
    public static LedgerChange Policy(ImmutableArray<ChangeWord> options, long? before, DateTimeOffset at) =>
        new(
            // Silos that start together with the same options tell the same change.
            IdOf([LedgerKinds.Policy, before is { } index ? Text(index) : "first", .. options.Select(option => option.Value)]),
            LedgerKinds.Policy,
            Invocation.Nanoseconds(at),
            options
        );

    private static LedgerChange OfStake(string kind, WorkerId worker, Stake stake, ulong time) =>
        new(
            IdOf(kind, $"{stake.HoldOf(worker).Value}", Ticks(stake.At)),
            kind,
            time,
            [new ChangeWord("hold", $"{stake.HoldOf(worker).Value}"), new ChangeWord("amount", $"{stake.Amount}")]
        );

    /// <summary>Who earns and who is refused is shown to none but the worker: the ledger has their hash.</summary>
    private static Bytes32 Withheld(WorkerOffer offer)
    {
        var refused = offer.RefusedAccounts.IsDefault ? [] : offer.RefusedAccounts;
        var keys = new byte[(1 + refused.Length) * Bytes32.Size];
        offer.PayTo.Value.CopyTo(keys);
        for (var index = 0; index < refused.Length; index++)
        {
            refused[index].Value.CopyTo(keys.AsSpan((1 + index) * Bytes32.Size));
        }
        Span<byte> hash = stackalloc byte[Keccak256.DigestSize];
        Keccak256.Hash(keys, hash);
        return new Bytes32(hash);
    }

    private static Bytes32 IdOf(params IEnumerable<string> parts)
    {
        var writer = new CompactWriter(256);
        foreach (var part in parts)
        {
            writer.Bytes(Encoding.UTF8.GetBytes(part));
        }
        return Changes.Hash(writer.Finish().Span);
    }

    private static string Ticks(DateTimeOffset at) => Text(at.UtcTicks);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
