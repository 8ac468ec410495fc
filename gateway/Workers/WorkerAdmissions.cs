using System.Net;
using System.Net.Sockets;
using Marketplace.Api.Workers;
using Marketplace.GrainInterfaces;
using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Logging;

namespace Marketplace.Gateway;

/// <summary>
/// Whether a worker that has proved its key is let in. The operator's decision on the worker holds; where there is none, the silo's options
/// and its file say it; and who is not let in leaves a request.
/// </summary>
internal sealed partial class WorkerAdmissions(IGrainFactory grains, IWorkerAdmission admission, ILogger<WorkerAdmissions> log)
{
    /// <summary>IPv6 hands a household or a rack a network of 64 bits.</summary>
    private const int NetworkBytes = 8;

    private IAdmissionGrain Admissions => grains.GetGrain<IAdmissionGrain>(MarketLimits.AdmissionsKey);

    /// <summary>Whether the worker may work here, may ask to, or has been refused.</summary>
    /// <exception cref="LinkEndedException">The market cannot say now.</exception>
    public async Task<Entry> Find(WorkerId worker, CancellationToken cancellation)
    {
        try
        {
            return await Admissions.FindDecision(worker).WaitAsync(cancellation) is { } decision
                ? new Entry(decision.Order.Admitted, decision.Order.Admitted ? null : GatewayMessages.WorkerRefused(worker, decision))
                : new Entry(admission.LetsIn(worker), null);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            LogFailed(failure);
            throw new LinkEndedException(LinkEnd.Overloaded, GatewayMessages.WorkerCallFailed, failure);
        }
    }

    /// <summary>Leaves the worker's request.</summary>
    /// <returns>What the worker hears.</returns>
    public async Task<string> Ask(Marketplace.Api.Workers.WorkerOffer offer, IPAddress? address, CancellationToken cancellation)
    {
        try
        {
            var request = new GrainInterfaces.AdmissionRequest(LinkMapping.ToGrain(offer), NetworkOf(address));
            await Admissions.Ask(request, Authority.Gateway).WaitAsync(cancellation);
            return GatewayMessages.WorkerWaits(offer.Worker);
        }
        catch (MarketException refused)
        {
            return GatewayMessages.WorkerCannotAsk(offer.Worker, refused.Message);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            LogFailed(failure);
            return GatewayMessages.WorkerCannotAsk(offer.Worker, GatewayMessages.WorkerCallFailed);
        }
    }

    /// <summary>All addresses of one household or rack are one: else its requests would have no bound.</summary>
    internal static string NetworkOf(IPAddress? address)
    {
        if (address is null)
        {
            return "unknown";
        }
        var known = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (known.AddressFamily == AddressFamily.InterNetwork)
        {
            return $"{known}";
        }
        var bytes = known.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return $"{new IPAddress(bytes)}/{8 * NetworkBytes}";
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether a worker is let in cannot be said now")]
    private partial void LogFailed(Exception failure);
}

/// <param name="IsOpen">The worker may work here.</param>
/// <param name="Refusal">Why the operator has refused it; null: it may ask.</param>
internal readonly record struct Entry(bool IsOpen, string? Refusal);
