using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of a job. A pending job is the same bytes without the part behind the last flag.</summary>
internal static class JobStateCodec
{
    /// <summary>The kind of the documents and of their rows.</summary>
    public const string Kind = "job";

    public static readonly StateForm<JobState> Form = new(Write, bytes => Read(bytes.Span)) { WriteTo = Write };

    private const string What = "A job";

    private const byte Format = 1;
    private const byte FormatWithExitCode = Format + 1;

    /// <summary>With what its account refuses, and with an exit code or without.</summary>
    private const byte FormatWithRefusals = FormatWithExitCode + 1;

    /// <summary>With a proof of its run, and with what its account refuses or without.</summary>
    private const byte FormatWithProof = FormatWithRefusals + 1;

    /// <summary>With several workers, and with what its account refuses or without.</summary>
    private const byte FormatWithOthers = FormatWithProof + 1;

    /// <summary>Not ended, with the end that a committee is to sign, and with what its account refuses or without.</summary>
    private const byte FormatWithProposal = FormatWithOthers + 1;

    /// <summary>Answered by another job's receipt, and with what its account refuses or without.</summary>
    private const byte FormatWithReuse = FormatWithProposal + 1;

    /// <summary>What is left of a job that was dropped.</summary>
    private const byte FormatDropped = FormatWithReuse + 1;

    public static ReadOnlyMemory<byte> Write(JobState job)
    {
        var writer = new CompactWriter();
        Write(writer, job);
        return writer.Finish();
    }

    private static void Write(CompactWriter writer, JobState job)
    {
        if (job.IsDropped)
        {
            writer.Byte(FormatDropped);
            DroppedJobCodec.Write(writer, job);
            return;
        }
        var format = FormatOf(job);
        writer.Byte(format);
        writer.Id(job.Account.Value);
        writer.Text(job.RequestId);
        writer.Id(job.SpecHash);
        writer.Id(job.Module.Value);
        writer.Flag(job.UsesState);
        writer.Time(job.SubmittedAt);
        writer.Time(job.HeldAt);
        JobSpecCodec.Write(writer, job.Spec);
        if (format >= FormatWithProof)
        {
            writer.Flag(job.Refusals is not null);
        }
        if (job.Refusals is { } refusals)
        {
            RefusalListCodec.Write(writer, refusals);
        }
        writer.Flag(job.Ending is not null);
        if (job.Ending is { } ending)
        {
            writer.Time(ending.EndedAt);
            writer.Amount(ending.Charge);
            JobEndCodec.Write(writer, ending.End);
        }
        if (job.Proposed is { } proposed)
        {
            writer.Number(job.ProposedEpoch);
            writer.Time(proposed.EndedAt);
            writer.Amount(proposed.Charge);
            JobEndCodec.Write(writer, proposed.End);
        }
    }

    /// <summary>
    /// What a row of the read model shows of a job. The rest of its end, the larger part of the document, is not read: this is done for
    /// each job once more, where <see cref="Read"/> would build what nobody looks at. Not of a job that was dropped, which has no row.
    /// </summary>
    public static JobRow ReadRow(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = reader.Version(Format, FormatWithReuse, What);
        var account = new AccountId(reader.Id());
        var requestId = reader.Bytes();
        _ = (reader.Id(), reader.Id(), reader.Flag());
        var submittedAt = reader.Time();
        _ = reader.Time();
        var program = JobSpecCodec.Read(ref reader).Program;
        _ = ReadRefusals(ref reader, format);
        if (!reader.Flag())
        {
            return new JobRow(account, requestId, program, submittedAt, null);
        }
        var (endedAt, charge) = (reader.Time(), reader.Amount());
        var end = JobEndCodec.ReadHead(ref reader);
        var ended = new JobRowEnd(end.Status, end.Code, endedAt, end.FuelUsed, charge);
        return new JobRow(account, requestId, program, submittedAt, ended);
    }

    /// <summary>Whether the document is what is left of a job that was dropped.</summary>
    public static bool IsDropped(ReadOnlySpan<byte> bytes) => bytes is [FormatDropped, ..];

    public static JobState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = reader.Version(Format, FormatDropped, What);
        if (format == FormatDropped)
        {
            return DroppedJobCodec.Read(ref reader);
        }
        var account = new AccountId(reader.Id());
        var requestId = reader.Text();
        var specHash = reader.Id();
        var module = new BlobId(reader.Id());
        var usesState = reader.Flag();
        var submittedAt = reader.Time();
        var heldAt = reader.Time();
        var spec = JobSpecCodec.Read(ref reader);
        var refusals = ReadRefusals(ref reader, format);
        var ending = reader.Flag() ? ReadEnding(ref reader) : null;
        var proposedEpoch = format == FormatWithProposal ? reader.Number() : 0;
        var proposed = format == FormatWithProposal ? ReadEnding(ref reader) : null;
        reader.End();
        return new JobState(
            Account: account,
            RequestId: requestId,
            SpecHash: specHash,
            Spec: spec,
            Module: module,
            UsesState: usesState,
            SubmittedAt: submittedAt,
            HeldAt: heldAt,
            Ending: ending,
            Refusals: refusals,
            Proposed: proposed,
            ProposedEpoch: proposedEpoch
        );
    }

    private static RefusalList? ReadRefusals(ref CompactReader reader, byte format) =>
        (format >= FormatWithProof ? reader.Flag() : format == FormatWithRefusals) ? RefusalListCodec.Read(ref reader) : null;

    private static byte FormatOf(JobState job) =>
        job.Proposed is not null ? FormatWithProposal
        : job.Ending?.End.Reuse is not null ? FormatWithReuse
        : job.Ending is { End.Others.IsDefaultOrEmpty: false } or { End.Certificate: not null } ? FormatWithOthers
        : job.Ending?.End.Proof is not null ? FormatWithProof
        : job.Refusals is not null ? FormatWithRefusals
        : JobEndCodec.FormatOf(job.Ending?.End, Format);

    private static JobEnding ReadEnding(ref CompactReader reader)
    {
        var endedAt = reader.Time();
        var charge = reader.Amount();
        return new JobEnding(JobEndCodec.Read(ref reader), charge, endedAt);
    }
}

/// <summary>What the read model shows of a job, as its document has it.</summary>
internal readonly ref struct JobRow(
    AccountId account,
    ReadOnlySpan<byte> requestId,
    ProgramId program,
    DateTimeOffset submittedAt,
    JobRowEnd? end
)
{
    public AccountId Account { get; } = account;

    /// <summary>In UTF-8.</summary>
    public ReadOnlySpan<byte> RequestId { get; } = requestId;

    public ProgramId Program { get; } = program;
    public DateTimeOffset SubmittedAt { get; } = submittedAt;

    /// <summary>Null while the job is open.</summary>
    public JobRowEnd? End { get; } = end;
}

internal readonly record struct JobRowEnd(JobStatus Status, ErrorCode? Code, DateTimeOffset EndedAt, long FuelUsed, TokenAmount Charge);
