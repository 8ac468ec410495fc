using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>One account's stake for the worker, as it is stored; see <see cref="StakeView"/>.</summary>
/// <param name="Account">Whose money it is.</param>
/// <param name="RequestId">The client's own.</param>
/// <param name="Amount">How much.</param>
/// <param name="At">When it was first asked for: the moment of its hold, the same in each repetition.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="EndsAt">When the phase ends by itself; null: it does not.</param>
internal sealed record Stake(
    AccountId Account,
    string RequestId,
    TokenAmount Amount,
    DateTimeOffset At,
    StakePhase Phase,
    DateTimeOffset? EndsAt
)
{
    /// <summary>
    /// What the last dispute takes of it, where it was <see cref="StakePhase.Slashed"/>: its payment ends the hold. Null else.
    /// </summary>
    public StakeLoss? Loss { get; init; }

    /// <summary>
    /// What disputes have taken of it, and of which it is not known here that the account has paid it, in their order. Each is a part of
    /// the hold, which stays.
    /// </summary>
    public ImmutableArray<StakeLoss> Losses { get; init; } = [];

    /// <summary>So many losses before those are known to be paid.</summary>
    public int PaidCount { get; init; }

    /// <summary>Together so much.</summary>
    public TokenAmount Paid { get; init; }

    /// <summary>What no dispute has taken.</summary>
    public TokenAmount Left => Amount - Taken;

    /// <summary>Whether builds before there were disputes can read it.</summary>
    public bool IsOfEarlierForm => Phase <= StakePhase.Refused && IsUntouched;

    /// <summary>Nothing was taken of it while it stayed; builds that ended a stake with its first loss can read it.</summary>
    public bool IsUntouched => PaidCount == 0 && Losses.IsEmpty;

    private TokenAmount Taken => (Loss?.Amount ?? TokenAmount.Zero) + Losses.Aggregate(Paid, (sum, loss) => sum + loss.Amount);

    /// <summary>The least bytes of one: with them damaged data cannot ask for much memory.</summary>
    private const int SizeMin = 44;

    public HoldId HoldOf(WorkerId worker) => new(HoldPurpose.Stake, IdDerivation.Stake(worker, Account, RequestId));

    public StakeView ToView() => new(Account, RequestId, Amount, At, Phase, EndsAt) { Taken = Taken };

    /// <summary>What the account has yet to pay while the hold stays, in this order.</summary>
    public IEnumerable<HoldCharge> Charges(WorkerId worker) =>
        Losses.Select((loss, index) => new HoldCharge(HoldOf(worker), At, PaidCount + index + 1, loss.All));

    /// <summary>Ends its hold: what the last dispute took is paid out, and the rest goes back.</summary>
    public SharedSettlement Settle(WorkerId worker) =>
        new(HoldOf(worker), At, Loss?.Amount ?? TokenAmount.Zero, [], Loss?.Rest ?? Account) { Amounts = Loss?.All ?? [] };

    public bool Equals(Stake? other) =>
        other is not null
        && (Account, RequestId, Amount, At, Phase, EndsAt)
            == (other.Account, other.RequestId, other.Amount, other.At, other.Phase, other.EndsAt)
        && (Loss, PaidCount, Paid) == (other.Loss, other.PaidCount, other.Paid)
        && Losses.SequenceEqual(other.Losses);

    public override int GetHashCode() => HashCode.Combine(Account, RequestId, Amount, At, Phase, EndsAt, Losses.Length);

    /// <param name="withLosses">Also what disputes took of stakes that stay.</param>
    public static void Write(CompactWriter writer, IReadOnlyList<Stake> stakes, bool withLosses)
    {
        writer.Count(stakes.Count);
        foreach (var stake in stakes)
        {
            writer.Id(stake.Account.Value);
            writer.Text(stake.RequestId);
            writer.Amount(stake.Amount);
            writer.Time(stake.At);
            writer.Byte((byte)stake.Phase);
            writer.Flag(stake.EndsAt is not null);
            if (stake.EndsAt is { } endsAt)
            {
                writer.Time(endsAt);
            }
            if (stake.Phase is StakePhase.Slashed)
            {
                StakeLoss.Write(writer, stake.Loss!);
            }
            if (withLosses)
            {
                writer.Count(stake.PaidCount);
                writer.Amount(stake.Paid);
                writer.Count(stake.Losses.Length);
                foreach (var loss in stake.Losses)
                {
                    StakeLoss.Write(writer, loss);
                }
            }
        }
    }

    public static Stake[] Read(ref CompactReader reader, bool withLosses)
    {
        var stakes = new Stake[reader.Items(SizeMin)];
        for (var index = 0; index < stakes.Length; index++)
        {
            var stake = ReadOne(ref reader);
            stakes[index] = withLosses
                ? stake with
                {
                    PaidCount = reader.Count(),
                    Paid = reader.Amount(),
                    Losses = ReadLosses(ref reader),
                }
                : stake;
        }
        return stakes;
    }

    private static ImmutableArray<StakeLoss> ReadLosses(ref CompactReader reader)
    {
        var losses = new StakeLoss[reader.Items(StakeLoss.SizeMin)];
        for (var index = 0; index < losses.Length; index++)
        {
            losses[index] = StakeLoss.Read(ref reader);
        }
        return ImmutableArray.Create(losses);
    }

    private static Stake ReadOne(ref CompactReader reader)
    {
        var (account, requestId, amount, at) = (new AccountId(reader.Id()), reader.Text(), reader.Amount(), reader.Time());
        var phase = (StakePhase)reader.Byte();
        if (!Enum.IsDefined(phase))
        {
            throw new InvalidDataException($"Stored bytes are damaged: a stake in phase {(byte)phase}.");
        }
        var stake = new Stake(account, requestId, amount, at, phase, reader.Flag() ? reader.Time() : null);
        return phase is StakePhase.Slashed ? stake with { Loss = StakeLoss.Read(ref reader) } : stake;
    }
}
