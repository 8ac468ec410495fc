using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of a job's end: in the job's document, and in the state's log beside the changes that the run made.</summary>
internal static class JobEndCodec
{
    // Flags in the number of the status, above every status: an end without an exit code and a proof has the same bytes as before there
    // were any. A build of that time would take a flag for a status, so the forms around such ends have versions of their own.
    private const int HasExitCode = 64;
    private const int HasProof = 128;
    private const int HasOthers = 256;
    private const int HasCertificate = 512;
    private const int HasReuse = 1024;

    /// <summary>
    /// The version of the form around the end: <paramref name="format"/> if the end has neither an exit code nor a proof, the next one if
    /// it has an exit code only, the one after that with a proof, and the last one with several workers.
    /// </summary>
    public static byte FormatOf(JobEnd? end, byte format) =>
        end is { Others.IsDefaultOrEmpty: false } or { Certificate: not null } ? (byte)(format + 3)
        : end?.Proof is not null ? (byte)(format + 2)
        : end?.ExitCode is not null ? (byte)(format + 1)
        : format;

    public static void Write(CompactWriter writer, JobEnd end)
    {
        writer.Count((int)end.Status | (end.ExitCode is null ? 0 : HasExitCode) | (end.Proof is null ? 0 : HasProof) | LaterFlags(end));
        if (end.ExitCode is { } exitCode)
        {
            writer.Signed(exitCode);
        }
        writer.Count((int)end.Fault);
        writer.Count(end.Code is { } code ? (int)code + 1 : 0);
        writer.OptionalText(end.Reason);
        writer.OptionalId(end.Worker?.Value);
        writer.OptionalId(end.Payee?.Value);
        writer.Amount(end.PricePerMillionFuel);
        writer.Signed(end.FuelUsed);
        RunCodec.WriteOutput(writer, end.Output);
        writer.Bytes(end.Log.Span);
        writer.OptionalId(end.RootBefore?.Value);
        writer.OptionalId(end.RootAfter?.Value);
        writer.Count(end.History.Length);
        foreach (var step in end.History)
        {
            writer.Count((int)step.Status);
            writer.Time(step.At);
            writer.OptionalId(step.Worker?.Value);
            writer.OptionalText(step.Note);
        }

        writer.Text(end.Explanation.Summary);
        writer.Count(end.Explanation.Offers.Length);
        foreach (var offer in end.Explanation.Offers)
        {
            writer.Id(offer.Worker.Value);
            writer.Amount(offer.Price);
            writer.Flag(offer.Won);
            writer.Text(offer.Reason);
        }
        if (end.Proof is { } proof)
        {
            RunProofCodec.Write(writer, proof);
        }
        if (!end.Others.IsDefaultOrEmpty)
        {
            JobSeatsCodec.Write(writer, end.Others);
        }
        if (end.Certificate is { } certificate)
        {
            JobSeatsCodec.Write(writer, certificate);
        }
        if (end.Reuse is { } reuse)
        {
            JobReuseCodec.Write(writer, reuse);
        }
    }

    private static int LaterFlags(JobEnd end) =>
        (end.Others.IsDefaultOrEmpty ? 0 : HasOthers) | (end.Certificate is null ? 0 : HasCertificate) | (end.Reuse is null ? 0 : HasReuse);

    /// <summary>The parts that stand before the output.</summary>
    public static JobEndHead ReadHead(ref CompactReader reader)
    {
        var parts = reader.Count();
        var status = (JobStatus)(parts & ~(HasExitCode | HasProof | HasOthers | HasCertificate | HasReuse));
        int? exitCode = (parts & HasExitCode) != 0 ? ReadExitCode(ref reader) : null;
        var fault = (JobFault)reader.Count();
        var code = reader.Count();
        return new JobEndHead(
            Parts: parts,
            Status: status,
            ExitCode: exitCode,
            Fault: fault,
            Code: code == 0 ? null : (ErrorCode)(code - 1),
            Reason: reader.OptionalText(),
            Worker: reader.OptionalId() is { } workerKey ? new WorkerId(workerKey) : null,
            Payee: reader.OptionalId() is { } payeeKey ? new AccountId(payeeKey) : null,
            PricePerMillionFuel: reader.Amount(),
            FuelUsed: reader.Signed()
        );
    }

    public static JobEnd Read(ref CompactReader reader)
    {
        var head = ReadHead(ref reader);
        var parts = head.Parts;
        var output = RunCodec.ReadOutput(ref reader);
        var log = reader.Memory();
        StateRoot? before = reader.OptionalId() is { } rootBefore ? new StateRoot(rootBefore) : null;
        StateRoot? after = reader.OptionalId() is { } rootAfter ? new StateRoot(rootAfter) : null;
        var history = ReadHistory(ref reader);
        var explanation = ReadExplanation(ref reader);
        return new JobEnd(
            Status: head.Status,
            Fault: head.Fault,
            Code: head.Code,
            Reason: head.Reason,
            Worker: head.Worker,
            Payee: head.Payee,
            PricePerMillionFuel: head.PricePerMillionFuel,
            FuelUsed: head.FuelUsed,
            Output: output,
            Log: log,
            RootBefore: before,
            RootAfter: after,
            History: history,
            Explanation: explanation,
            ExitCode: head.ExitCode
        )
        {
            Proof = (parts & HasProof) != 0 ? RunProofCodec.Read(ref reader) : null,
            Others = (parts & HasOthers) != 0 ? JobSeatsCodec.Read(ref reader) : default,
            Certificate = (parts & HasCertificate) != 0 ? JobSeatsCodec.ReadCertificate(ref reader) : null,
            Reuse = (parts & HasReuse) != 0 ? JobReuseCodec.Read(ref reader) : null,
        };
    }

    private static int ReadExitCode(ref CompactReader reader)
    {
        var code = reader.Signed();
        return code is >= int.MinValue and <= int.MaxValue
            ? (int)code
            : throw new InvalidDataException($"A job's end has the exit code {code}, which no version of this code writes.");
    }

    private static ImmutableArray<JobEvent> ReadHistory(ref CompactReader reader)
    {
        var history = new JobEvent[reader.Items(itemSizeMin: 11)];
        for (var index = 0; index < history.Length; index++)
        {
            var status = (JobStatus)reader.Count();
            var at = reader.Time();
            WorkerId? worker = reader.OptionalId() is { } key ? new WorkerId(key) : null;
            history[index] = new JobEvent(status, at, worker, reader.OptionalText());
        }

        return ImmutableArray.Create(history);
    }

    private static JobExplanation ReadExplanation(ref CompactReader reader)
    {
        var summary = reader.Text();
        var offers = new OfferVerdict[reader.Items(itemSizeMin: 35)];
        for (var index = 0; index < offers.Length; index++)
        {
            offers[index] = new OfferVerdict(new WorkerId(reader.Id()), reader.Amount(), reader.Flag(), reader.Text());
        }
        return new JobExplanation(summary, ImmutableArray.Create(offers));
    }
}

/// <summary>Of a job's end, what stands before its output.</summary>
/// <param name="Parts">The number of the status, with the flags of what follows.</param>
internal readonly record struct JobEndHead(
    int Parts,
    JobStatus Status,
    int? ExitCode,
    JobFault Fault,
    ErrorCode? Code,
    string? Reason,
    WorkerId? Worker,
    AccountId? Payee,
    TokenAmount PricePerMillionFuel,
    long FuelUsed
);
