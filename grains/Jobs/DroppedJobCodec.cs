using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of what is left of a dropped job, behind the number of the format: some hundred bytes.</summary>
internal static class DroppedJobCodec
{
    public static void Write(CompactWriter writer, JobState job)
    {
        writer.Id(job.Account.Value);
        writer.Id(job.SpecHash);
        writer.Time(job.SubmittedAt);
        writer.Time(job.HeldAt);
        writer.Time(job.Ending!.EndedAt);
        writer.Count((int)job.Status);
        writer.Amount(job.Ending.Charge);
        writer.OptionalId(job.Ending.End.Certificate?.Root);
    }

    public static JobState Read(ref CompactReader reader)
    {
        var account = new AccountId(reader.Id());
        var specHash = reader.Id();
        var (submittedAt, heldAt, endedAt) = (reader.Time(), reader.Time(), reader.Time());
        var status = (JobStatus)reader.Count();
        var charge = reader.Amount();
        var certificate = reader.OptionalId();
        reader.End();
        return JobDropping.Left(account, specHash, submittedAt, heldAt, endedAt, status, charge, certificate);
    }
}
