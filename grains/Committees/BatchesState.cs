namespace Marketplace.Grains;

/// <summary>How far the market is with telling what its committees have signed.</summary>
/// <param name="Last">The number of the newest batch; 0: there is none.</param>
/// <param name="Open">
/// That batch, until each of its certificates knows it and it stands in the ledger; null: it does. While it is open no other is begun, so a
/// certificate that knows no batch is in none.
/// </param>
internal sealed record BatchesState(ulong Last, CertificateBatch? Open)
{
    /// <summary>The name of the state and the kind of its document.</summary>
    public const string Kind = "batches";

    private const byte Format = 1;

    public static BatchesState None { get; } = new(0, null);

    public static ReadOnlyMemory<byte> Write(BatchesState state)
    {
        var writer = new CompactWriter(1024);
        writer.Byte(Format);
        writer.Number(state.Last);
        writer.Flag(state.Open is not null);
        if (state.Open is { } open)
        {
            CertificateBatch.Write(writer, open);
        }
        return writer.Finish();
    }

    public static BatchesState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "How far batches of certificates are");
        var state = new BatchesState(reader.Number(), reader.Flag() ? CertificateBatch.Read(ref reader) : null);
        reader.End();
        return state;
    }
}
