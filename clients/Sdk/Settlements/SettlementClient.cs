using System.Globalization;
using Marketplace.Receipts;
using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>What the market and its chain say to each other.</summary>
public class SettlementClient
{
    private readonly HttpTransport _transport;
    private readonly BlobsClient _blobs;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected SettlementClient() => (_transport, _blobs) = (null!, null!);

    internal SettlementClient(HttpTransport transport, BlobsClient blobs) => (_transport, _blobs) = (transport, blobs);

    /// <summary>How far the market is with its settlements.</summary>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.SettlementNotFound"/>: the market settles nowhere.</exception>
    public virtual Task<MarketSettlement> Get(CancellationToken cancellation = default) =>
        _transport.Ask<MarketSettlement>(HttpMethod.Get, Routes.Settlement, cancellation);

    /// <summary>
    /// A settlement with all that its roots stand for. What comes is read by its form only: the escrow tells whether it is the one that was
    /// settled, and <see cref="SettlementFile.Find"/> gives what it pays by.
    /// </summary>
    /// <param name="number">From 1: the one that is under way, or one of the last.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.SettlementNotFound"/>.</exception>
    /// <exception cref="MarketplaceProtocolException">What came is no file of this settlement.</exception>
    public virtual async Task<SettlementFile> GetFile(ulong number, CancellationToken cancellation = default)
    {
        var path = Routes.SettlementFile(number.ToString(CultureInfo.InvariantCulture));
        await using var stream = await _blobs.Open(path, null, cancellation).ConfigureAwait(false);
        using var bytes = new MemoryStream();
        var piece = new byte[SdkPolicy.PieceBytes];
        for (int count; (count = await stream.ReadAsync(piece, cancellation).ConfigureAwait(false)) > 0; )
        {
            // One byte more than there may be says that it is none.
            bytes.Write(piece, 0, (int)Math.Min(count, SettlementFile.BytesMax + 1 - bytes.Length));
            if (bytes.Length > SettlementFile.BytesMax)
            {
                break;
            }
        }
        SettlementFile file;
        try
        {
            file = SettlementFile.Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        }
        catch (ReceiptFormatException malformed)
        {
            throw new MarketplaceProtocolException(
                _transport.Url,
                $"What came for settlement {number} is none: {malformed.Message}",
                malformed
            );
        }
        return file.Settlement.Number == number
            ? file
            : throw new MarketplaceProtocolException(
                _transport.Url,
                $"The file that came for settlement {number} is that of settlement {file.Settlement.Number}"
            );
    }
}
