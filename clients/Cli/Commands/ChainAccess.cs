using System.CommandLine;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Chain;
using Marketplace.Crypto;

namespace Marketplace.Cli.Commands;

/// <summary>What commands take that speak with a chain.</summary>
internal sealed class ChainOptions
{
    /// <summary>Holds the passphrase of a key store, as for the silo.</summary>
    public const string PassphraseVariable = "MARKET_CHAIN_PASSPHRASE";

    /// <summary>Of the silo, which may name several.</summary>
    private const string NodesVariable = "MARKET_CHAIN_RPC";

    public Option<string?> Rpc { get; } =
        Values.Text("--rpc", "URL", $"A node of the chain [{NodesVariable}, else http://127.0.0.1:{ChainStartCommand.PortUsual}]");

    public Option<string?> KeyFile { get; } = Values.Text("--chain-key", "FILE", "Web3 key store; 'market chain key new FILE' makes one");

    public Option<string?> PassphraseFile { get; } =
        Values.Text("--passphrase-file", "FILE", $"File with the key store's passphrase [{PassphraseVariable}]");

    public static Option<EvmAddress?> Address(string name, string description) =>
        Values.Option<EvmAddress>(name, "ADDRESS", description, AnAddress, EvmAddresses.TryParseChecked);

    public const string AnAddress = "0x and 40 hexadecimal digits, in one case or in that of EIP-55";

    /// <summary>The node that is asked, and which chain it follows.</summary>
    public Task<ChainAccess> Open(Invocation run)
    {
        var url = run.Get(Rpc) ?? run.Surroundings.Environment(NodesVariable)?.Split(';')[0].Trim();
        return ChainAccess.Open(run, string.IsNullOrEmpty(url) ? $"http://127.0.0.1:{ChainStartCommand.PortUsual}" : url);
    }

    public Secp256k1PrivateKey OpenKey(Invocation run) =>
        run.Get(KeyFile) is { Length: > 0 } path
            ? KeyStoreFile.Open(run.Path(path), Passphrase(run))
            : throw CommandException.Usage("--chain-key is not given.", "'market chain key new FILE' makes a key store.");

    public string Passphrase(Invocation run)
    {
        var passphrase = run.Get(PassphraseFile) is { Length: > 0 } typed
            ? KeyStoreFile.ReadPassphrase(run.Path(typed))
            : run.Surroundings.Environment(PassphraseVariable) ?? "";
        return passphrase.Length > 0
            ? passphrase
            : throw CommandException.Usage(
                "The key store's passphrase is not given.",
                $"Put it into {PassphraseVariable}, or into a file for --passphrase-file."
            );
    }
}

/// <summary>A node of a chain, as one command uses it.</summary>
internal sealed class ChainAccess : IDisposable
{
    /// <summary>Answers that are a number or nothing.</summary>
    private const int AnswerBytesMax = 64 * 1024;
    private const int NoSuchMethod = -32601;
    private const int CoinDecimals = 18;
    private const int ShownDecimals = 6;

    private readonly HttpMessageInvoker _invoker;
    private readonly Uri _url;
    private readonly TimeProvider _time;

    private ChainAccess(HttpMessageInvoker invoker, Uri url, RpcEndpoint node, ulong chainId, TimeProvider time)
    {
        (_invoker, _url, _time, Node) = (invoker, url, time, node);
        Rpc = new FailoverRpc(
            new RpcOptions
            {
                ChainId = chainId,
                Endpoints = [node],
                Invoker = invoker,
                TimeProvider = time,
                Chance = new Random(),
                HeaderHashes = HeaderHashCheck.UnlessFieldsAreUnknown,
            }
        );
    }

    public RpcEndpoint Node { get; }

    /// <summary>Whether the name is all of the address: else it may hold a provider's key.</summary>
    public bool HasPlainAddress => _url.PathAndQuery == "/" && _url.UserInfo.Length == 0;

    public IEvmRpc Rpc { get; }

    public ulong ChainId => Rpc.ChainId;

    public static async Task<ChainAccess> Open(Invocation run, string typed)
    {
        var node = Parse(typed);
        var invoker = run.Surroundings.Network is { } network
            ? new HttpMessageInvoker(network, disposeHandler: false)
            : RpcOptions.CreateInvoker();
        try
        {
            var url = new Uri(typed);
            var said = (await Ask(invoker, url, node, "eth_chainId", [], run.Cancellation))?.ToString() ?? "";
            return
                said.StartsWith("0x", StringComparison.Ordinal)
                && ulong.TryParse(said.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var chainId)
                && chainId > 0
                ? new ChainAccess(invoker, url, node, chainId, run.Surroundings.Clock)
                : throw Unreachable(node, "It does not say which chain it follows.");
        }
        catch
        {
            invoker.Dispose();
            throw;
        }
    }

