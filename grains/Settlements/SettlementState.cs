using System.Collections.Immutable;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// How far a market is with its chain. Each change is one durable write, and every intent is in it before the chain hears of it.
/// </summary>
internal sealed record SettlementState
{
    /// <summary>The name of the state and the kind of its document.</summary>
    public const string Kind = "settlement";

    /// <summary>Of each that ever registered, with the block in which it did; neither what they had at stake
    /// nor settlements to send again were kept.</summary>
    private const byte FormatWithoutStakes = 1;

    /// <summary>Without the end of the time for which stakes are covered.</summary>
    private const byte FormatWithoutCover = 2;
    private const byte Format = 3;

    public required ulong ChainId { get; init; }

    public required EvmAddress Escrow { get; init; }

    /// <summary>Blocks up to which events are counted, oldest first; the last one is the newest that counts.</summary>
    public ImmutableArray<ChainBlock> Trail { get; init; } = [];

    /// <summary>
    /// Those with a weight in the registry's last, running or next epoch, and those that have joined since that was read. Who has none is
    /// forgotten, and comes back when it stakes again.
    /// </summary>
    public ImmutableArray<KnownMember> Members { get; init; } = [];

    /// <summary>The registry's epoch in which their stakes were read; null: something was staked since, or taken back or slashed.</summary>
    public ulong? StakesOf { get; init; }

    /// <summary>
    /// Until when the stakes cover what their members sign: who has taken one back since they were known can be slashed for longer. Null:
    /// they were never known.
    /// </summary>
    public DateTimeOffset? CoveredUntil { get; init; }

    /// <summary>
    /// The chain was reorganised deeper than is waited for: what was read of it before is compared again, all of it.
    /// </summary>
    public bool IsInDoubt { get; init; }

    /// <summary>The last batch of certificates whose receipts are settled, or were when it was the last.</summary>
    public ulong Batches { get; init; }

    /// <summary>Those that are deep enough in the chain, oldest first.</summary>
    public ImmutableArray<SettledBooks> Past { get; init; } = [];

    /// <summary>What is under way; null: nothing.</summary>
    public BooksUnderWay? Open { get; init; }

    /// <summary>
    /// Versions of the number that is under way, or of later ones, for epochs that are over: one of them may still be the one that was
    /// settled.
    /// </summary>
    public ImmutableArray<BooksUnderWay> Earlier { get; init; } = [];

    /// <summary>
    /// The newest of <see cref="Past"/> as they were sent, oldest first: should the chain lose them, they are sent again.
    /// </summary>
    public ImmutableArray<BooksUnderWay> Kept { get; init; } = [];

    /// <summary>What follows the settlement that is under way, because the chain has lost them together; oldest first.</summary>
    public ImmutableArray<BooksUnderWay> Again { get; init; } = [];

    /// <summary>What is to be settled, in the order of its numbers.</summary>
    public IEnumerable<BooksUnderWay> InLine => Open is { } open ? Again.Insert(0, open) : Again;

    /// <summary>All versions that the chain may still settle.</summary>
    public IEnumerable<BooksUnderWay> Versions => Earlier.Concat(InLine);

    /// <summary>The last block whose events are in the books; 0: none.</summary>
    public ulong Counted => Trail.IsEmpty ? 0 : Trail[^1].Number;

    public ulong Next => Past.IsEmpty ? 1 : Past[^1].Settlement.Number + 1;

    public static ReadOnlyMemory<byte> Write(SettlementState state)
    {
        var writer = new CompactWriter(4096);
        writer.Byte(Format);
        writer.Number(state.ChainId);
        writer.Id(state.Escrow.ToWord());
        writer.Count(state.Trail.Length);
        foreach (var block in state.Trail)
        {
            WriteBlock(writer, block);
        }
        writer.Count(state.Members.Length);
        foreach (var member in state.Members)
        {
            writer.Id(member.Worker.Value);
            writer.Bytes(member.Key.Bytes);
            writer.Amount(member.Stake);
        }
        writer.Flag(state.StakesOf is not null);
        if (state.StakesOf is { } epoch)
        {
            writer.Number(epoch);
        }
        writer.Flag(state.CoveredUntil is not null);
        if (state.CoveredUntil is { } covered)
        {
            writer.Time(covered);
        }
        writer.Flag(state.IsInDoubt);
        writer.Number(state.Batches);
        writer.Count(state.Past.Length);
        foreach (var past in state.Past)
        {
            SettledBooks.Write(writer, past);
        }
        writer.Flag(state.Open is not null);
        if (state.Open is { } open)
        {
            BooksUnderWay.Write(writer, open);
        }
        foreach (var versions in (ImmutableArray<BooksUnderWay>[])[state.Earlier, state.Kept, state.Again])
        {
            writer.Count(versions.Length);
            foreach (var version in versions)
            {
                BooksUnderWay.Write(writer, version);
            }
        }
        return writer.Finish();
    }

