using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Silo;

/// <summary>
/// The market's news where every silo's gateway can read them, and where every silo learns which of them are read. Key:
/// <see cref="MarketStreams.Key"/>. In memory, of bounded size: gossip, as the streams are.
/// </summary>
[Alias("INewsBoardGrain")]
public interface INewsBoardGrain : IGrainWithStringKey
{
    /// <summary>As <see cref="IResultsBoardGrain.Read"/>, for one stream of <see cref="MarketStreams"/>.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("Read")]
    Task<NewsPage> Read(string stream, ResultsPlace? place, CancellationToken cancellation);

    /// <summary>The streams that gateways read, now or a moment ago.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetListened")]
    Task<ImmutableArray<string>> GetListened();
}

/// <param name="Place">Where to read on.</param>
/// <param name="Missed">There was something between the reader's place and the first of <paramref name="News"/> that is no longer
/// there.</param>
/// <param name="News">The announcements.</param>
[GenerateSerializer, Immutable, Alias("NewsPage")]
public sealed record NewsPage(
    [property: Id(0)] ResultsPlace Place,
    [property: Id(1)] bool Missed,
    [property: Id(2)] ImmutableArray<MarketNews> News
);
