using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The row of a job in the read model, and the stored form of its summary.</summary>
public sealed class JobProjection : IProjection
{
    private const byte Format = 1;

    // Replaced as a whole, so that threads which project at the same time see one or the other.
    private Named<AccountId>? _account;
    private Named<ProgramId>? _program;

    public string Kind => JobStateCodec.Kind;

    public ListingRow? Project(string id, ReadOnlySpan<byte> content, out bool ended)
    {
        if (JobStateCodec.IsDropped(content))
        {
            ended = true;
            return null;
        }
        var job = JobStateCodec.ReadRow(content);
        ended = job.End is not null;
        return new ListingRow(
            Kind: Kind,
            Id: id,
            Owner: NameOf(ref _account, job.Account),
            State: JobStatusNames.Of(job.End?.Status ?? JobStatus.Pending),
            Label: NameOf(ref _program, job.Program),
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

    private static ReadOnlyMemory<byte> Summarize(JobRow job)
    {
        var writer = new CompactWriter(96);
        writer.Byte(Format);
        writer.Bytes(job.RequestId);
        writer.Id(job.Program.Value);
        writer.Count(job.End?.Code is { } code ? (int)code + 1 : 0);
        writer.Flag(job.End is not null);
        if (job.End is { } end)
        {
            writer.Time(end.EndedAt);
        }
        writer.Signed(job.End?.FuelUsed ?? 0);
        writer.Amount(job.End?.Charge ?? TokenAmount.Zero);
        return writer.Finish();
    }

    /// <summary>The text of an id, which most jobs share with the one before.</summary>
    private static string NameOf<TId>(ref Named<TId>? last, TId id)
        where TId : struct, IEquatable<TId>
    {
        if (last is not { } known || !known.Id.Equals(id))
        {
            last = known = new Named<TId>(id, id.ToString()!);
        }
        return known.Name;
    }

    private sealed record Named<TId>(TId Id, string Name);
}
