using System.Numerics;

namespace Marketplace.Chain;

/// <summary>A token by <see href="https://eips.ethereum.org/EIPS/eip-20">ERC-20</see>, as much of it as a market uses.</summary>
public sealed class Erc20Token
{
    private readonly IEvmRpc _rpc;

    private Erc20Token(IEvmRpc rpc, EvmAddress address, string symbol, byte decimals) =>
        (_rpc, Address, Symbol, Decimals) = (rpc, address, symbol, decimals);

    public EvmAddress Address { get; }

    /// <summary>As it calls itself.</summary>
    public string Symbol { get; }

    /// <summary>A token has 10 to this power base units.</summary>
    public byte Decimals { get; }

    /// <summary>What a market's contracts pay in.</summary>
    public static Erc20Token Of(IEvmRpc rpc, ChainTerms terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return new Erc20Token(rpc, terms.Token, terms.Symbol, terms.Decimals);
    }

    /// <exception cref="ChainException">There is no such token, or the chain cannot be asked.</exception>
    public static async Task<Erc20Token> Read(IEvmRpc rpc, EvmAddress address, CancellationToken cancellation)
    {
        var nameless = new Erc20Token(rpc, address, "", 0);
        var symbol = (string)await nameless.Call("symbol", cancellation).ConfigureAwait(false);
        var decimals = (BigInteger)await nameless.Call("decimals", cancellation).ConfigureAwait(false);
        return new Erc20Token(rpc, address, symbol, (byte)decimals);
    }

    /// <summary>What an address has. Tokens count with 256 bits; what is more than an amount holds is told as the most of it.</summary>
    public async Task<TokenAmount> BalanceOf(EvmAddress owner, CancellationToken cancellation) =>
        Saturated(await Call("balanceOf", cancellation, owner).ConfigureAwait(false));

    /// <summary>How much a contract may take of an address.</summary>
    public async Task<TokenAmount> AllowanceOf(EvmAddress owner, EvmAddress contract, CancellationToken cancellation) =>
        Saturated(await Call("allowance", cancellation, owner, contract).ConfigureAwait(false));

    private async Task<object> Call(string function, CancellationToken cancellation, params object[] arguments)
    {
        try
        {
            var head = await _rpc.GetHead(HeadKind.Latest, cancellation).ConfigureAwait(false);
            var called = ContractBuild.DevelopmentToken.Abi.Function(function);
            var call = new EvmCall { To = Address, Data = called.Signature.EncodeCall(arguments) };
            return called.DecodeOutputs(await _rpc.Call(call, BlockId.Of(head.Hash), cancellation).ConfigureAwait(false))[0];
        }
        catch (AbiException strange)
        {
            throw new ChainException($"{Address} on chain {_rpc.ChainId} is no ERC-20 token: {strange.Message}", strange);
        }
        catch (RpcException failure)
        {
            throw new ChainException(failure.Message, failure);
        }
    }

    private static TokenAmount Saturated(object value) => new((UInt128)BigInteger.Min((BigInteger)value, (BigInteger)UInt128.MaxValue));
}
