using System.Globalization;
using Marketplace.Receipts;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>The epochs of committees. What comes is read by its form only; <see cref="EpochChecks"/> checks it.</summary>
public class EpochsClient
{
    private readonly HttpTransport _transport;
    private readonly BlobsClient _blobs;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected EpochsClient() => (_transport, _blobs) = (null!, null!);

    internal EpochsClient(HttpTransport transport, BlobsClient blobs) => (_transport, _blobs) = (transport, blobs);

    /// <summary>All that the market keeps, newest first; the first one may be one whose shares are collected.</summary>
    public virtual async Task<IReadOnlyList<CommitteeEpoch>> List(CancellationToken cancellation = default) =>
        (await _transport.Ask<CommitteeEpochs>(HttpMethod.Get, Routes.Epochs, cancellation).ConfigureAwait(false)).Epochs;

    /// <summary>An epoch whose shares are closed, as the market publishes it.</summary>
    /// <param name="epoch">Its number, from 1.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.EpochNotFound"/>.</exception>
    /// <exception cref="MarketplaceProtocolException">What came is no file of this epoch.</exception>
    public virtual async Task<EpochFile> Get(ulong epoch, CancellationToken cancellation = default)
    {
        var path = Routes.Epoch(epoch.ToString(CultureInfo.InvariantCulture));
        await using var stream = await _blobs.Open(path, null, cancellation).ConfigureAwait(false);
        var bytes = new byte[EpochFile.BytesMax + 1];
        var size = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        EpochFile file;
        try
        {
            file = EpochFile.Parse(bytes.AsSpan(0, size));
        }
        catch (ReceiptFormatException malformed)
        {
            throw new MarketplaceProtocolException(_transport.Url, $"What came for epoch {epoch} is none: {malformed.Message}", malformed);
        }
        return file.Epoch == epoch
            ? file
            : throw new MarketplaceProtocolException(_transport.Url, $"The file that came for epoch {epoch} is that of epoch {file.Epoch}");
    }
}
