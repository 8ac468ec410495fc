using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Wire = Marketplace.Api.Workers;

namespace Marketplace.Gateway;

/// <summary>A worker's report on its way to the market, for every link.</summary>
public static class WorkerReports
{
    /// <param name="market">The market as the worker calls it.</param>
    /// <param name="report">What the worker reports.</param>
    /// <param name="executions">Of those results that have one, in order; null: none has.</param>
    /// <param name="signature">The worker's over them.</param>
    /// <returns>Those that count for nothing, and why.</returns>
    public static async Task<ImmutableArray<RefusedReport>> Send(
        WorkerMarket market,
        Wire.WorkerReport report,
        MerkleBatch? executions,
        ReadOnlyMemory<byte> signature
    )
    {
        ArgumentNullException.ThrowIfNull(market);
        ArgumentNullException.ThrowIfNull(report);
        // Both at once: a shard that does not answer must not keep results from the others.
        var parts = new List<Task<ImmutableArray<RefusedReport>>>(2);
        if (report.Sealed is { Count: > 0 } results)
        {
            parts.Add(market.Commit(LinkMapping.ToGrain(results)));
        }
        if (report.Results.Count > 0 || parts.Count == 0)
        {
            parts.Add(market.Report(LinkMapping.ToGrain(report, executions, signature)));
        }
        var refused = await Task.WhenAll(parts);
        return [.. refused.Where(part => !part.IsDefault).SelectMany(part => part)];
    }
}
