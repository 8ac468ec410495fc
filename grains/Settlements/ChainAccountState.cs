using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// An address on the chain: what the chain says of it, and what of that the books of its account have. Between the two stands at most one
/// operation, which is durable before the account hears of it.
/// </summary>
internal sealed record ChainAccountState
{
    /// <summary>The kind of its document; the id is the address.</summary>
    public const string Kind = "chain-account";

    private const byte Format = 1;

    public required EvmAddress Owner { get; init; }

    /// <summary>The account that it stands for; null: none yet.</summary>
    public AccountId? Account { get; init; }

    /// <summary>The escrow has heard of it, so settlements have a row for it.</summary>
    public bool IsOnChain { get; init; }

    /// <summary>Deposited and not withdrawn, by the last block that is counted.</summary>
    public TokenAmount Deposited { get; init; }

    /// <summary>The withdrawal that is asked for; 0: none.</summary>
    public TokenAmount Requested { get; init; }

    /// <summary>The block of the request.</summary>
    public ulong RequestedBlock { get; init; }

    /// <summary>What was claimed of the earnings.</summary>
    public TokenAmount Claimed { get; init; }

    /// <summary>What of the deposits is in the account's books: credited and not debited.</summary>
    public TokenAmount Booked { get; init; }

    /// <summary>Counts its operations.</summary>
    public ulong Operations { get; init; }

    /// <summary>The operation that the account may have heard of; null: none.</summary>
    public BookOperation? Pending { get; init; }

    /// <summary>The newest credits that were not taken back, oldest first.</summary>
    public ImmutableArray<BookOperation> Credits { get; init; } = [];

    public static StateForm<ChainAccountState> Form { get; } = new(Write, bytes => Read(bytes.Span));

    public static DocumentKey KeyOf(EvmAddress owner) => new(Kind, owner.ToString());

    /// <summary>
    /// What has to be done so that the books have what the chain has: what is asked for is set aside, as far as it is there, and all else
    /// is in the books.
    /// </summary>
    /// <param name="available">What the account could give now.</param>
    /// <param name="now">The moment of a new operation.</param>
    /// <returns>Null: nothing.</returns>
    public BookOperation? Next(TokenAmount available, DateTimeOffset now)
    {
        if (Deposited < Booked)
        {
            // The chain has lost a deposit. Credits are taken back whole; what is too much by then is credited again.
            return Credits.IsEmpty
                ? Some(BookKind.Debit, TokenAmount.Min(available, Booked - Deposited), now)
                : Credits[^1] with
                {
                    Kind = BookKind.Reversal,
                };
        }
        var aside = Deposited - Booked;
        return aside > Requested
            ? Some(BookKind.Credit, aside - Requested, now)
            : Some(BookKind.Debit, TokenAmount.Min(available, Requested - aside), now);
    }

    /// <summary>The account has done what was pending.</summary>
    public ChainAccountState Done()
    {
        var done = Pending!;
        var next = this with { Pending = null };
        return done.Kind switch
        {
            BookKind.Credit => next with
            {
                Booked = Booked + done.Amount,
                Credits = [.. Credits.Add(done).TakeLast(SettlementPolicy.CreditsKeptMax)],
            },
            BookKind.Reversal => next with { Booked = Booked - TokenAmount.Min(Booked, done.Amount), Credits = Credits[..^1] },
            _ => next with { Booked = Booked - TokenAmount.Min(Booked, done.Amount) },
        };
    }

    public ChainAccount ToView(AccountId account) =>
        new(Account: account, Owner: Owner, Deposited: Deposited, Booked: Booked, Requested: Requested, Claimed: Claimed);

    private BookOperation? Some(BookKind kind, TokenAmount amount, DateTimeOffset now) =>
        amount.IsZero ? null : new BookOperation(kind, Operations + 1, amount, now);

    private static ReadOnlyMemory<byte> Write(ChainAccountState state)
    {
        var writer = new CompactWriter(256);
        writer.Byte(Format);
        writer.Id(state.Owner.ToWord());
        writer.OptionalId(state.Account?.Value);
        writer.Flag(state.IsOnChain);
        writer.Amount(state.Deposited);
        writer.Amount(state.Requested);
        writer.Number(state.RequestedBlock);
        writer.Amount(state.Claimed);
        writer.Amount(state.Booked);
        writer.Number(state.Operations);
        writer.Flag(state.Pending is not null);
        if (state.Pending is { } pending)
        {
            BookOperation.Write(writer, pending);
        }
        writer.Count(state.Credits.Length);
        foreach (var credit in state.Credits)
        {
            BookOperation.Write(writer, credit);
        }
        return writer.Finish();
    }

    private static ChainAccountState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "An account on the chain");
        var state = new ChainAccountState
        {
            Owner = reader.Address(),
            Account = reader.OptionalId() is { } account ? new AccountId(account) : null,
            IsOnChain = reader.Flag(),
            Deposited = reader.Amount(),
            Requested = reader.Amount(),
            RequestedBlock = reader.Number(),
            Claimed = reader.Amount(),
            Booked = reader.Amount(),
            Operations = reader.Number(),
            Pending = reader.Flag() ? BookOperation.Read(ref reader) : null,
        };
        var credits = new BookOperation[reader.Items(BookOperation.SizeMin)];
        for (var index = 0; index < credits.Length; index++)
        {
            credits[index] = BookOperation.Read(ref reader);
        }
        reader.End();
        return state with { Credits = ImmutableArray.Create(credits) };
    }
}

/// <summary>What an account is told of its deposits.</summary>
internal enum BookKind : byte
{
    /// <summary>Money came in.</summary>
    Credit = 0,

    /// <summary>Money goes out, as far as it is there.</summary>
    Debit = 1,

    /// <summary>A credit is taken back: the chain has lost the deposit.</summary>
    Reversal = 2,
}

/// <summary>An operation on an account's books, the same in each repetition.</summary>
/// <param name="Kind">What.</param>
/// <param name="Number">Of the address's operations; that of the credit where it is taken back.</param>
/// <param name="Amount">How much.</param>
/// <param name="At">Its moment; that of the credit where it is taken back.</param>
internal sealed record BookOperation(BookKind Kind, ulong Number, TokenAmount Amount, DateTimeOffset At)
{
    /// <summary>The least bytes of one.</summary>
    public const int SizeMin = 11;

    public string IdAt(EvmAddress owner) => $"chain/{owner}/{Number}";

    public static void Write(CompactWriter writer, BookOperation operation)
    {
        writer.Byte((byte)operation.Kind);
        writer.Number(operation.Number);
        writer.Amount(operation.Amount);
        writer.Time(operation.At);
    }

    public static BookOperation Read(ref CompactReader reader)
    {
        var kind = (BookKind)reader.Byte();
        return Enum.IsDefined(kind)
            ? new BookOperation(kind, reader.Number(), reader.Amount(), reader.Time())
            : throw new InvalidDataException($"{(byte)kind} is no kind of operation on the books.");
    }
}