    public static SettlementState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = reader.Version(FormatWithoutStakes, Format, "How far settlements are");
        var isWhole = format > FormatWithoutStakes;
        var state = new SettlementState { ChainId = reader.Number(), Escrow = reader.Address() };
        var trail = new ChainBlock[reader.Items(Bytes32.Size)];
        for (var index = 0; index < trail.Length; index++)
        {
            trail[index] = ReadBlock(ref reader);
        }
        var members = new KnownMember[reader.Items(Bytes32.Size)];
        for (var index = 0; index < members.Length; index++)
        {
            members[index] = isWhole
                ? new KnownMember(new WorkerId(reader.Id()), BlsPublicKey.Read(reader.Bytes())) { Stake = reader.Amount() }
                : ReadWithBlock(ref reader);
        }
        ulong? stakesOf = isWhole && reader.Flag() ? reader.Number() : null;
        DateTimeOffset? covered = format > FormatWithoutCover && reader.Flag() ? reader.Time() : null;
        // What was not kept is read of the chain.
        var isInDoubt = !isWhole || reader.Flag();
        var batches = reader.Number();
        var past = new SettledBooks[reader.Items(Bytes32.Size)];
        for (var index = 0; index < past.Length; index++)
        {
            past[index] = SettledBooks.Read(ref reader);
        }
        var open = reader.Flag() ? BooksUnderWay.Read(ref reader) : null;
        var earlier = ReadVersions(ref reader);
        var kept = isWhole ? ReadVersions(ref reader) : [];
        var again = isWhole ? ReadVersions(ref reader) : [];
        reader.End();
        return state with
        {
            Trail = ImmutableArray.Create(trail),
            Members = ImmutableArray.Create(members),
            StakesOf = stakesOf,
            CoveredUntil = covered,
            IsInDoubt = isInDoubt,
            Batches = batches,
            Past = ImmutableArray.Create(past),
            Open = open,
            Earlier = earlier,
            Kept = kept,
            Again = again,
        };
    }

    public static void WriteSettlement(CompactWriter writer, Settlement settlement)
    {
        writer.Number(settlement.Number);
        writer.Number(settlement.Epoch);
        writer.Number(settlement.ChainBlock);
        writer.Id(settlement.Accounts);
        writer.Id(settlement.Receipts);
        writer.Amount(settlement.Earned);
        writer.Amount(settlement.Spent);
    }

    public static Settlement ReadSettlement(ref CompactReader reader) =>
        new()
        {
            Number = reader.Number(),
            Epoch = reader.Number(),
            ChainBlock = reader.Number(),
            Accounts = reader.Id(),
            Receipts = reader.Id(),
            Earned = reader.Amount(),
            Spent = reader.Amount(),
        };

    public static void WriteBlock(CompactWriter writer, ChainBlock block)
    {
        writer.Number(block.Number);
        writer.Id(block.Hash);
        writer.Number(block.Time);
    }

    public static ChainBlock ReadBlock(ref CompactReader reader) => new(reader.Number(), reader.Id(), reader.Number());

    private static KnownMember ReadWithBlock(ref CompactReader reader)
    {
        reader.Number();
        return new KnownMember(new WorkerId(reader.Id()), BlsPublicKey.Read(reader.Bytes()));
    }

    private static ImmutableArray<BooksUnderWay> ReadVersions(ref CompactReader reader)
    {
        var versions = new BooksUnderWay[reader.Items(Bytes32.Size)];
        for (var index = 0; index < versions.Length; index++)
        {
            versions[index] = BooksUnderWay.Read(ref reader);
        }
        return ImmutableArray.Create(versions);
    }
}

/// <summary>A member of the registry on the chain.</summary>
/// <param name="Worker">As its owner says it: whom the market asks. Only the key's signature counts.</param>
/// <param name="Key">Its BLS key.</param>
internal sealed record KnownMember(WorkerId Worker, BlsPublicKey Key)
{
    /// <summary>What it has in the registry's running epoch and in the next: the less of both.</summary>
    public TokenAmount Stake { get; init; }

    /// <summary>Its id in the registry.</summary>
    public Bytes32 Id { get; } = Possession.MemberOf(Key);
}

