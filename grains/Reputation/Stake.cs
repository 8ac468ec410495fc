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
    /// <summary>What a dispute takes of it, where it was <see cref="StakePhase.Slashed"/>; null else.</summary>
    public StakeLoss? Loss { get; init; }

    /// <summary>Whether builds before there were disputes can read it.</summary>
    public bool IsOfEarlierForm => Phase <= StakePhase.Refused;

    /// <summary>The least bytes of one: with them damaged data cannot ask for much memory.</summary>
    private const int SizeMin = 44;

    public HoldId HoldOf(WorkerId worker) => new(HoldPurpose.Stake, IdDerivation.Stake(worker, Account, RequestId));

    public StakeView ToView() => new(Account, RequestId, Amount, At, Phase, EndsAt);

    /// <summary>Ends its hold: what was slashed is paid out, and the rest goes back.</summary>
    public SharedSettlement Settle(WorkerId worker) =>
        new(HoldOf(worker), At, Loss?.Amount ?? TokenAmount.Zero, [], Loss?.Rest ?? Account) { Amounts = Loss?.All ?? [] };

    public static void Write(CompactWriter writer, IReadOnlyList<Stake> stakes)
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
        }
    }

    public static Stake[] Read(ref CompactReader reader)
    {
        var stakes = new Stake[reader.Items(SizeMin)];
        for (var index = 0; index < stakes.Length; index++)
        {
            stakes[index] = ReadOne(ref reader);
        }
        return stakes;
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
