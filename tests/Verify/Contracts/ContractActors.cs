using System.Numerics;
using Marketplace.Chain;

namespace Marketplace.Verify.Contracts;

/// <summary>Those who use a market, the model of its contracts, and all of the contracts that can be read.</summary>
internal sealed class ContractActors
{
    private static readonly BigInteger Purse = BigInteger.Pow(10, 9);
    private static readonly AbiFunction Multicall = ContractBuild.Escrow.Abi.Function("multicall");
    private static readonly AbiType Balances = AbiType.Parse("(uint256[])");
    private static readonly AbiType Number = AbiType.Parse("(uint256)");

    /// <summary>Accounts of those who come later. Others deposit for them, and they only get what is theirs.</summary>
    private const int NewcomersMax = 12;

    private readonly EvmMarket _market;
    private readonly List<EvmAddress> _accounts;

    public ContractActors(EvmMarket market, ModelTerms terms, CommitteeKeys keys, int count)
    {
        (_market, Keys) = (market, keys);
        World = new ModelWorld { Token = new TokenModel(market.Token) };
        Registry = new RegistryModel(World, market.Registry, market.StartedAt) { Terms = terms };
        Escrow = new EscrowModel(World, market.Escrow)
        {
            Terms = terms,
            Registry = Registry,
            Domain = market.Domain,
            Operator = market.Operator,
            SettledAt = market.StartedAt,
        };
        Registry.Escrow = Escrow;
        People = [.. Enumerable.Range(1, count).Select(EvmMarket.Person)];
        _accounts = [.. People];
        All = [.. People, market.Operator, market.Escrow, market.Registry, market.Token];
        Books = new PlayBooks(this);
    }

    public CommitteeKeys Keys { get; }
    public ModelWorld World { get; }
    public EscrowModel Escrow { get; }
    public RegistryModel Registry { get; }
    public PlayBooks Books { get; }

    /// <summary>Those who deposit, earn and stake.</summary>
    public IReadOnlyList<EvmAddress> People { get; }

    /// <summary>Those, and whom they have deposited for.</summary>
    public IReadOnlyList<EvmAddress> Accounts => _accounts;

    /// <summary>Addresses whose tokens are compared.</summary>
    public IReadOnlyList<EvmAddress> All { get; }

    /// <summary>No settlement of this market was a lie.</summary>
    public bool IsBookHonest { get; set; } = true;

    /// <summary>What the accounts could have yet: what they have not spent, and not claimed, by honest books.</summary>
    public BigInteger Owed =>
        Accounts.Aggregate(
            BigInteger.Zero,
            (sum, person) =>
            {
                var balance = Escrow.BalanceOf(person);
                var (earned, spent) = Books.Of(person);
                return sum + balance.Deposited - balance.Withdrawn - spent + earned - balance.Claimed;
            }
        );

    /// <summary>One that is new, as long as there are not too many.</summary>
    public EvmAddress Newcomer()
    {
        if (_accounts.Count < People.Count + NewcomersMax)
        {
            _accounts.Add(EvmMarket.Person(_accounts.Count + 1));
        }
        return _accounts[^1];
    }

    /// <summary>Everybody has tokens; all but the last let the contracts take them.</summary>
    public async Task Open()
    {
        foreach (var person in People)
        {
            await _market.Client.Fund(person);
            await _market.Client.Do(_market.ToToken(person, "mint(address,uint256)", person, Purse), "mint");
            World.Token.Mint(person, Purse);
            foreach (var spender in (EvmAddress[])[_market.Escrow, _market.Registry])
            {
                if (person != People[^1])
                {
                    var most = (BigInteger.One << 256) - 1;
                    await _market.Client.Do(_market.ToToken(person, "approve(address,uint256)", spender, most), "approve");
                }
            }
        }
        for (var number = 1; number <= NewcomersMax; number++)
        {
            await _market.Client.Fund(EvmMarket.Person(People.Count + number));
        }
        World.Token.Stingy.UnionWith([People[^1], _market.Operator, _market.Token]);
    }