/// <summary>What a settlement has beside what is signed.</summary>
/// <param name="Accounts">Rows.</param>
/// <param name="Receipts">Receipts, or batches of them.</param>
/// <param name="Parts">Documents of its file.</param>
/// <param name="Batches">The last batch of certificates that it names, or one before names.</param>
internal sealed record BooksContent(int Accounts, int Receipts, int Parts, ulong Batches)
{
    public static void Write(CompactWriter writer, BooksContent content)
    {
        writer.Count(content.Accounts);
        writer.Count(content.Receipts);
        writer.Count(content.Parts);
        writer.Number(content.Batches);
    }

    public static BooksContent Read(ref CompactReader reader) => new(reader.Count(), reader.Count(), reader.Count(), reader.Number());
}

/// <summary>A settlement that is deep enough in the chain.</summary>
internal sealed record SettledBooks(Settlement Settlement, BooksContent Content, Bytes32 Transaction, DateTimeOffset At)
{
    public static void Write(CompactWriter writer, SettledBooks books)
    {
        SettlementState.WriteSettlement(writer, books.Settlement);
        BooksContent.Write(writer, books.Content);
        writer.Id(books.Transaction);
        writer.Time(books.At);
    }

    public static SettledBooks Read(ref CompactReader reader) =>
        new(SettlementState.ReadSettlement(ref reader), BooksContent.Read(ref reader), reader.Id(), reader.Time());

    public PastSettlement ToView() =>
        new(
            Number: Settlement.Number,
            Epoch: Settlement.Epoch,
            Accounts: Content.Accounts,
            Receipts: Content.Receipts,
            Earned: Settlement.Earned,
            Spent: Settlement.Spent,
            Transaction: Transaction
        );
}

/// <summary>A settlement that is not deep enough in the chain yet.</summary>
internal sealed record BooksUnderWay(Settlement Settlement, BooksContent Content)
{
    /// <summary>The sum of the members' signatures; null: they are collected.</summary>
    public BlsSignature? Signature { get; init; }

    /// <summary>The ids of the members that are not in the sum, ascending.</summary>
    public ImmutableArray<Bytes32> Absentees { get; init; } = [];

    /// <summary>Transactions that were or are to be sent, oldest first.</summary>
    public ImmutableArray<SendAttempt> Attempts { get; init; } = [];

    public static void Write(CompactWriter writer, BooksUnderWay books)
    {
        SettlementState.WriteSettlement(writer, books.Settlement);
        BooksContent.Write(writer, books.Content);
        writer.Flag(books.Signature is not null);
        if (books.Signature is { } signature)
        {
            writer.Bytes(signature.Bytes);
        }
        writer.Count(books.Absentees.Length);
        foreach (var absentee in books.Absentees)
        {
            writer.Id(absentee);
        }
        writer.Count(books.Attempts.Length);
        foreach (var attempt in books.Attempts)
        {
            writer.Number(attempt.Nonce);
            writer.Amount(new TokenAmount(attempt.Fee.Most));
            writer.Amount(new TokenAmount(attempt.Fee.Tip));
            writer.Number(attempt.Head);
            writer.Id(attempt.Transaction.Hash);
            writer.Bytes(attempt.Transaction.Bytes.Span);
        }
    }

    public static BooksUnderWay Read(ref CompactReader reader)
    {
        var books = new BooksUnderWay(SettlementState.ReadSettlement(ref reader), BooksContent.Read(ref reader))
        {
            Signature = reader.Flag() ? BlsSignature.Read(reader.Bytes()) : null,
        };
        var absentees = new Bytes32[reader.Items(Bytes32.Size)];
        for (var index = 0; index < absentees.Length; index++)
        {
            absentees[index] = reader.Id();
        }
        var attempts = new SendAttempt[reader.Items(Bytes32.Size)];
        for (var index = 0; index < attempts.Length; index++)
        {
            var nonce = reader.Number();
            var fee = new ChainFee(reader.Amount().BaseUnits, reader.Amount().BaseUnits);
            attempts[index] = new SendAttempt(nonce, fee, reader.Number(), new ChainTransaction(reader.Id(), reader.Memory()));
        }
        return books with { Absentees = ImmutableArray.Create(absentees), Attempts = ImmutableArray.Create(attempts) };
    }
}

/// <param name="Nonce">Of the operator's transactions. Those of one nonce take each other's place.</param>
/// <param name="Fee">What it offers.</param>
/// <param name="Head">The chain's newest block when it was made.</param>
/// <param name="Transaction">Signed.</param>
internal sealed record SendAttempt(ulong Nonce, ChainFee Fee, ulong Head, ChainTransaction Transaction);
