using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>What the ledgers of its deployers are told of a program; <see cref="LedgerTelling"/> says how nothing is lost.</summary>
internal sealed partial class ProgramGrain
{
    /// <summary>The manifest's change and what a ledger has to hear of it are one write.</summary>
    private async Task WriteAndTell(DeployedState state, AccountId account, LedgerChange change)
    {
        if (state.Untold.Length >= ProgramPolicy.UntoldMax)
        {
            await TellDeployments();
            state = state with { Untold = [] };
        }
        await this.RemindOfLedger();
        await _program.Write(state with { Untold = state.Untold.Add(new UntoldDeployment(account, change)) });
        try
        {
            await TellDeployments();
        }
        catch (Exception failure)
        {
            // The reminder tells it.
            LogNotTold(failure, _id);
            await _program.Load();
        }
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        await _program.Refresh();
        await TellDeployments();
        switch (_program.Value)
        {
            case null:
                DeactivateOnIdle();
                break;
            case { IsRemoved: true, Deployers: [var last, ..] }:
                await CompleteRemoval(last);
                break;
        }
        await this.EndReminderOfLedger();
    }

    private async Task TellDeployments()
    {
        if (_program.Value is not { Untold: { IsEmpty: false } untold } state)
        {
            return;
        }
        foreach (var account in untold.Select(one => one.Account).Distinct())
        {
            LedgerChange[] changes = [.. untold.Where(one => one.Account == account).Select(one => one.Change)];
            await GrainFactory.Tell(LedgerName.Of(account), changes, Authority.Program);
        }
        await _program.Write(state with { Untold = [] });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A ledger could not be told of the program {Program}; it is told again")]
    private partial void LogNotTold(Exception failure, ProgramId program);
}
