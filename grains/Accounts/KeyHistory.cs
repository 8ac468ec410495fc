using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// What an account's ledger is told of its keys; <see cref="LedgerTelling"/> says how nothing is lost. Keys are kept for ever, so all
/// changes can be told again at any time. Used within the turns of one activation.
/// </summary>
/// <param name="account">Has the reminder.</param>
/// <param name="id">Whose ledger.</param>
/// <param name="grains">Reach it.</param>
/// <param name="log">Hears what could not be told.</param>
internal sealed partial class KeyHistory(Grain account, AccountId id, Func<IGrainFactory> grains, ILogger log)
{
    /// <summary>Changes that this activation has made and could not tell.</summary>
    private readonly List<LedgerChange> _untold = [];

    /// <summary>Calls under way that change keys: while there are any, the reminder stays.</summary>
    private int _announced;

    /// <summary>This activation has told all that it found.</summary>
    private bool _toldFound;

    // One write of the reminder at a time: calls that come together share one, and none is undone by an end that was decided before.
    private Task _setting = Task.CompletedTask;
    private Task _ending = Task.CompletedTask;

    /// <summary>Sets the reminder before the change.</summary>
    public async Task<TAnswer> Announced<TAnswer>(Func<Task<TAnswer>> change)
    {
        _announced++;
        try
        {
            await Remind();
            return await change();
        }
        finally
        {
            _announced--;
        }
    }

    /// <inheritdoc cref="Announced{TAnswer}"/>
    public Task Announced(Func<Task> change) =>
        Announced(async () =>
        {
            await change();
            return true;
        });

    /// <summary>What does not arrive now, the reminder tells.</summary>
    public async Task TryTell(LedgerChange change)
    {
        try
        {
            await grains().Tell(LedgerName.Of(id), [change], Authority.Account);
        }
        catch (Exception failure)
        {
            _untold.Add(change);
            LogNotTold(log, failure, id);
        }
    }

    /// <summary>The reminder has come.</summary>
    /// <param name="requireNewest">Completes when the account knows all of its keys.</param>
    /// <param name="keys">All of them.</param>
    public async Task TellAgain(Func<Task> requireNewest, Func<IReadOnlyList<KeyView>> keys)
    {
        if (_announced > 0)
        {
            return;
        }
        await requireNewest();
        LedgerChange[] changes = _toldFound ? [.. _untold] : ChangesOf(keys());
        await grains().Tell(LedgerName.Of(id), changes, Authority.Account);
        _toldFound = true;
        _untold.RemoveAll(changes.Contains);
        if (_announced == 0 && _untold.Count == 0)
        {
            await (_ending = account.EndReminderOfLedger());
        }
    }

    private async Task Remind()
    {
        if (!_ending.IsCompleted)
        {
            try
            {
                await _ending;
            }
            catch (Exception failure)
            {
                // The reminder may be there or not: it is set now.
                LogNotTold(log, failure, id);
            }
        }
        if (_setting.IsCompleted)
        {
            _setting = account.RemindOfLedger();
        }
        await _setting;
    }

    /// <summary>What happened to keys, oldest first.</summary>
    private static LedgerChange[] ChangesOf(IReadOnlyList<KeyView> keys) =>
        [
            .. keys.SelectMany(key =>
                    key.RevokedAt is { } at
                        ? [LedgerChanges.KeyCreated(key), LedgerChanges.KeyRevoked(key.Id, at)]
                        : new[] { LedgerChanges.KeyCreated(key) }
                )
                .OrderBy(change => change.Time),
        ];

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ledger of account {Account} could not be told of a key; it is told again")]
    private static partial void LogNotTold(ILogger log, Exception failure, AccountId account);
}
