using System.Text.Json;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Gateway;

/// <summary>
/// The numbers that a job's members may have, from the constants that the market checks them with, by the member's name in JSON.
/// </summary>
internal static class NumberBounds
{
    private static readonly Dictionary<string, (long Min, long Max)> Members = new(StringComparer.Ordinal)
    {
        [Json(nameof(JobRequest.FuelMax))] = (1, MarketLimits.FuelMax),
        [Json(nameof(JobRequest.MemoryPagesMax))] = (1, MarketLimits.MemoryPagesMax),
        [Json(nameof(JobRequest.TimeMaxMs))] = (1, (long)MarketLimits.TimeMax.TotalMilliseconds),
        [Json(nameof(JobRequest.RetriesMax))] = (0, MarketLimits.RetriesMax),
        [Json(nameof(JobRequest.Priority))] = (0, JobLimits.PriorityMax),
        [Json(nameof(JobRequest.AuctionMs))] = (0, (long)MarketLimits.AuctionMax.TotalMilliseconds),
        [Json(nameof(JobNeeds.ReputationMin))] = (0, WorkerLimits.ReputationMax),
        [Json(nameof(QuoteRequest.LiarsPermille))] = (0, AssuranceOdds.LiarsPermilleMax),
        [Json(nameof(JobRequest.ExpiresAfterMs))] = (1, (long)MarketLimits.ExpiresAfterMax.TotalMilliseconds),
    };

    public static (long Min, long Max)? Of(string member) => Members.TryGetValue(member, out var bounds) ? bounds : null;

    private static string Json(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);
}
