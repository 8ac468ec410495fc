using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Bounds of settlements, each with its reason.</summary>
internal static class SettlementPolicy
{
    /// <summary>How often the chain is asked: blocks come every two to twelve seconds.</summary>
    public static readonly TimeSpan AskPeriod = TimeSpan.FromSeconds(4);

    /// <summary>A grain whose silo is lost goes on so much later on another one.</summary>
    public static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long more signatures are waited for once there are enough: each that is there costs less than one that is not.
    /// </summary>
    public static readonly TimeSpan MoreVotesWithin = TimeSpan.FromSeconds(20);

    /// <summary>Blocks whose events are asked for at a time: nodes refuse more, or answer late.</summary>
    public const int BlocksAtOnceMax = 1_000;

    /// <summary>
    /// Blocks that are remembered, to find where a chain that was reorganised deeper than it is waited for was still the same: one for each
    /// step of following it. Beyond them it is followed from its beginning again.
    /// </summary>
    public const int TrailMax = 64;

    /// <summary>Accounts that are read at a time, from the chain or from the books.</summary>
    public const int AccountsAtOnceMax = 128;

    /// <summary>
    /// Members that are known: those of the registry's last, running and next epoch, each of which has at most 512 (MEMBERS_MAX of
    /// contracts/evm/src/StakeRegistry.sol). All others are forgotten, however many ever registered.
    /// </summary>
    public const int MembersMax = 3 * 512;

    /// <summary>
    /// Slashed members whose evidence names one job: as many as serve at once. Each has lost its stake, so it takes that many stakes to
    /// keep the place of a later one.
    /// </summary>
    public const int SlashesOfJobMax = 512;

    /// <summary>Credits of an account that can be taken back by name, should the chain lose its deposits.</summary>
    public const int CreditsKeptMax = 32;

    /// <summary>Settlements whose files are kept: the last one is what accounts claim by.</summary>
    public const int KeptMax = 16;

    /// <summary>
    /// Settlements that are sent again should the chain lose them: it would have to be reorganised by as many intervals, and where that is
    /// possible more than the books are lost.
    /// </summary>
    public const int SentAgainMax = 8;

    /// <inheritdoc cref="MarketLimits.PastSettlementsMax"/>
    public const int PastMax = MarketLimits.PastSettlementsMax;

    /// <summary>Bytes of a file in one document, and in one answer.</summary>
    public const int PartBytes = 512 * 1024;

    /// <inheritdoc cref="MarketLimits.SettlementAttemptsMax"/>
    public const int AttemptsMax = MarketLimits.SettlementAttemptsMax;

    /// <summary>
    /// A call that was given up may arrive later, as long as the host keeps it. An answer that comes later than this after the last such
    /// call is the last word.
    /// </summary>
    public static readonly TimeSpan CallsLastMax = TimeSpan.FromMinutes(10);
}
