using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The row of a job in the read model, and the stored form of its summary.</summary>
public sealed class JobProjection : IProjection
{
    private const byte Format = 1;

    public string Kind => JobStateCodec.Kind;

    public ListingRow? Project(string id, ReadOnlySpan<byte> content, out bool ended)
    {
        var job = JobStateCodec.Read(content);
        ended = job.Ending is not null;
        return new ListingRow(
            Kind: Kind,
            Id: id,
            Owner: job.Account.ToString(),
            State: JobStatusNames.Of(job.Status),
            Label: job.Spec.Program.ToString(),
            At: job.SubmittedAt,
            Summary: Summarize(job)
        );
    }

    /// <exception cref="InvalidDataException">The row is not one of a job.</exception>
    internal static JobSummary Read(ListingRow row)
    {
        var reader = new CompactReader(row.Summary.Span);
        reader.Version(Format, "The summary of a job");
        var requestId = reader.Text();
        var program = new ProgramId(reader.Id());
        var code = reader.Count();
        DateTimeOffset? endedAt = reader.Flag() ? reader.Time() : null;
        var summary = new JobSummary(
            Id: JobId.Parse(row.Id),
            RequestId: requestId,
            Program: program,
            Status: JobStatusNames.Parse(row.State),
            Code: code == 0 ? null : (ErrorCode)(code - 1),
            SubmittedAt: row.At,
            EndedAt: endedAt,
            FuelUsed: reader.Signed(),
            Charge: reader.Amount()
        );
        reader.End();
        return summary;
    }

    private static ReadOnlyMemory<byte> Summarize(JobState job)
    {
        var end = job.Ending?.End;
        var writer = new CompactWriter(96);
        writer.Byte(Format);
        writer.Text(job.RequestId);
        writer.Id(job.Spec.Program.Value);
        writer.Count(end?.Code is { } code ? (int)code + 1 : 0);
        writer.Flag(job.Ending is not null);
        if (job.Ending is { } ending)
        {
            writer.Time(ending.EndedAt);
        }
        writer.Signed(end?.FuelUsed ?? 0);
        writer.Amount(job.Ending?.Charge ?? TokenAmount.Zero);
        return writer.Finish();
    }
}
