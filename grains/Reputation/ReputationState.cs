using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What is kept of a reputation.</summary>
/// <param name="Long">The tally with <see cref="ReputationPolicy.HalfLife"/>.</param>
/// <param name="Recent">The tally with <see cref="ReputationPolicy.RecentHalfLife"/>.</param>
/// <param name="UsualPrice">What its jobs usually cost, in base units; zero where nothing is known.</param>
/// <param name="Kept">Jobs that ended as agreed, ever.</param>
/// <param name="Faulted">Jobs that did not, ever.</param>
/// <param name="InMaintenance">The owner wants no leases.</param>
/// <param name="Faults">The newest, oldest first, each with what it weighs.</param>
/// <param name="Appeals">Oldest first.</param>
/// <param name="Markets">The last batch of each market, that which was silent longest first.</param>
/// <param name="Stakes">What accounts have at stake, oldest first.</param>
internal sealed record ReputationState(
    Tally Long,
    Tally Recent,
    UInt128 UsualPrice,
    long Kept,
    long Faulted,
    bool InMaintenance,
    ImmutableArray<WeighedFault> Faults,
    ImmutableArray<Appeal> Appeals,
    ImmutableArray<LastBatch> Markets,
    ImmutableArray<Stake> Stakes
)
{
    /// <summary>The name of the state.</summary>
    public const string Kind = "reputation";

    /// <summary>Without stakes: what builds before them read.</summary>
    private const byte Format = 1;

    private const byte FormatWithStakes = 2;

    private const byte FormatWithJudgments = 3;

    /// <summary>Each dispute freezes for itself, and stakes outlive what is taken of them.</summary>
    private const byte FormatWithFreezes = 4;

    /// <summary>What disputes have said of the worker, in the order in which it was heard.</summary>
    public ImmutableArray<Judgment> Judgments { get; init; } = [];

    /// <summary>What was decided before, or then, may be among those that are not remembered; null: all are.</summary>
    public DateTimeOffset? JudgedBefore { get; init; }

    /// <summary>
    /// No stake that was taken back is given back before; null: none is kept so. Builds before <see cref="Freezes"/> wrote it, for all
    /// disputes together.
    /// </summary>
    public DateTimeOffset? FrozenUntil { get; init; }

    /// <summary>The disputes for which nothing that is at stake is given back.</summary>
    public ImmutableArray<StakeFreeze> Freezes { get; init; } = [];

    private byte Form =>
        !Freezes.IsEmpty || Stakes.Any(stake => !stake.IsUntouched) ? FormatWithFreezes
        : !Judgments.IsEmpty || FrozenUntil is not null || Stakes.Any(stake => !stake.IsOfEarlierForm) ? FormatWithJudgments
        : Stakes.IsEmpty ? Format
        : FormatWithStakes;

    public static ReputationState Unknown { get; } =
        new(
            Long: default,
            Recent: default,
            UsualPrice: 0,
            Kept: 0,
            Faulted: 0,
            InMaintenance: false,
            Faults: [],
            Appeals: [],
            Markets: [],
            Stakes: []
        );

    public static ReadOnlyMemory<byte> Write(ReputationState state)
    {
        var writer = new CompactWriter(512);
        var format = state.Form;
        writer.Byte(format);
        Write(writer, state.Long);
        Write(writer, state.Recent);
        writer.Amount(new TokenAmount(state.UsualPrice));
        writer.Signed(state.Kept);
        writer.Signed(state.Faulted);
        writer.Flag(state.InMaintenance);
        writer.Count(state.Faults.Length);
        foreach (var fault in state.Faults)
        {
            Write(writer, fault.Fault);
            writer.Signed(fault.Weight);
        }
        writer.Count(state.Appeals.Length);
        foreach (var appeal in state.Appeals)
        {
            Write(writer, appeal);
        }
        writer.Count(state.Markets.Length);
        foreach (var market in state.Markets)
        {
            writer.Text(market.Market);
            writer.Signed(market.Start);
            writer.Signed(market.Sequence);
        }
        if (format >= FormatWithStakes)
        {
            Stake.Write(writer, state.Stakes, withLosses: format >= FormatWithFreezes);
        }
        if (format >= FormatWithJudgments)
        {
            Judgment.Write(writer, state.Judgments);
            WriteTime(writer, state.JudgedBefore);
            WriteTime(writer, state.FrozenUntil);
        }
        if (format >= FormatWithFreezes)
        {
            StakeFreeze.Write(writer, state.Freezes);
        }
        return writer.Finish();
    }

    public static ReputationState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = reader.Version(Format, FormatWithFreezes, "A reputation");
        var state = new ReputationState(
            Long: ReadTally(ref reader),
            Recent: ReadTally(ref reader),
            UsualPrice: reader.Amount().BaseUnits,
            Kept: reader.Signed(),
            Faulted: reader.Signed(),
            InMaintenance: reader.Flag(),
            Faults: ReadFaults(ref reader),
            Appeals: ReadAppeals(ref reader),
            Markets: ReadMarkets(ref reader),
            Stakes: format >= FormatWithStakes ? [.. Stake.Read(ref reader, withLosses: format >= FormatWithFreezes)] : []
        );
        if (format >= FormatWithJudgments)
        {
            state = state with
            {
                Judgments = Judgment.Read(ref reader),
                JudgedBefore = ReadTime(ref reader),
                FrozenUntil = ReadTime(ref reader),
            };
        }
        if (format >= FormatWithFreezes)
        {
            state = state with { Freezes = StakeFreeze.Read(ref reader) };
        }
        reader.End();
        return state;
    }

    private static void WriteTime(CompactWriter writer, DateTimeOffset? time)
    {
        writer.Flag(time is not null);
        if (time is { } known)
        {
            writer.Time(known);
        }
    }

    private static DateTimeOffset? ReadTime(ref CompactReader reader) => reader.Flag() ? reader.Time() : null;

    private static void Write(CompactWriter writer, Tally tally)
    {
        writer.Signed(tally.Hour);
        writer.Signed(tally.Kept);
        writer.Signed(tally.Faulted);
    }

    private static Tally ReadTally(ref CompactReader reader) => new(reader.Signed(), reader.Signed(), reader.Signed());

    private static void Write(CompactWriter writer, Fault fault)
    {
        writer.Id(fault.Job.Value);
        writer.Time(fault.At);
        writer.Amount(fault.Price);
        writer.Text(fault.Reason);
    }

    private static Fault ReadFault(ref CompactReader reader) => new(new JobId(reader.Id()), reader.Time(), reader.Amount(), reader.Text());

    private static ImmutableArray<WeighedFault> ReadFaults(ref CompactReader reader)
    {
        var faults = ImmutableArray.CreateBuilder<WeighedFault>();
        for (var left = reader.Items(itemSizeMin: 43); left > 0; left--)
        {
            faults.Add(new WeighedFault(ReadFault(ref reader), reader.Signed()));
        }
        return faults.ToImmutable();
    }

    private static void Write(CompactWriter writer, Appeal appeal)
    {
        writer.Text(appeal.RequestId);
        writer.Time(appeal.At);
        writer.Count(appeal.Faults.Length);
        foreach (var fault in appeal.Faults)
        {
            Write(writer, fault);
        }
        writer.Text(appeal.Words);
        writer.Flag(appeal.Decision is not null);
        if (appeal is { Decision: { } decision, DecidedAt: { } at })
        {
            writer.Flag(decision.Granted);
            writer.Text(decision.Words);
            writer.Time(at);
        }
    }

    private static ImmutableArray<Appeal> ReadAppeals(ref CompactReader reader)
    {
        var appeals = ImmutableArray.CreateBuilder<Appeal>();
        for (var left = reader.Items(itemSizeMin: 12); left > 0; left--)
        {
            var (requestId, at) = (reader.Text(), reader.Time());
            var faults = ImmutableArray.CreateBuilder<Fault>();
            for (var more = reader.Items(itemSizeMin: 42); more > 0; more--)
            {
                faults.Add(ReadFault(ref reader));
            }
            var words = reader.Text();
            AppealDecision? decision = reader.Flag() ? new AppealDecision(requestId, reader.Flag(), reader.Text()) : null;
            DateTimeOffset? decidedAt = decision is null ? null : reader.Time();
            appeals.Add(
                new Appeal(
                    RequestId: requestId,
                    At: at,
                    Faults: faults.ToImmutable(),
                    Words: words,
                    Decision: decision,
                    DecidedAt: decidedAt
                )
            );
        }
        return appeals.ToImmutable();
    }

    private static ImmutableArray<LastBatch> ReadMarkets(ref CompactReader reader)
    {
        var markets = ImmutableArray.CreateBuilder<LastBatch>();
        for (var left = reader.Items(itemSizeMin: 3); left > 0; left--)
        {
            markets.Add(new LastBatch(reader.Text(), reader.Signed(), reader.Signed()));
        }
        return markets.ToImmutable();
    }
}

/// <param name="Fault">What happened.</param>
/// <param name="Weight">What it added to the tallies, in <see cref="Tally.Unit"/> parts of an outcome; 0 once it counts no more.</param>
internal readonly record struct WeighedFault(Fault Fault, long Weight);

/// <summary>The last batch of one market that was counted.</summary>
internal readonly record struct LastBatch(string Market, long Start, long Sequence);
