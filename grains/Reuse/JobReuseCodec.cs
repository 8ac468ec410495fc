using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of the receipt that answered a job.</summary>
internal static class JobReuseCodec
{
    public static void Write(CompactWriter writer, JobReuse reuse)
    {
        writer.Id(reuse.Job.Value);
        writer.Id(reuse.Receipt);
        writer.Count(reuse.Percent);
        writer.Amount(reuse.Price);
        writer.Count(reuse.Executors.Length);
        foreach (var executor in reuse.Executors)
        {
            writer.Id(executor.Value);
        }
        writer.Id(reuse.Author.Value);
    }

    public static JobReuse Read(ref CompactReader reader)
    {
        var (job, receipt, percent, price) = (new JobId(reader.Id()), reader.Id(), reader.Count(), reader.Amount());
        var executors = new AccountId[reader.Items(Bytes32.Size)];
        for (var index = 0; index < executors.Length; index++)
        {
            executors[index] = new AccountId(reader.Id());
        }
        return new JobReuse(
            Job: job,
            Receipt: receipt,
            Percent: percent,
            Price: price,
            Executors: ImmutableArray.Create(executors),
            Author: new AccountId(reader.Id())
        );
    }
}
