using System.Globalization;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Grains;
using Marketplace.Receipts;

namespace Marketplace.Silo;

/// <summary>Where the market settles.</summary>
public sealed partial class SiloOptions
{
    private const string Proven = "proven";
    private const string Agreed = "agreed";

    /// <summary>With two the majority is both, and either could hold the market up.</summary>
    private const int AgreeingNodesMin = 3;

    /// <summary><c>none</c>, or <c>evm</c>: in an escrow on an EVM chain. A market keeps to what it began with.</summary>
    public string Chain { get; set; } = "none";

    /// <summary>
    /// URLs of the chain's nodes, separated by semicolons, of different operators if there are several. All are asked. They may hold keys
    /// of providers, so no message repeats them.
    /// </summary>
    public string ChainRpc { get; set; } = "";

    /// <summary>How many of the nodes must say the same; 0: the majority.</summary>
    public int ChainQuorum { get; set; }

    /// <summary>
    /// How a block's hash is made sure: <c>proven</c>, it must follow from the header's fields; or <c>agreed</c>, where the chain hashes
    /// headers otherwise than Ethereum does, it is what a majority of at least three nodes says.
    /// </summary>
    public string ChainHeaders { get; set; } = Proven;

    /// <summary>The chain's number (EIP-155).</summary>
    public string ChainId { get; set; } = "";

    /// <summary>The address of the market's escrow.</summary>
    public string Escrow { get; set; } = "";

    /// <summary>The key store of the escrow's operator.</summary>
    public string ChainKey { get; set; } = "";

    /// <summary>Opens <see cref="ChainKey"/>. Not on the command line, which every user of the machine can read.</summary>
    public string ChainPassphrase { get; set; } = "";

    /// <summary>A file with the passphrase, in place of <see cref="ChainPassphrase"/>. A line break at its end does not count.</summary>
    public string ChainPassphraseFile { get; set; } = "";

    /// <summary>How many blocks must follow one before it counts.</summary>
    public int ChainConfirmations { get; set; } = new SettlementTerms().Confirmations;

    /// <summary>How long after a settlement the next one is made: a number with s, m or h.</summary>
    public string SettleEvery { get; set; } = "10m";

    /// <summary>The most that is offered for a unit of gas, in wei.</summary>
    public string ChainFeeMax { get; set; } = new SettlementTerms().FeeMax.ToString(CultureInfo.InvariantCulture);

    internal HeaderHashCheck HeaderHashes => ChainHeaders == Agreed ? HeaderHashCheck.UnlessFieldsAreUnknown : HeaderHashCheck.Always;

    internal bool SettlesOnChain => Chain == "evm";

    internal string[] ChainRpcList => ChainRpc.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal SettlementTerms Settlements =>
        new()
        {
            Confirmations = ChainConfirmations,
            Interval = TimeOf(SettleEvery)!.Value,
            FeeMax = UInt128.Parse(ChainFeeMax, NumberStyles.None, CultureInfo.InvariantCulture),
        };

    /// <summary>The domain of the market that has this key.</summary>
    internal MarketDomain DomainOf(Bytes32 market) =>
        SettlesOnChain ? new MarketDomain(market, ChainIdOf(ChainId), EvmAddress.Parse(Escrow)) : new MarketDomain(market);

    private void ValidateChain()
    {
        Check(Chain is "none" or "evm", nameof(Chain), Chain, "none or evm");
        Check(
            ChainConfirmations is >= 1 and <= SettlementTerms.ConfirmationsMax,
            nameof(ChainConfirmations),
            ChainConfirmations,
            $"1 to {SettlementTerms.ConfirmationsMax} blocks"
        );
        Check(
            TimeOf(SettleEvery) is { } every && every >= SettlementTerms.IntervalMin && every <= SettlementTerms.IntervalMax,
            nameof(SettleEvery),
            SettleEvery,
            $"a time such as 30s, 10m or 1h, from {SettlementTerms.IntervalMin.TotalSeconds}s to {SettlementTerms.IntervalMax.TotalHours}h"
        );
        Check(
            UInt128.TryParse(ChainFeeMax, NumberStyles.None, CultureInfo.InvariantCulture, out var fee) && fee > 0,
            nameof(ChainFeeMax),
            ChainFeeMax,
            "a whole number of wei, at least 1"
        );
        Check(ChainId.Length == 0 || ChainIdOf(ChainId) > 0, nameof(ChainId), ChainId, "a whole number, at least 1");
        Check(
            Escrow.Length == 0 || (EvmAddresses.TryParseChecked(Escrow, out var escrow) && escrow != default),
            nameof(Escrow),
            Escrow,
            "an address: 0x and 40 hexadecimal digits, in one case or in that of EIP-55"
        );
        ValidateNodes();
        RequireWholeChain();
    }

