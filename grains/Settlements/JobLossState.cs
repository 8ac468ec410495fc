using System.Collections.Immutable;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// A job about which members of the registry have lied: what the chain holds for its payer of their stakes, what of that the payer has
/// lost, and what its books have. One document for a job, so all compensations of it together stay within what was paid for it.
/// </summary>
internal sealed record JobLossState
{
    /// <summary>The kind of its document; the id is the job.</summary>
    public const string Kind = "job-loss";

    private const byte Format = 1;

    public required JobId Job { get; init; }

    /// <summary>Who paid for it, and is compensated; null: no loss was proven.</summary>
    public AccountId? Payer { get; init; }

    /// <summary>In the order in which the chain told of them.</summary>
    public ImmutableArray<SlashOfJob> Slashes { get; init; } = [];

    /// <summary>Counts the operations on the payer's books.</summary>
    public ulong Operations { get; init; }

    public static StateForm<JobLossState> Form { get; } = new(Write, bytes => Read(bytes.Span));

    /// <summary>Something of it is not done.</summary>
    public bool IsOpen => Slashes.Any(slash => slash.IsOpen);

    public static DocumentKey KeyOf(JobId job) => new(Kind, job.ToString());

    /// <summary>What of the payer's loss the other members' stakes make good, or still do.</summary>
    public TokenAmount GrantedBeside(Bytes32 member) =>
        Slashes.Where(slash => slash.Member != member).Aggregate(TokenAmount.Zero, (sum, slash) => sum + slash.Most);

    /// <summary>The chain tells of a slash. The same again changes nothing; another one of the member begins anew.</summary>
    public JobLossState Take(Bytes32 member, AccountId harmed, TokenAmount amount)
    {
        var known = Slashes.FirstOrDefault(slash => slash.Member == member);
        if (known is { IsOnChain: true } && (known.Harmed, known.Amount) == (harmed, amount))
        {
            return this;
        }
        var taken = new SlashOfJob(member, harmed, amount) { Booked = known?.Booked, Pending = known?.Pending };
        return known is not null ? With(taken)
            : Slashes.Length < SettlementPolicy.SlashesOfJobMax ? this with { Slashes = Slashes.Add(taken) }
            : this;
    }

    /// <summary>The chain has lost the slash of a member.</summary>
    public JobLossState Lose(Bytes32 member) =>
        Slashes.FirstOrDefault(slash => slash.Member == member) is { IsOnChain: true } known
            ? With(known with { IsOnChain = false, Granted = null })
            : this;

    public JobLossState With(SlashOfJob slash) =>
        this with
        {
            Slashes = [.. Slashes.Select(known => known.Member == slash.Member ? slash : known)],
        };

    private static ReadOnlyMemory<byte> Write(JobLossState state)
    {
        var writer = new CompactWriter(256);
        writer.Byte(Format);
        writer.Id(state.Job.Value);
        writer.OptionalId(state.Payer?.Value);
        writer.Number(state.Operations);
        writer.Count(state.Slashes.Length);
        foreach (var slash in state.Slashes)
        {
            SlashOfJob.Write(writer, slash);
        }
        return writer.Finish();
    }

    private static JobLossState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "What lies about a job have cost");
        var state = new JobLossState
        {
            Job = new JobId(reader.Id()),
            Payer = reader.OptionalId() is { } payer ? new AccountId(payer) : null,
            Operations = reader.Number(),
        };
        var slashes = new SlashOfJob[reader.Items(SlashOfJob.SizeMin)];
        for (var index = 0; index < slashes.Length; index++)
        {
            slashes[index] = SlashOfJob.Read(ref reader);
        }
        reader.End();
        return state with { Slashes = ImmutableArray.Create(slashes) };
    }
}

/// <summary>A member that was slashed, by evidence that names a job of the market.</summary>
/// <param name="Member">Its id in the registry.</param>
/// <param name="Harmed">The account that the evidence names.</param>
/// <param name="Amount">What came to the escrow.</param>
internal sealed record SlashOfJob(Bytes32 Member, AccountId Harmed, TokenAmount Amount)
{
    /// <summary>The least bytes of one.</summary>
    public const int SizeMin = (2 * Bytes32.Size) + 5;

    /// <summary>The chain has it, by the last block that is counted.</summary>
    public bool IsOnChain { get; init; } = true;

    /// <summary>What the account has lost by it; null: that is not decided yet.</summary>
    public TokenAmount? Granted { get; init; }

    /// <summary>What is in the account's books; null: nothing.</summary>
    public BookOperation? Booked { get; init; }

    /// <summary>The operation that the account may have heard of; null: none.</summary>
    public BookOperation? Pending { get; init; }

    /// <summary>What its books are to have of it.</summary>
    public TokenAmount Target => IsOnChain ? Granted ?? TokenAmount.Zero : TokenAmount.Zero;

    /// <summary>What its books have or are to have.</summary>
    public TokenAmount Most => Target > BookedAmount ? Target : BookedAmount;

    public TokenAmount BookedAmount => Booked?.Amount ?? TokenAmount.Zero;

    /// <summary>It is to be decided, or the books do not have what was decided.</summary>
    public bool IsOpen => Pending is not null || (IsOnChain && Granted is null) || Target != BookedAmount;

    /// <summary>What brings the books to what is decided: another compensation is taken back before the right one comes.</summary>
    /// <param name="number">Of a new operation.</param>
    /// <param name="now">Its moment.</param>
    /// <returns>Null: nothing.</returns>
    public BookOperation? Next(ulong number, DateTimeOffset now) =>
        Target == BookedAmount ? null
        : Booked is { } booked ? booked with { Kind = BookKind.Reversal }
        : new BookOperation(BookKind.Credit, number, Target, now);

    /// <summary>The account has done what was pending.</summary>
    public SlashOfJob Done() => this with { Pending = null, Booked = Pending!.Kind == BookKind.Credit ? Pending : null };

    public static void Write(CompactWriter writer, SlashOfJob slash)
    {
        writer.Id(slash.Member);
        writer.Id(slash.Harmed.Value);
        writer.Amount(slash.Amount);
        writer.Flag(slash.IsOnChain);
        writer.Flag(slash.Granted is not null);
        if (slash.Granted is { } granted)
        {
            writer.Amount(granted);
        }
        foreach (var operation in (BookOperation?[])[slash.Booked, slash.Pending])
        {
            writer.Flag(operation is not null);
            if (operation is not null)
            {
                BookOperation.Write(writer, operation);
            }
        }
    }

    public static SlashOfJob Read(ref CompactReader reader) =>
        new(reader.Id(), new AccountId(reader.Id()), reader.Amount())
        {
            IsOnChain = reader.Flag(),
            Granted = reader.Flag() ? reader.Amount() : null,
            Booked = reader.Flag() ? BookOperation.Read(ref reader) : null,
            Pending = reader.Flag() ? BookOperation.Read(ref reader) : null,
        };
}
