using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Silo;

/// <summary>
/// The results stream where every silo's gateway can read it. Key: <see cref="MarketStreams.Key"/>. In memory, of bounded size: gossip, as
/// the stream is.
/// </summary>
[Alias("IResultsBoardGrain")]
public interface IResultsBoardGrain : IGrainWithStringKey
{
    /// <summary>
    /// What was announced since <paramref name="place"/>: at once where there is something, else as soon as there is, or empty when
    /// <see cref="MarketLimits.PollMax"/> is over.
    /// </summary>
    /// <param name="place">Where the last answer ended; null: now, which is answered at once.</param>
    /// <param name="cancellation">The reader is gone.</param>
    [Effect(Effect.None), AlwaysInterleave, Alias("Read")]
    Task<ResultsPage> Read(ResultsPlace? place, CancellationToken cancellation);
}

/// <summary>A place in what one activation of the board was told.</summary>
/// <param name="Activation">Which one: another one knows nothing of what this was told.</param>
/// <param name="Next">The number of the next announcement.</param>
[GenerateSerializer, Immutable, Alias("ResultsPlace")]
public sealed record ResultsPlace([property: Id(0)] string Activation, [property: Id(1)] long Next);

/// <param name="Place">Where to read on.</param>
/// <param name="Missed">There was something between the reader's place and the first of <paramref name="Ended"/> that is no longer
/// there.</param>
/// <param name="Ended">The announcements.</param>
[GenerateSerializer, Immutable, Alias("ResultsPage")]
public sealed record ResultsPage(
    [property: Id(0)] ResultsPlace Place,
    [property: Id(1)] bool Missed,
    [property: Id(2)] ImmutableArray<JobsEnded> Ended
);
