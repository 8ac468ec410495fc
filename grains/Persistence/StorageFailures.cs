using System.Globalization;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// What a failure of the store means to the caller of a grain. The store's own exceptions stop here: the serializer between silos does not
/// know them, so the caller would hear of a failed serialization and not of the store's failure.
/// </summary>
internal static class StorageFailures
{
    /// <summary>A failed write: whether it may have happened.</summary>
    /// <returns>
    /// <see cref="InconsistentStateException"/> where another activation wrote first: nothing was changed, and the runtime drops this
    /// activation. A <see cref="MarketException"/> with <see cref="ErrorCode.OutcomeUnknown"/> for everything else.
    /// </returns>
    public static Exception Translate(Exception failure) =>
        failure switch
        {
            MarketException or InconsistentStateException => failure,
            OrleansException { InnerException: { } cause } => Translate(cause),
            VersionConflictException lost => Lost(lost.Name, lost.Stored, lost.Expected),
            _ => new MarketException(
                ErrorCode.OutcomeUnknown,
                $"The store did not confirm the write ({failure.GetType().Name}): it may have happened. Send the request again."
            ),
        };

    /// <summary>A failed read: it changed nothing and may be tried again, unless what is stored is damaged.</summary>
    public static Exception TranslateRead(Exception failure) =>
        failure switch
        {
            MarketException or InvalidDataException or OperationCanceledException => failure,
            OrleansException { InnerException: { } cause } => TranslateRead(cause),
            BlobDamagedException damaged => new MarketException(ErrorCode.BlobDamaged, damaged.Message),
            StoreDamagedException damaged => new InvalidDataException(damaged.Message),
            _ => new MarketException(
                ErrorCode.Unavailable,
                $"The store could not be read ({failure.GetType().Name}). Send the request again."
            ),
        };

    /// <summary>
    /// Another activation of the grain has written version <paramref name="stored"/>, this one knows <paramref name="known"/>.
    /// </summary>
    public static InconsistentStateException Lost(string name, long stored, long known) =>
        new(
            $"'{name}' is at version {stored}, this activation knows {known}: another one wrote. This call changed nothing. Send it again.",
            stored.ToString(CultureInfo.InvariantCulture),
            known.ToString(CultureInfo.InvariantCulture)
        );
}