    public EvmWallet Wallet(Secp256k1PrivateKey key) => new(Rpc, key, _time);

    public EvmMarketChain Market(EvmAddress escrow) => new(Rpc, escrow, key: null);

    public async Task<BlockId> Head(CancellationToken cancellation) =>
        BlockId.Of((await Rpc.GetHead(HeadKind.Latest, cancellation)).Number);

    /// <summary>Gives an address of a development chain coins beside those that it has.</summary>
    public async Task Give(EvmAddress address, BigInteger wei, CancellationToken cancellation)
    {
        var sum = wei + await Rpc.GetBalance(address, await Head(cancellation), cancellation);
        // A leading zero would be the number's sign.
        var digits = sum.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
        await Ask(_invoker, _url, Node, "anvil_setBalance", [address.ToString(), $"0x{digits}"], cancellation);
    }

    /// <summary>Coins with the digits that people read, rounded up.</summary>
    public static string Coins(BigInteger wei)
    {
        var unit = BigInteger.Pow(10, CoinDecimals - ShownDecimals);
        var shown = (wei + unit - 1) / unit;
        var one = BigInteger.Pow(10, ShownDecimals);
        return $"{shown / one}.{(long)(shown % one):d6}";
    }

    public void Dispose() => _invoker.Dispose();

    private static RpcEndpoint Parse(string typed)
    {
        try
        {
            return RpcEndpoint.Parse(typed);
        }
        catch (ArgumentException)
        {
            // It may hold a provider's key, so it is not repeated.
            throw CommandException.Usage("The node's address is no URL.", "Name it with --rpc, such as --rpc http://127.0.0.1:8545.");
        }
    }

    private static async Task<JsonNode?> Ask(
        HttpMessageInvoker invoker,
        Uri url,
        RpcEndpoint node,
        string method,
        JsonArray parameters,
        CancellationToken cancellation
    )
    {
        using var client = new HttpClient(new Passing(invoker)) { MaxResponseContentBufferSize = AnswerBytesMax };
        try
        {
            var call = new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = 1,
                ["method"] = method,
                ["params"] = parameters,
            };
            using var request = new HttpRequestMessage(HttpMethod.Post, url)
            {
                Content = new StringContent(call.ToJsonString(), Encoding.UTF8, "application/json"),
            };
            if (url.UserInfo.Length > 0)
            {
                var user = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo));
                request.Headers.Authorization = new("Basic", Convert.ToBase64String(user));
            }
            using var answer = await client.SendAsync(request, cancellation);
            var body = JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync(cancellation)) as JsonObject;
            if (body?["error"] is JsonObject error)
            {
                throw method.StartsWith("anvil_", StringComparison.Ordinal) && $"{error["code"]}" == $"{NoSuchMethod}"
                    ? new CommandException(
                        new Failure(
                            ExitCodes.Refused,
                            "no_development_chain",
                            $"{node} is no node of a development chain: only such a one gives coins away.",
                            "'market chain start' starts one."
                        )
                    )
                    : Unreachable(node, $"It answers {method} with an error.");
            }
            return body is null || !answer.IsSuccessStatusCode
                ? throw Unreachable(node, $"HTTP {(int)answer.StatusCode} is no answer to {method}.")
                : body["result"];
        }
        catch (Exception wrong)
            when (wrong is HttpRequestException or JsonException or InvalidOperationException
                || (wrong is OperationCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            throw Unreachable(
                node,
                wrong is JsonException or InvalidOperationException ? "What answers is no node." : "It does not answer."
            );
        }
    }

    private static CommandException Unreachable(RpcEndpoint node, string what) =>
        new(
            new Failure(
                ExitCodes.Unreachable,
                "chain_unreachable",
                $"The chain cannot be asked at {node}. {what}",
                "Check --rpc, and whether the node runs; 'market chain start' starts one of a development chain."
            )
        );

    /// <summary>The limits of the invoker, with the reading of a client.</summary>
    private sealed class Passing(HttpMessageInvoker invoker) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            invoker.SendAsync(request, cancellationToken);
    }
}
