using System.Globalization;
using System.Text;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// Where the market of a data folder or a database settles, for ever: the first start writes it down. Balances of one kind mean nothing in
/// a market of the other, and what was signed for one escrow is worth nothing in another.
/// </summary>
internal static class ChainMark
{
    private const string None = "none";

    /// <summary>Holds the chain's number and the escrow's address, with a blank between them, or <see cref="None"/>.</summary>
    private static readonly DocumentKey Key = new("silo", "chain");

    /// <returns>Whether the market began with this domain already; false: it has not begun.</returns>
    /// <exception cref="SiloOptionsException">It began with another one.</exception>
    public static async Task<bool> Require(IDocumentStore documents, MarketDomain domain)
    {
        if (await Read(documents) is not { } written)
        {
            return false;
        }
        if (written == TextOf(domain))
        {
            return true;
        }
        throw new SiloOptionsException(
            $"The market of this data {Words(written)}, for ever; the options say that it {domain.Settlement}. "
                + $"Start it with {Options(written)}, or begin another market with a data folder (and database) of its own."
        );
    }

    /// <summary>The market begins. To be called when the domain was found good.</summary>
    /// <exception cref="SiloOptionsException">Another silo that starts at this moment was first, with another domain.</exception>
    public static async Task Write(IDocumentStore documents, MarketDomain domain)
    {
        try
        {
            await documents.Write(Key, 0, Encoding.UTF8.GetBytes(TextOf(domain)));
        }
        catch (VersionConflictException)
        {
            await Require(documents, domain);
        }
    }

    private static async Task<string?> Read(IDocumentStore documents) =>
        await documents.Read(Key) is { } found ? Encoding.UTF8.GetString(found.Content.Span)
        // Markets that began before there was a choice have none.
        : await documents.Read(FirstStart.Operator) is not null ? None
        : null;

    private static string TextOf(MarketDomain domain) =>
        domain.Settles ? string.Create(CultureInfo.InvariantCulture, $"{domain.ChainId} {domain.Contract}") : None;

    private static string Words(string written) =>
        written.Split(' ') is [var chain, var escrow] ? $"settles on chain {chain} by the contract {escrow}" : "settles on no chain";

    private static string Options(string written) =>
        written.Split(' ') is [var chain, var escrow] ? $"--chain evm --chain-id {chain} --escrow {escrow}" : "--chain none";
}
