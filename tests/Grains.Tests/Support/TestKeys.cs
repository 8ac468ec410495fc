using System.Collections.Concurrent;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Support;

/// <summary>Key pairs by their names, and what workers sign with them.</summary>
internal static class TestKeys
{
    /// <summary>The hash of the rules by which workers of tests run.</summary>
    public static readonly Bytes32 Profile = Blake3.Hash("profile"u8);

    private static readonly ConcurrentDictionary<string, Ed25519KeyPair> Pairs = new();

    public static Ed25519KeyPair Of(string name) =>
        Pairs.GetOrAdd(name, static name => new Ed25519KeyPair(Blake3.Hash(Encoding.UTF8.GetBytes(name)).ToArray()));

    /// <summary>The report with the worker's signature over its execution, which is a batch of one.</summary>
    /// <param name="rootAfter">Where the run changed the program's state.</param>
    /// <param name="domain">Null: that of a market which settles nowhere.</param>
    public static LeaseReport Sign(
        Ed25519KeyPair worker,
        Lease lease,
        LeaseReport report,
        StateRoot? rootAfter = null,
        MarketDomain? domain = null
    )
    {
        if (!report.Outcome.IsEnd())
        {
            return report;
        }
        var signed = new RunSignature(Profile, report.StateChanges.IsEmpty ? null : rootAfter ?? default, default, [], LeftSides: 0);
        var execution = Execution.Hash(
            JobExecutions.InvocationOf(lease.Ticket).Hash(),
            JobExecutions.ResultOf(report, lease.Ticket.Spec.FuelMax, lease.Root, signed)
        );
        var digest = BatchDigest.OfExecutions(domain ?? TestOwner.Domain, execution);
        return report with { Execution = execution, Signed = signed with { Signature = worker.Sign(digest.ToArray()) } };
    }
}
