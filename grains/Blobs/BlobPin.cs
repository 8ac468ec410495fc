using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>That one account keeps one blob, as a document of its own: what the account's list of blobs is made of.</summary>
internal sealed record BlobPin(BlobId Blob, AccountId Account, long Size, DateTimeOffset PinnedAt)
{
    /// <summary>The kind of the documents and of their rows.</summary>
    public const string Kind = "pin";

    public static readonly StateForm<BlobPin> Form = new(Write, bytes => Read(bytes.Span));

    private const byte Format = 1;

    public static DocumentKey KeyOf(BlobId blob, AccountId account) => new(Kind, $"{blob}.{account}");

    public static ReadOnlyMemory<byte> Write(BlobPin pin)
    {
        var writer = new CompactWriter(96);
        writer.Byte(Format);
        writer.Id(pin.Blob.Value);
        writer.Id(pin.Account.Value);
        writer.Signed(pin.Size);
        writer.Time(pin.PinnedAt);
        return writer.Finish();
    }

    public static BlobPin Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A pin");
        var pin = new BlobPin(new BlobId(reader.Id()), new AccountId(reader.Id()), reader.Signed(), reader.Time());
        reader.End();
        return pin;
    }
}
