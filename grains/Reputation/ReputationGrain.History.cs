using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>What is kept of a worker's standing over time, for people to look at. Nothing goes by it.</summary>
internal sealed partial class ReputationGrain
{
    /// <summary>Behind the write that changed the standing. A sample that is lost comes with the next change.</summary>
    private async Task Sample(Standing standing)
    {
        if (_history is null)
        {
            return;
        }
        try
        {
            await _history.Load();
            if (StandingHistory.With(_history.Value, standing, _clock.GetUtcNow()) is { } changed)
            {
                await _history.Write(changed);
            }
        }
        catch (Exception failure)
        {
            LogNotSampled(failure, _account);
        }
    }

    private async Task<ImmutableArray<StandingSample>> FindHistory()
    {
        if (_history is null)
        {
            return [];
        }
        await _history.Refresh();
        return _history.Value?.Samples ?? [];
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The standing of {Subject} could not be added to its history")]
    private partial void LogNotSampled(Exception failure, AccountId subject);
}