    /// <summary>Calls that read all of the contracts, and what they must answer now.</summary>
    public IEnumerable<(EvmRequest Request, byte[] Expected)> State()
    {
        yield return Together(ContractBuild.Escrow, _market.Escrow, EscrowState());
        yield return Together(ContractBuild.StakeRegistry, _market.Registry, RegistryState());
        var addresses = All.Concat(Accounts.Skip(People.Count)).ToArray();
        var balances = addresses.Select(address => (object)World.Token.BalanceOf(address)).ToArray();
        yield return (
            _market.ToToken(
                _market.Operator,
                "balancesOf(address[])",
                new object[] { addresses.Select(address => (object)address).ToArray() }
            ),
            Balances.Encode(new object[] { balances })
        );
        yield return (_market.ToToken(_market.Operator, "hits()"), Number.Encode(new object[] { new BigInteger(World.Token.Hits) }));
    }

    private IEnumerable<(string Function, object[] Arguments, object Value)> EscrowState()
    {
        yield return ("held", [], Escrow.Held);
        yield return ("compensated", [], Escrow.Compensated);
        yield return ("claimed", [], Escrow.Claimed);
        yield return ("isClosed", [], Escrow.IsClosed);
        yield return ("settledAt", [], new BigInteger(Escrow.SettledAt));
        yield return ("lastSettlement", [], ContractValues.Of(Escrow.Last));
        yield return ("operator", [], Escrow.Operator);
        yield return ("proposedOperator", [], Escrow.Proposed);
        yield return ("receiptsOf", [new BigInteger(Escrow.Last.Number)], Escrow.Last.Receipts.ToArray());
        foreach (var person in Accounts)
        {
            var balance = Escrow.BalanceOf(person);
            object[] value =
            [
                balance.Deposited,
                balance.Withdrawn,
                balance.Claimed,
                balance.Requested,
                balance.RequestedOf,
                new BigInteger(balance.RequestedBlock),
                new BigInteger(balance.RequestedAt),
                new BigInteger(balance.FirstBlock),
            ];
            yield return ("balanceOf", [person], value);
        }
    }

    private IEnumerable<(string Function, object[] Arguments, object Value)> RegistryState()
    {
        var current = Registry.CurrentEpoch;
        yield return ("currentEpoch", [], new BigInteger(current));
        foreach (var epoch in (ulong[])[current == 0 ? 0 : current - 1, current, current + 1])
        {
            var committee = Registry.CommitteeOf(epoch);
            var weight = committee.Values.Aggregate(BigInteger.Zero, (sum, stake) => sum + stake);
            object[] value = [new BigInteger(committee.Count), weight, Keys.SumOf(committee.Keys)];
            yield return ("committeeOf", [new BigInteger(epoch)], value);
        }
        foreach (var (id, member) in Registry.Members)
        {
            object[] value =
            [
                member.Owner,
                member.Worker.ToArray(),
                member.Stake,
                member.Unbonding,
                new BigInteger(member.UnbondedAt),
                member.IsSlashed,
            ];
            yield return ("memberOf", [id.ToArray()], value);
            yield return ("weightOf", [id.ToArray(), new BigInteger(current)], Registry.WeightOf(id, current));
        }
    }

    private (EvmRequest Request, byte[] Expected) Together(
        ContractBuild contract,
        EvmAddress address,
        IEnumerable<(string Function, object[] Arguments, object Value)> parts
    )
    {
        var (calls, values) = (new List<object>(), new List<object>());
        foreach (var (name, arguments, value) in parts)
        {
            var function = contract.Abi.Function(name);
            calls.Add(function.Signature.EncodeCall(arguments));
            values.Add(function.Outputs.Encode(new[] { value }));
        }
        return (
            new EvmRequest(_market.Operator, address, Multicall.Signature.EncodeCall(new object[] { calls.ToArray() })),
            Multicall.Outputs.Encode(new object[] { values.ToArray() })
        );
    }
}
