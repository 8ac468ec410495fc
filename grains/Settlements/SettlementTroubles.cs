using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>Why settlement does not go on now. What is said of one kind changes from step to step, as numbers of blocks do.</summary>
internal enum SettlementTrouble
{
    /// <summary>A step failed; it is tried again.</summary>
    Failure,

    /// <summary>Another part of the market does not answer now.</summary>
    Market,

    /// <summary>
    /// An account's books do not take what the chain says of it, and settlements go on; or they cannot be read, and no new one is made.
    /// </summary>
    Account,

    /// <summary>The chain cannot be asked, or its answers cannot be believed.</summary>
    Chain,

    /// <summary>The node has not the blocks that were counted.</summary>
    Behind,

    /// <summary>The contracts are not deep enough in the chain yet.</summary>
    NewContracts,

    /// <summary>What answers is not what the market began with.</summary>
    OtherContracts,

    /// <summary>The registry's members are not known, or more than can be.</summary>
    Members,

    /// <summary>More accounts than members sign for.</summary>
    TooManyRows,

    /// <summary>Too few workers serve in the committee.</summary>
    Committee,

    /// <summary>Members have not signed yet.</summary>
    Signatures,

    /// <summary>A settlement came too late for its epoch, and the next has not begun.</summary>
    Epoch,

    /// <summary>A transaction costs more than may be offered.</summary>
    Fee,

    /// <summary>The escrow is closed.</summary>
    Closed,

    /// <summary>The chain has lost more than can be made good now.</summary>
    Lost,

    /// <summary>The chain has a settlement that is not of these books.</summary>
    OtherBooks,
}

/// <summary>
/// Says once of each kind of trouble that it began, and once that all is well again: a step that fails is repeated every few seconds, and
/// its text is another each time.
/// </summary>
internal sealed partial class SettlementTroubles(ILogger logger)
{
    private readonly HashSet<(SettlementTrouble Kind, Type? Failure)> _told = [];

    /// <summary>The last step's; null: it went well.</summary>
    public string? Now { get; private set; }

    /// <summary>
    /// Nothing is wrong with a step, but it cannot go on now. The exception stays within the grain, and so does its kind.
    /// </summary>
    public static MarketException Waits(SettlementTrouble kind, string why) =>
        new(ErrorCode.Unavailable, why) { Data = { [nameof(SettlementTrouble)] = kind } };

    /// <summary>What <see cref="Waits"/> was given; another part of the market gives no kind.</summary>
    public static SettlementTrouble KindOf(MarketException waits) =>
        waits.Data[nameof(SettlementTrouble)] is SettlementTrouble kind ? kind : SettlementTrouble.Market;

    public void Meet(SettlementTrouble kind, string text, Exception? failure = null)
    {
        Now = text;
        if (!_told.Add((kind, failure?.GetType())))
        {
            return;
        }
        if (failure is null)
        {
            LogWaits(kind, text);
        }
        else
        {
            LogFailed(failure);
        }
    }

    public void End()
    {
        Now = null;
        if (_told.Count > 0)
        {
            LogGoesOn(string.Join(", ", _told.Select(told => told.Kind).Distinct().Order()));
            _told.Clear();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Settlement waits ({Kind}): {Reason}")]
    private partial void LogWaits(SettlementTrouble kind, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A step of settlement failed; it is tried again")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Settlement goes on; over is: {Kinds}")]
    private partial void LogGoesOn(string kinds);
}
