using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>What a failed write means to the caller of a grain: whether it may have happened.</summary>
internal static class StorageFailures
{
    public static MarketException Translate(Exception failure) => failure switch
    {
        MarketException coded => coded,
        VersionConflictException => new MarketException(
            ErrorCode.Unavailable, "Another activation wrote first; this call changed nothing. Send it again."),
        _ => new MarketException(
            ErrorCode.OutcomeUnknown, $"The store did not confirm the write ({failure.GetType().Name}): it may have happened. Send the request again."),
    };
}
