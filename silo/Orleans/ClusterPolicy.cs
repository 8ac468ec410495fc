using Marketplace.GrainInterfaces;
using Orleans.Configuration;

namespace Marketplace.Silo;

/// <summary>How a cluster finds out which silos are there, and how long it waits for one, each with its reason.</summary>
internal static class ClusterPolicy
{
    /// <summary>One stream has one queue; more would be polled for nothing.</summary>
    public const int StreamQueues = 1;

    /// <summary>
    /// How often a silo asks which news are read: who begins to watch misses those of so long at most, and a call every two seconds is
    /// nothing.
    /// </summary>
    public static readonly TimeSpan ListenersPeriod = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A graceful stop: requests under way end, the worker reports, grains write what they deferred and end their long polls, which take up
    /// to
    /// <see cref="MarketLimits.WaitMax"/>.
    /// </summary>
    public static readonly TimeSpan ShutdownMax = TimeSpan.FromSeconds(60);

    /// <summary>
    /// A silo that has been without the blob folder for so long leaves: its grains cannot keep the outputs of other silos' jobs. A mount
    /// that an operator or an automounter renews takes a few seconds, and reports of jobs are repeated for minutes.
    /// </summary>
    public static readonly TimeSpan BlobsLostMax = TimeSpan.FromSeconds(15);

    /// <summary>
    /// One answer to a probe. It is also the longest that Orleans may adapt it to, because votes are held back until nothing was heard from
    /// a silo for
    /// <see cref="MissedProbesMax"/> of the longest: with the default, four times this, a silo that is frozen would be given up after 24 s.
    /// </summary>
    private static readonly TimeSpan ProbeMax = TimeSpan.FromSeconds(2);

    /// <summary>Answers that a silo may miss: one that pauses for a moment stays.</summary>
    private const int MissedProbesMax = 3;

    /// <summary>
    /// A silo that was killed, frozen or cut off must be given up in under 10 s: three missed answers of two seconds each, by two others,
    /// and at most one more until the vote.
    /// </summary>
    public static void Membership(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = ProbeMax;
        membership.MaxProbeTimeout = ProbeMax;
        membership.NumMissedProbesLimit = MissedProbesMax;
        membership.NumVotesForDeathDeclaration = 2;
        membership.NumProbedSilos = 3;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        // A silo that starts after a crash of all does not wait for answers of silos that have shown no life for three of these.
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        membership.NumMissedTableIAmAliveLimit = 3;
        membership.MaxJoinAttemptTime = TimeSpan.FromMinutes(1);
        membership.DefunctSiloCleanupPeriod = TimeSpan.FromMinutes(10);
        membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }

    public static void Messaging(SiloMessagingOptions messaging)
    {
        // Above every wait inside a call: polls take 10 s, waits for a job 20 s.
        messaging.ResponseTimeout = TimeSpan.FromSeconds(30);
        messaging.SystemResponseTimeout = TimeSpan.FromSeconds(30);
        // The caller of a poll that is gone must not hold a place in the market.
        messaging.CancelRequestOnTimeout = true;
    }

    public static void Collection(GrainCollectionOptions collection)
    {
        collection.CollectionQuantum = TimeSpan.FromSeconds(30);
        collection.CollectionAge = TimeSpan.FromMinutes(5);
        // A long poll ends by itself before that.
        collection.DeactivationTimeout = MarketLimits.WaitMax + TimeSpan.FromSeconds(5);
    }

    /// <summary>
    /// An event waits for the next look into the queue: short enough not to be noticed. Each look wakes threads, and 50 of them a second
    /// were half of what an idle silo took.
    /// </summary>
    public static void Pulling(StreamPullingAgentOptions pulling)
    {
        pulling.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(100);
        pulling.BatchContainerBatchSize = 64;
        // Gossip: what the board did not take soon is not news.
        pulling.MaxEventDeliveryTime = TimeSpan.FromSeconds(5);
    }

    /// <summary>Short times: no reader goes back to the stream's past.</summary>
    public static void Eviction(StreamCacheEvictionOptions eviction)
    {
        eviction.DataMinTimeInCache = TimeSpan.FromSeconds(1);
        eviction.DataMaxAgeInCache = TimeSpan.FromSeconds(10);
        eviction.MetadataMinTimeInCache = TimeSpan.FromMinutes(1);
    }
}
