using System.Threading.Channels;
using Marketplace.Api.Workers;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker;

/// <summary>
/// Settlements on their way to votes: their files are large, and must not hold up votes that others wait for. One at a time, and the newest
/// request next. What cannot be read now is tried again when the market asks again.
/// </summary>
/// <param name="done">Takes the vote.</param>
internal sealed partial class SettlementDuty(CommitteeVoter voter, IMarketLink link, Action<SettlementVote> done, ILogger<WorkerAgent> log)
{
    private readonly Channel<SettlementRequest> _requests = Channel.CreateBounded<SettlementRequest>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest }
    );
    private (SettlementRequest Request, SettlementVote Vote)? _last;

    public void Add(SettlementRequest request) => _requests.Writer.TryWrite(request);

    /// <summary>Answers requests until it is cancelled.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        try
        {
            await foreach (var request in _requests.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                // The market asks until it has the vote, which may be on its way.
                var vote =
                    _last is { } last && last.Request == request ? last.Vote : await Settle(request, cancellation).ConfigureAwait(false);
                if (vote is not null)
                {
                    _last = (request, vote);
                    done(vote);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The worker ends.
        }
    }

    private async Task<SettlementVote?> Settle(SettlementRequest request, CancellationToken cancellation)
    {
        if (!voter.MaySettle(request))
        {
            return null;
        }
        try
        {
            var file = await link.ReadSettlement(request.Number, cancellation).ConfigureAwait(false);
            return await Task.Run(() => voter.Settle(request, file, link.Domain), CancellationToken.None).ConfigureAwait(false);
        }
        catch (MarketLinkException failure)
        {
            LogNotRead(request.Number, failure.Message);
            return null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The file of settlement {Number} could not be read: {Reason} It is tried again when the market asks again"
    )]
    private partial void LogNotRead(ulong number, string reason);
}