    private void ValidateNodes()
    {
        var nodes = ChainRpcList;
        for (var index = 0; index < nodes.Length; index++)
        {
            try
            {
                RpcEndpoint.Parse(nodes[index]);
            }
            catch (ArgumentException)
            {
                throw new SiloOptionsException(
                    $"--chain-rpc: number {index + 1} of its {nodes.Length} URLs, separated by ';', is none; allowed: http:// or https:// "
                        + "and a host."
                );
            }
        }
        if (nodes.Length > RpcPolicy.EndpointsMax || nodes.Distinct().Count() != nodes.Length)
        {
            throw new SiloOptionsException(
                $"--chain-rpc names {nodes.Length} URLs; allowed: at most {RpcPolicy.EndpointsMax}, each once: one node would speak with "
                    + "two voices."
            );
        }
        Check(
            ChainQuorum >= 0 && (ChainQuorum == 0 || ChainQuorum <= nodes.Length),
            nameof(ChainQuorum),
            ChainQuorum,
            $"1 to {nodes.Length}, the number of URLs of --chain-rpc, or 0: the majority"
        );
        RequireHonestHeaders(nodes.Length);
    }

    /// <summary>A hash that is not proven is worth what stands behind it: one node, or two of four, could invent blocks.</summary>
    private void RequireHonestHeaders(int nodes)
    {
        Check(ChainHeaders is Proven or Agreed, nameof(ChainHeaders), ChainHeaders, $"{Proven} or {Agreed}");
        if (ChainHeaders == Agreed && (nodes < AgreeingNodesMin || (ChainQuorum != 0 && 2 * ChainQuorum <= nodes)))
        {
            throw new SiloOptionsException(
                $"--chain-headers is '{Agreed}', with {nodes} URLs in --chain-rpc and --chain-quorum {ChainQuorum}: headers that do not "
                    + $"prove themselves are taken from a majority of at least {AgreeingNodesMin} nodes of different operators. Name more "
                    + "nodes, leave --chain-quorum out, or settle on a chain whose headers can be proven."
            );
        }
    }

    /// <summary>Who names an escrow means to settle there: a market that began without one could never.</summary>
    private void RequireWholeChain()
    {
        (string Option, string Seen)[] all =
        [
            (nameof(ChainRpc), ChainRpc),
            (nameof(ChainId), ChainId),
            (nameof(Escrow), Escrow),
            (nameof(ChainKey), ChainKey),
        ];
        foreach (var (option, seen) in all)
        {
            if (seen.Length == 0 && SettlesOnChain)
            {
                throw new SiloOptionsException(
                    $"--chain is 'evm', and {SiloConfiguration.ArgumentOf(option)} is not given. 'market chain deploy' makes the contracts "
                        + "and prints the options of its silo."
                );
            }
            if (seen.Length > 0 && !SettlesOnChain)
            {
                throw new SiloOptionsException(
                    $"{SiloConfiguration.ArgumentOf(option)} is given, and --chain is 'none'. Give --chain evm to settle there, or leave "
                        + "it out."
                );
            }
        }
        if (ChainPassphrase.Length > 0 && ChainPassphraseFile.Length > 0)
        {
            throw new SiloOptionsException("MARKET_CHAIN_PASSPHRASE and --chain-passphrase-file say the same: give one only.");
        }
    }

    /// <returns>0: it is none.</returns>
    private static ulong ChainIdOf(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0;

    /// <returns>Null: it is none.</returns>
    private static TimeSpan? TimeOf(string text)
    {
        var seconds =
            text.Length == 0
                ? 0
                : text[^1] switch
                {
                    's' => 1,
                    'm' => 60,
                    'h' => 3600,
                    _ => 0,
                };
        return seconds > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? TimeSpan.FromSeconds((long)number * seconds)
            : null;
    }
}
