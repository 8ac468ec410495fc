using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Told by the grains of this silo what has become durable of a job, by the grain that wrote it: so once in a cluster, but for a write
/// whose answer was lost. Grains call it within their turns: it must neither block nor throw. A silo that measures nothing has none.
/// </summary>
public interface IJobWatch
{
    /// <summary>The job was written.</summary>
    void Created(JobId job);

    /// <summary>The job's end was written.</summary>
    /// <param name="job">As it ended.</param>
    /// <param name="heldAt">When the money that it stood on was set aside.</param>
    /// <param name="isSigned">A worker has signed what it ran.</param>
    void Ended(JobView job, DateTimeOffset heldAt, bool isSigned);

    /// <summary>The payer's account has charged it and released the rest.</summary>
    /// <param name="job">Which job.</param>
    /// <param name="from">When the account heard of its end.</param>
    /// <param name="to">When the charge was durable.</param>
    void Settled(JobId job, DateTimeOffset from, DateTimeOffset to);

    /// <summary>The job had ended long ago, and is forgotten.</summary>
    void Dropped(JobId job);
}

internal static class JobWatches
{
    /// <summary>Tells all watches of the jobs that an account has settled.</summary>
    public static void Tell(this Settled settled, IJobWatch[] watches, DateTimeOffset from, DateTimeOffset to)
    {
        foreach (var watch in watches)
        {
            foreach (var job in settled.Jobs)
            {
                watch.Settled(job.Job, from, to);
            }
        }
    }
}
