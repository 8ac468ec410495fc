using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What is stored of a <see cref="ReuseGrain"/>.</summary>
internal sealed record ReuseState(ReusableJob Job)
{
    /// <summary>The name of the state and the kind of its documents.</summary>
    public const string Kind = "reuse";

    private const byte Format = 1;

    /// <summary>With the epoch.</summary>
    private const byte FormatWithEpoch = 2;

    public static ReadOnlyMemory<byte> Write(ReuseState state)
    {
        var writer = new CompactWriter(64);
        writer.Byte(state.Job.Epoch > 0 ? FormatWithEpoch : Format);
        writer.Id(state.Job.Job.Value);
        writer.Text(state.Job.Assurance.ToString());
        writer.Count(state.Job.Seats);
        writer.Time(state.Job.EndedAt);
        if (state.Job.Epoch > 0)
        {
            writer.Number(state.Job.Epoch);
        }
        return writer.Finish();
    }

    public static ReuseState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = reader.Version(Format, FormatWithEpoch, "A reusable job");
        var job = new JobId(reader.Id());
        if (!Assurance.TryParse(reader.Text(), out var assurance, out var refusal))
        {
            throw new InvalidDataException($"A reusable job has an assurance that no version of this code writes. {refusal}");
        }
        var known = new ReusableJob(job, assurance, reader.Count(), reader.Time())
        {
            Epoch = format == FormatWithEpoch ? reader.Number() : 0,
        };
        reader.End();
        return new ReuseState(known);
    }
}
