using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The row of a job in the read model.</summary>
public sealed class JobProjection : IProjection
{
    public string Kind => JobSummary.Kind;

    public ListingRow? Project(string id, ReadOnlySpan<byte> content, out bool ended)
    {
        var job = JobStateCodec.Read(content);
        ended = job.Ending is not null;
        var end = job.Ending?.End;
        var summary = new JobSummary(
            job.RequestId,
            job.Spec.Program,
            end?.Code,
            job.Ending?.EndedAt,
            end?.FuelUsed ?? 0,
            job.Ending?.Charge ?? TokenAmount.Zero
        );
        return new ListingRow(
            Kind,
            id,
            job.Account.ToString(),
            JobStatusNames.Of(job.Status),
            job.Spec.Program.ToString(),
            job.SubmittedAt,
            summary.Write()
        );
    }
}
