using Marketplace.Silo;
using Orleans.Configuration;

namespace Marketplace.Tests.Silo;

/// <summary>What the figures of the cluster's policy come to.</summary>
public sealed class ClusterPolicyTests
{
    [Fact]
    public void SiloThatSaysNothing_IsGivenUpInUnderTenSeconds()
    {
        var membership = new ClusterMembershipOptions();
        ClusterPolicy.Membership(membership);

        // Votes are held back while something was heard within so many of the longest probes; then it is at most one more until a vote.
        var longest = membership.MaxProbeTimeout * (membership.NumMissedProbesLimit + 1);
        Assert.True(longest < TimeSpan.FromSeconds(10), $"It may take {longest}.");
        Assert.True(membership.ProbeTimeout <= membership.MaxProbeTimeout);
    }

    [Fact]
    public void SiloLabel_HoldsTheNameThatPeopleSay_AndTheWorker()
    {
        var worker = new WorkerId(new Bytes32([.. Enumerable.Repeat((byte)9, Bytes32.Size)]));
        var label = SiloLabel.Of("rack-1.a", worker);

        Assert.Equal(("rack-1.a", worker), (SiloLabel.NameOf(label), SiloLabel.WorkerOf(label)));
        Assert.Equal(worker, SiloLabel.WorkerOf(worker.ToString()));
        Assert.Null(SiloLabel.WorkerOf("rack-1.a"));
    }
}
