using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// How a worker's standing was over time. A document of its own: silos of the build before go on reading the reputation, and a buyer has
/// none.
/// </summary>
/// <param name="Samples">Oldest first.</param>
internal sealed record StandingHistory(ImmutableArray<StandingSample> Samples)
{
    public const string Kind = "standing-history";

    private const byte Format = 1;
    private const int SampleSizeMin = 4;

    public static readonly StateForm<StandingHistory> Form = new(Write, bytes => Read(bytes.Span));

    public static DocumentKey KeyOf(WorkerId worker) => new(Kind, worker.ToString());

    /// <summary>A score moves with every job, so it is kept from time to time; a level always.</summary>
    /// <returns>Null where there is nothing to keep.</returns>
    public static StandingHistory? With(StandingHistory? before, Standing standing, DateTimeOffset now)
    {
        var samples = before?.Samples ?? [];
        var isDue = samples.IsEmpty || samples[^1].Level != standing.Level || now - samples[^1].At >= ReputationPolicy.SamplePeriod;
        return isDue
            ? new StandingHistory([
                .. samples.TakeLast(MarketLimits.StandingSamplesMax - 1),
                new StandingSample(now, standing.Score, standing.Level),
            ])
            : null;
    }

    private static ReadOnlyMemory<byte> Write(StandingHistory history)
    {
        var writer = new CompactWriter(256);
        writer.Byte(Format);
        writer.Count(history.Samples.Length);
        foreach (var sample in history.Samples)
        {
            writer.Time(sample.At);
            writer.Count(sample.Score);
            writer.Count((int)sample.Level);
        }
        return writer.Finish();
    }

    private static StandingHistory Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A history of standings");
        var samples = new StandingSample[reader.Items(SampleSizeMin)];
        for (var index = 0; index < samples.Length; index++)
        {
            samples[index] = new StandingSample(reader.Time(), reader.Count(), (StandingLevel)reader.Count());
        }
        reader.End();
        return new StandingHistory(ImmutableArray.Create(samples));
    }
}
