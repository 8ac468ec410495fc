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
        ImmutableArray<ChangeWord> words = [.. OperationOf(offer).Words().Select(word => new ChangeWord(word.Name, word.Value))];
        var said = words.Select(word => $"{word.Name}={word.Value}");
        return new(IdOf([LedgerKinds.Offer, $"{offer.Worker}", Ticks(at), .. said]), LedgerKinds.Offer, Invocation.Nanoseconds(at), words);
    }

    /// <summary>What the worker has signed of its offer; null: nothing.</summary>
    public static LedgerStatement? Signed(WorkerOffer offer)
    {
        if (offer.Statement is not { } said)
        {
            return null;
        }
        var operation = OperationOf(offer).Signed(said.Epoch, said.Sequence, said.Time);
        ImmutableArray<ChangeWord> words = [.. operation.Subject.Select(word => new ChangeWord(word.Name, word.Value))];
        var change = new LedgerChange(operation.Change, operation.Kind, operation.Time, words);
        return new LedgerStatement(operation.Author, operation.Epoch, operation.Sequence, change, said.Signature);
    }

    /// <exception cref="MarketException"><see cref="ErrorCode.MalformedRequest"/>: the worker has not signed this offer for this
    /// market.</exception>
    public static void RequireSigned(WorkerOffer offer, MarketDomain domain)
    {
        if (offer.Statement is not { } said)
        {
            return;
        }
        var operation = OperationOf(offer).Signed(said.Epoch, said.Sequence, said.Time);
        if (said.Sequence == 0 || !Ed25519.Verify(operation.Author, operation.Digest(domain).ToArray(), said.Signature.Span))
        {
            throw new MarketException(
                ErrorCode.MalformedRequest,
                $"Worker {offer.Worker} has not signed its offer as {said.Sequence} of epoch {said.Epoch} of its ledger; the signature is "
                    + "over the operation of receipts/LEDGER.md, and sequences count from 1."
            );
        }
    }

    private static OfferOperation OperationOf(WorkerOffer offer) =>
        new()
        {
            Worker = offer.Worker,
            PayTo = offer.PayTo,
            PricePerMillionFuel = offer.PricePerMillionFuel,
            Slots = offer.Slots,
            MemoryPages = offer.MemoryPagesMax,
            BuyerReputationMin = offer.BuyerReputationMin,
            RefusedAccounts = offer.RefusedAccounts.IsDefault ? [] : offer.RefusedAccounts,
            Labels = offer.Labels.IsDefault ? [] : offer.Labels,
        };

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
