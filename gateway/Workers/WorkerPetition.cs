using Marketplace.Api.Workers;
using Marketplace.Worker.Protocol;

namespace Marketplace.Gateway;

/// <summary>
/// Hears what a worker offers that is not let in, and nothing else: it gets no leases, and its connection ends within
/// <see cref="GatewayPolicy.PetitionTimeMax"/>.
/// </summary>
internal static class WorkerPetition
{
    /// <param name="worker">Who has proved its key.</param>
    /// <param name="channel">Its connection.</param>
    /// <param name="ready">The market's first frame, which makes a worker offer.</param>
    /// <param name="isForgotten">Whether the market knows nothing of the worker: only then is it told so, and drops what it still
    /// runs.</param>
    /// <param name="time">Bounds how long it is heard.</param>
    /// <param name="aborted">The connection is over.</param>
    /// <returns>What the worker would offer.</returns>
    /// <exception cref="LinkEndedException">It said something else, or nothing in time.</exception>
    public static async Task<WorkerOffer> Hear(
        WorkerId worker,
        LinkChannel channel,
        LinkReady ready,
        Func<Task<bool>> isForgotten,
        TimeProvider time,
        CancellationToken aborted
    )
    {
        using var late = new CancellationTokenSource(GatewayPolicy.PetitionTimeMax, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, aborted);
        try
        {
            await channel.Send(new LinkFrame { Ready = ready }, over.Token);
            for (var heard = 0; heard < GatewayPolicy.PetitionFramesMax; heard++)
            {
                var received = await channel.Receive(over.Token);
                channel.Done(received);
                switch (received.Frame)
                {
                    case { Goodbye: not null }:
                        throw new LinkEndedException(LinkEnd.Done, "The worker left without an offer.");
                    case { Offer: { } offer }:
                        WorkerLink.Check(offer, worker);
                        return offer;
                    case { Poll: not null, Call: { } call } when await isForgotten():
                        // It worked here before the market forgot it: it offers again.
                        var orders = new WorkerOrders(Known: false, Leases: [], Stops: []);
                        await channel.Send(new LinkFrame { Orders = orders, Call = call }, over.Token);
                        break;
                    default:
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            throw new LinkEndedException(LinkEnd.Silent, $"Nothing was offered within {GatewayPolicy.PetitionTimeMax}.");
        }
        throw new LinkEndedException(LinkEnd.NotAdmitted, GatewayMessages.WorkerMustOffer(worker));
    }
}
