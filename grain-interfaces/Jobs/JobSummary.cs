using Marketplace.GrainInterfaces.Codecs;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// What lists show of a job: the summary in its row of the read model. The row itself has id, owner, status and submission time.
/// </summary>
public sealed record JobSummary(
    string RequestId,
    ProgramId Program,
    ErrorCode? Code,
    DateTimeOffset? EndedAt,
    long FuelUsed,
    TokenAmount Charge
)
{
    /// <summary>The kind of the rows.</summary>
    public const string Kind = "job";

    private const byte Format = 1;

    public ReadOnlyMemory<byte> Write()
    {
        var writer = new CompactWriter(96);
        writer.Byte(Format);
        writer.Text(RequestId);
        writer.Id(Program.Value);
        writer.Count(Code is { } code ? (int)code + 1 : 0);
        writer.Flag(EndedAt is not null);
        if (EndedAt is { } endedAt)
        {
            writer.Time(endedAt);
        }
        writer.Signed(FuelUsed);
        writer.Amount(Charge);
        return writer.Finish();
    }

    /// <exception cref="InvalidDataException">The bytes are not a summary.</exception>
    public static JobSummary Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "The summary of a job");
        var requestId = reader.Text();
        var program = new ProgramId(reader.Id());
        var code = reader.Count();
        DateTimeOffset? endedAt = reader.Flag() ? reader.Time() : null;
        var summary = new JobSummary(
            requestId,
            program,
            code == 0 ? null : (ErrorCode)(code - 1),
            endedAt,
            reader.Signed(),
            reader.Amount()
        );
        reader.End();
        return summary;
    }
}
