using System.Numerics;

namespace Marketplace.Verify.Contracts;

/// <summary>How the token of the check behaves (VerifyToken.sol).</summary>
internal enum TokenManner
{
    /// <summary>As ERC-20 says.</summary>
    Plain = 0,

    /// <summary>It answers false, and moves nothing.</summary>
    AnswersFalse = 1,

    /// <summary>It answers true, and moves nothing.</summary>
    MovesNothing = 2,

    /// <summary>A hundredth does not arrive.</summary>
    TakesFee = 3,
}

/// <summary>What the contracts have in common: the block that comes next, and who is in the middle of something.</summary>
internal sealed class ModelWorld
{
    /// <summary>The block in which the next transaction will be.</summary>
    public EvmMoment Next { get; set; }

    /// <summary>Contracts that move tokens at this moment, and let nobody in.</summary>
    public HashSet<EvmAddress> Locked { get; } = [];

    public required TokenModel Token { get; init; }
}

/// <summary>The token. What it refuses is known before anything changes.</summary>
internal sealed class TokenModel(EvmAddress address)
{
    private readonly Dictionary<EvmAddress, BigInteger> _balances = [];

    public EvmAddress Address => address;

    public TokenManner Manner { get; set; }

    public HashSet<EvmAddress> Blacklist { get; } = [];

    /// <summary>Those who let nobody take their tokens.</summary>
    public HashSet<EvmAddress> Stingy { get; } = [];

    /// <summary>What the next transfer does in its middle; true: it succeeded.</summary>
    public Func<bool>? Armed { get; set; }

    public int Hits { get; private set; }

    /// <summary>How often a transfer has made a call in its middle.</summary>
    public int CallsBack { get; private set; }

    /// <summary>All that the contracts took and paid, by their own accounts of it.</summary>
    public BigInteger PaidIn { get; private set; }

    public BigInteger PaidOut { get; private set; }

    public BigInteger BalanceOf(EvmAddress account) => _balances.GetValueOrDefault(account);

    public void Mint(EvmAddress account, BigInteger amount) => _balances[account] = BalanceOf(account) + amount;

    /// <returns>What a contract reverts with that takes tokens; null: it has them all.</returns>
    public byte[]? RefusesPull(EvmAddress payer, EvmAddress spender, BigInteger amount)
    {
        if (RefusesMove(payer, spender) is { } refusal)
        {
            return refusal;
        }
        if (Manner == TokenManner.Plain || Manner == TokenManner.TakesFee)
        {
            if (Stingy.Contains(payer) && amount > 0)
            {
                return Refusal.Of("NotAllowed(address,address)", payer, spender);
            }
            if (BalanceOf(payer) < amount)
            {
                return Refusal.Of("Insufficient(address,uint256,uint256)", payer, BalanceOf(payer), amount);
            }
        }
        var received = Arriving(amount);
        return received == amount ? null : Refusal.Of("TokenTakesFee(uint256,uint256)", amount, received);
    }

    /// <returns>What a contract reverts with that pays; null: it has paid.</returns>
    public byte[]? RefusesPay(EvmAddress payer, EvmAddress payee, BigInteger amount)
    {
        if (RefusesMove(payer, payee) is { } refusal)
        {
            return refusal;
        }
        return Manner != TokenManner.MovesNothing && BalanceOf(payer) < amount
            ? Refusal.Of("Insufficient(address,uint256,uint256)", payer, BalanceOf(payer), amount)
            : null;
    }

    /// <summary>Tokens of a stranger come to a contract.</summary>
    public void Pull(EvmAddress payer, EvmAddress contract, BigInteger amount)
    {
        PaidIn += amount;
        Move(payer, contract, amount);
    }

    public void Pay(EvmAddress contract, EvmAddress payee, BigInteger amount)
    {
        PaidOut += amount;
        Move(contract, payee, amount);
    }

    /// <summary>From one of the contracts to the other.</summary>
    public void Move(EvmAddress from, EvmAddress to, BigInteger amount)
    {
        if (Manner == TokenManner.MovesNothing)
        {
            return;
        }
        _balances[from] = BalanceOf(from) - amount;
        _balances[to] = BalanceOf(to) + Arriving(amount);
        if (Armed is { } inner)
        {
            Armed = null;
            CallsBack++;
            Hits += inner() ? 1 : 0;
        }
    }

    private byte[]? RefusesMove(EvmAddress from, EvmAddress to)
    {
        if (Manner == TokenManner.AnswersFalse)
        {
            return Refusal.Of("SafeERC20FailedOperation(address)", address);
        }
        return Manner == TokenManner.MovesNothing ? null
            : Blacklist.Contains(from) ? Refusal.Of("Blacklisted(address)", from)
            : Blacklist.Contains(to) ? Refusal.Of("Blacklisted(address)", to)
            : null;
    }

    private BigInteger Arriving(BigInteger amount) =>
        Manner switch
        {
            TokenManner.MovesNothing => BigInteger.Zero,
            TokenManner.TakesFee => amount - ((amount + 99) / 100),
            _ => amount,
        };
}
