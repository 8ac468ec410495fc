using System.Globalization;
using Marketplace.Storage;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>What a failed write means to the caller of a grain: whether it may have happened.</summary>
internal static class StorageFailures
{
    /// <returns>
    /// <see cref="InconsistentStateException"/> where another activation wrote first: nothing was changed, and the runtime drops this activation.
    /// A <see cref="MarketException"/> with <see cref="ErrorCode.OutcomeUnknown"/> for everything else.
    /// </returns>
    public static Exception Translate(Exception failure) => failure switch
    {
        MarketException or InconsistentStateException => failure,
        VersionConflictException lost => Lost(lost.Name, lost.Stored, lost.Expected),
        _ => new MarketException(
            ErrorCode.OutcomeUnknown, $"The store did not confirm the write ({failure.GetType().Name}): it may have happened. Send the request again."),
    };

    /// <summary>
    /// Another activation of the grain has written version <paramref name="stored"/>, this one knows <paramref name="known"/>. Without the store's own
    /// exception inside: the callers' serializers do not know it.
    /// </summary>
    public static InconsistentStateException Lost(string name, long stored, long known) => new(
        $"'{name}' is at version {stored}, this activation knows {known}: another one wrote. This call changed nothing. Send it again.",
        stored.ToString(CultureInfo.InvariantCulture), known.ToString(CultureInfo.InvariantCulture));
}
