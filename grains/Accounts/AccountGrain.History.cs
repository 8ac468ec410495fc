using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>What the account's ledger is told of its keys; <see cref="LedgerTelling"/> says how nothing is lost. Keys are kept for ever,
/// so all changes can be told again at any time.</summary>
public sealed partial class AccountGrain
{
    /// <summary>Changes that this activation has made and could not tell.</summary>
    private readonly List<LedgerChange> _untold = [];

    /// <summary>Calls under way that change keys: while there are any, the reminder stays.</summary>
    private int _announced;

    /// <summary>This activation has told all that it found.</summary>
    private bool _toldFound;

    private async Task<TAnswer> Announced<TAnswer>(Func<Task<TAnswer>> change)
    {
        _announced++;
        try
        {
            await this.RemindOfLedger();
            return await change();
        }
        finally
        {
            _announced--;
        }
    }

    /// <summary>What does not arrive now, the reminder tells.</summary>
    private async Task TryTellHistory(LedgerChange change)
    {
        try
        {
            await GrainFactory.Tell(LedgerName.Of(_id), [change], Authority.Account);
        }
        catch (Exception failure)
        {
            _untold.Add(change);
            LogNotTold(failure, _id);
        }
    }

    private async Task TellHistory()
    {
        RequireSound();
        if (_announced > 0)
        {
            return;
        }
        await RequireNewest();
        if (!_account.IsOpen)
        {
            // The key was announced and never came to be.
            DeactivateOnIdle();
        }
        LedgerChange[] changes = _toldFound ? [.. _untold] : AllChanges();
        await GrainFactory.Tell(LedgerName.Of(_id), changes, Authority.Account);
        _toldFound = true;
        _untold.RemoveAll(changes.Contains);
        if (_announced == 0 && _untold.Count == 0)
        {
            await this.EndReminderOfLedger();
        }
    }

    /// <summary>What happened to keys, oldest first.</summary>
    private LedgerChange[] AllChanges() =>
        [
            .. _account
                .KeyViews()
                .SelectMany(key =>
                    key.RevokedAt is { } at
                        ? [LedgerChanges.KeyCreated(key), LedgerChanges.KeyRevoked(key.Id, at)]
                        : new[] { LedgerChanges.KeyCreated(key) }
                )
                .OrderBy(change => change.Time),
        ];

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ledger of account {Account} could not be told of a key; it is told again")]
    private partial void LogNotTold(Exception failure, AccountId account);
}
