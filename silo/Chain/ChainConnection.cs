using Marketplace.Chain;
using Marketplace.Crypto;

namespace Marketplace.Silo;

/// <summary>The nodes of the chain on which the market settles, and the operator's key.</summary>
internal sealed class ChainConnection : IDisposable
{
    private readonly HttpMessageInvoker _invoker = RpcOptions.CreateInvoker();
    private readonly RpcOptions _nodes;
    private readonly Secp256k1PrivateKey _key;

    /// <exception cref="SiloOptionsException">The key store cannot be opened.</exception>
    public ChainConnection(SiloOptions options, TimeProvider time, ILogger<ChainConnection> log)
    {
        var domain = options.DomainOf(default);
        _key = OpenKey(options);
        Operator = EvmAddresses.Of(_key.PublicKey);
        _nodes = new RpcOptions
        {
            ChainId = domain.ChainId,
            Endpoints = [.. options.ChainRpcList.Select(RpcEndpoint.Parse)],
            Invoker = _invoker,
            TimeProvider = time,
            Chance = new Random(),
            HeaderHashes = options.HeaderHashes,
            Observer = new ChainObserver(log),
        };
        IEvmRpc rpc =
            _nodes.Endpoints.Count == 1
                ? new FailoverRpc(_nodes)
                : new QuorumRpc(_nodes, options.ChainQuorum == 0 ? null : options.ChainQuorum);
        Chain = new EvmMarketChain(rpc, domain.Contract, _key);
    }

    public IMarketChain Chain { get; }

    /// <summary>The address of the key.</summary>
    public EvmAddress Operator { get; }

    /// <summary>Each node by itself: what one says wrong is not outvoted.</summary>
    public IEnumerable<IEvmRpc> EachNode() =>
        _nodes.Endpoints.Select(endpoint => new FailoverRpc(_nodes with { Endpoints = [endpoint], Observer = null }));

    public void Dispose()
    {
        _invoker.Dispose();
        _key.Dispose();
    }

    private static Secp256k1PrivateKey OpenKey(SiloOptions options)
    {
        var passphrase = options.ChainPassphraseFile.Length == 0 ? options.ChainPassphrase : ReadPassphrase(options.ChainPassphraseFile);
        if (passphrase.Length == 0)
        {
            throw new SiloOptionsException(
                "--chain-key needs a passphrase. Put it into MARKET_CHAIN_PASSPHRASE or into a file for --chain-passphrase-file."
            );
        }
        try
        {
            return KeyStoreFile.Open(options.ChainKey, passphrase);
        }
        catch (KeyFileException wrong)
        {
            throw new SiloOptionsException($"--chain-key: {wrong.Message}");
        }
    }

    private static string ReadPassphrase(string path)
    {
        try
        {
            return KeyStoreFile.ReadPassphrase(path);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw new SiloOptionsException($"--chain-passphrase-file: {wrong.Message}");
        }
    }
}
