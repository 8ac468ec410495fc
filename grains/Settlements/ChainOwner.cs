using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>Which address stands for an account, for ever.</summary>
internal sealed record ChainOwner(EvmAddress Owner)
{
    /// <summary>The kind of its document; the id is the account.</summary>
    public const string Kind = "chain-owner";

    private const byte Format = 1;

    public static StateForm<ChainOwner> Form { get; } = new(Write, bytes => Read(bytes.Span));

    public static DocumentKey KeyOf(AccountId account) => new(Kind, account.ToString());

    private static ReadOnlyMemory<byte> Write(ChainOwner chosen)
    {
        var writer = new CompactWriter(64);
        writer.Byte(Format);
        writer.Id(chosen.Owner.ToWord());
        return writer.Finish();
    }

    private static ChainOwner Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "The address of an account on the chain");
        var chosen = new ChainOwner(reader.Address());
        reader.End();
        return chosen;
    }
}
