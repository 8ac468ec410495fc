using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What a dispute has said of a worker. It is kept, so that no repetition takes anything again.</summary>
/// <param name="Dispute">The disputed job.</param>
/// <param name="At">When it was decided.</param>
/// <param name="IsWrong">Whether the worker's result was.</param>
/// <param name="Taken">Of what was at stake.</param>
internal readonly record struct Judgment(JobId Dispute, DateTimeOffset At, bool IsWrong, TokenAmount Taken)
{
    private const int SizeMin = 42;

    public static void Write(CompactWriter writer, ImmutableArray<Judgment> judgments)
    {
        writer.Count(judgments.Length);
        foreach (var judgment in judgments)
        {
            writer.Id(judgment.Dispute.Value);
            writer.Time(judgment.At);
            writer.Flag(judgment.IsWrong);
            writer.Amount(judgment.Taken);
        }
    }

    public static ImmutableArray<Judgment> Read(ref CompactReader reader)
    {
        var judgments = new Judgment[reader.Items(SizeMin)];
        for (var index = 0; index < judgments.Length; index++)
        {
            judgments[index] = new Judgment(new JobId(reader.Id()), reader.Time(), reader.Flag(), reader.Amount());
        }
        return ImmutableArray.Create(judgments);
    }
}

/// <summary>What a dispute takes of a stake.</summary>
/// <param name="Dispute">Why.</param>
/// <param name="Amount">How much.</param>
/// <param name="Payees">Who gets how much of that.</param>
/// <param name="Rest">Whose the rest of it is.</param>
/// <param name="UnbondsAt">When a stake of which all was taken would have been unbonded; null: it was not taken back.</param>
internal sealed record StakeLoss(
    JobId Dispute,
    TokenAmount Amount,
    ImmutableArray<PayeeAmount> Payees,
    AccountId Rest,
    DateTimeOffset? UnbondsAt = null
)
{
    /// <summary>The least bytes of one: with them damaged data cannot ask for much memory.</summary>
    public const int SizeMin = 67;

    private const int PayeeSizeMin = 33;

    /// <summary>Who gets how much, down to the last unit.</summary>
    public ImmutableArray<PayeeAmount> All =>
        PayeeAmounts.Sum(Payees) is var paid && paid < Amount ? Payees.Add(new PayeeAmount(Rest, Amount - paid)) : Payees;

    public static void Write(CompactWriter writer, StakeLoss loss)
    {
        writer.Id(loss.Dispute.Value);
        writer.Amount(loss.Amount);
        WritePayees(writer, loss.Payees);
        writer.Id(loss.Rest.Value);
        writer.Flag(loss.UnbondsAt is not null);
        if (loss.UnbondsAt is { } unbondsAt)
        {
            writer.Time(unbondsAt);
        }
    }

    public static StakeLoss Read(ref CompactReader reader) =>
        new(
            new JobId(reader.Id()),
            reader.Amount(),
            ReadPayees(ref reader),
            new AccountId(reader.Id()),
            reader.Flag() ? reader.Time() : null
        );

    public static void WritePayees(CompactWriter writer, ImmutableArray<PayeeAmount> payees)
    {
        writer.Count(payees.Length);
        foreach (var payee in payees)
        {
            writer.Id(payee.Payee.Value);
            writer.Amount(payee.Amount);
        }
    }

    public static ImmutableArray<PayeeAmount> ReadPayees(ref CompactReader reader)
    {
        var payees = new PayeeAmount[reader.Items(PayeeSizeMin)];
        for (var index = 0; index < payees.Length; index++)
        {
            payees[index] = new PayeeAmount(new AccountId(reader.Id()), reader.Amount());
        }
        return ImmutableArray.Create(payees);
    }

    public bool Equals(StakeLoss? other) =>
        other is not null
        && (Dispute, Amount, Rest, UnbondsAt) == (other.Dispute, other.Amount, other.Rest, other.UnbondsAt)
        && Payees.SequenceEqual(other.Payees);

    public override int GetHashCode() => HashCode.Combine(Dispute, Amount, Rest, Payees.Length);
}

/// <summary>A dispute that keeps what is at stake from being given back.</summary>
/// <param name="Dispute">The disputed job.</param>
/// <param name="Until">It ends then by itself.</param>
internal readonly record struct StakeFreeze(JobId Dispute, DateTimeOffset Until)
{
    private const int SizeMin = 33;

    public static void Write(CompactWriter writer, ImmutableArray<StakeFreeze> freezes)
    {
        writer.Count(freezes.Length);
        foreach (var freeze in freezes)
        {
            writer.Id(freeze.Dispute.Value);
            writer.Time(freeze.Until);
        }
    }

    public static ImmutableArray<StakeFreeze> Read(ref CompactReader reader)
    {
        var freezes = new StakeFreeze[reader.Items(SizeMin)];
        for (var index = 0; index < freezes.Length; index++)
        {
            freezes[index] = new StakeFreeze(new JobId(reader.Id()), reader.Time());
        }
        return ImmutableArray.Create(freezes);
    }
}
