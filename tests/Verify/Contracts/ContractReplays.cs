using System.Numerics;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Testing;

namespace Marketplace.Verify.Contracts;

/// <summary>
/// What is signed for a chain, judged by the market's contracts and by a token on a real EVM: a signature that was made for another market,
/// chain, contract or content is offered here, and one that was made for here a second time.
/// </summary>
internal sealed class ContractReplays : IDisposable
{
    private const int MemberCount = 3;
    private const ulong Stake = 1000;

    private static readonly ModelTerms Terms = new()
    {
        EpochLength = 3600,
        UnbondingDelay = 14_400,
        WithdrawalDelay = 0,
        ExitDelay = 14_400,
        StakeMin = 100,
        CommitteeMin = MemberCount,
    };

    private readonly EvmClient _client;
    private readonly EvmMarket _market;
    private readonly EvmMarket _twin;
    private readonly CommitteeKeys _keys = new(MemberCount + 1, seed: 77);
    private readonly RandomReceipts _random = new(new Random(7));
    private readonly ReplayTally _tally = new();
    private readonly EvmAddress _person = EvmMarket.Person(1);

    private ContractReplays(EvmClient client, EvmMarket market, EvmMarket twin) => (_client, _market, _twin) = (client, market, twin);

    private IReadOnlyList<Bytes32> Members => [.. _keys.Members.Take(MemberCount).Order()];

    /// <summary>Domains that are not this market's.</summary>
    private (string What, MarketDomain Domain)[] Others =>
        [
            ("another market", _market.Domain with { Market = _random.Fresh() }),
            ("another chain", _market.Domain with { ChainId = 1 }),
            ("another contract", _twin.Domain),
            ("no chain", new MarketDomain(EvmMarket.Key)),
        ];

    /// <param name="node">A new one.</param>
    /// <param name="without">A rule that the contracts are to lack.</param>
    public static async Task<ReplayTally> Run(AnvilNode node, string? without)
    {
        using var client = new EvmClient(node);
        await client.Prepare();
        var token = ContractBuild.DevelopmentToken.CreationOf("Token", "TKN", new BigInteger(6));
        var escrow = await ContractMutants.EscrowOf(without);
        // The twin has the same market and the same members, and is another contract.
        var market = await EvmMarket.Deploy(client, Terms, token, escrow);
        var twin = await EvmMarket.Deploy(client, Terms, token, escrow);
        using var replays = new ContractReplays(client, market, twin);
        await replays.Run();
        return replays._tally;
    }

    public void Dispose() => _keys.Dispose();

    private async Task Run()
    {
        await _client.Fund(_person);
        foreach (var market in (EvmMarket[])[_market, _twin])
        {
            await _client.Do(market.ToToken(_person, "mint(address,uint256)", _person, 1_000_000), "mint");
            await _client.Do(market.ToToken(_person, "approve(address,uint256)", market.Registry, 1_000_000), "approve");
        }
        await Possessions();
        await Settlements();
        await SettlementEvidence();
        await ReceiptEvidence();
        await Permits();
        await Transactions();
    }

    private async Task Possessions()
    {
        const string Name = "the registry: a proof of possession";
        var (key, worker) = (_keys.Of(_keys.Members[0]), _random.Fresh());
        Bytes32 Digest(MarketDomain domain) => Possession.Digest(domain, _person, new WorkerId(worker), key.PublicKey);
        EvmRequest Register(EvmMarket market, BlsSignature proof) => Registration(market, _person, worker, key.PublicKey, proof);
        var right = key.ProvePossession(Digest(_market.Domain));
        _tally.Require(Name, await Takes(Register(_market, right)));
        foreach (var (what, domain) in Others)
        {
            _tally.Try(Name, what, await Takes(Register(_market, key.ProvePossession(Digest(domain)))));
        }
        var stranger = Possession.Digest(_market.Domain, EvmMarket.Person(2), new WorkerId(worker), key.PublicKey);
        var otherWorker = Possession.Digest(_market.Domain, _person, new WorkerId(_random.Fresh()), key.PublicKey);
        var otherKey = Possession.Digest(_market.Domain, _person, new WorkerId(worker), _keys.Of(_keys.Members[1]).PublicKey);
        _tally.Try(Name, "another owner", await Takes(Register(_market, key.ProvePossession(stranger))));
        _tally.Try(Name, "another worker", await Takes(Register(_market, key.ProvePossession(otherWorker))));
        _tally.Try(Name, "another key", await Takes(Register(_market, key.ProvePossession(otherKey))));
        _tally.Try(Name, "a signature", await Takes(Register(_market, key.Sign(Digest(_market.Domain).ToArray()))));
        _tally.Try(Name, "the proof for everybody", await Takes(Register(_market, key.ProvePossession())));
        _tally.Try(Name, "in the twin", await Takes(Register(_twin, right)));
        foreach (var market in (EvmMarket[])[_market, _twin])
        {
            foreach (var member in Members)
            {
                var its = _keys.Of(member);
                var digest = Possession.Digest(market.Domain, _person, new WorkerId(worker), its.PublicKey);
                await _client.Do(Registration(market, _person, worker, its.PublicKey, its.ProvePossession(digest)), "register");
            }
        }
        _tally.Try(Name, "a second time", await Takes(Register(_market, right)));
        await _client.MineAt((await _client.ReadHead()).Time + Terms.EpochLength);
    }

    private async Task Settlements()
    {
        const string Name = "the escrow: a settlement";
        var settlement = _random.Settlement() with
        {
            Number = 1,
            Epoch = 1,
            ChainBlock = (await _client.ReadHead()).Number - 1,
            Earned = TokenAmount.Zero,
            Spent = TokenAmount.Zero,
        };
        EvmRequest Settle(EvmMarket market, Bytes32 digest) =>
            market.ToEscrow(market.Operator, "settle", ContractValues.Of(settlement), Array.Empty<object>(), Signed(digest));
        var right = Settle(_market, settlement.Digest(_market.Domain));
        _tally.Require(Name, await Takes(right));
        foreach (var (what, domain) in Others)
        {
            _tally.Try(Name, what, await Takes(Settle(_market, settlement.Digest(domain))));
        }
        foreach (var (what, other) in Changed(settlement))
        {
            _tally.Try(Name, what, await Takes(Settle(_market, other.Digest(_market.Domain))));
        }
        _tally.Try(Name, "without a domain", await Takes(Settle(_market, settlement.Hash())));
        _tally.Try(
            Name,
            "a committee's receipts",
            await Takes(Settle(_market, BatchDigest.OfCommitteeReceipts(_market.Domain, settlement.Accounts, settlement.Receipts)))
        );
        _tally.Try(Name, "in the twin", await Takes(Settle(_twin, settlement.Digest(_market.Domain))));
        await _client.Do(right, "settle");
        _tally.Try(Name, "a second time", await Takes(right));
    }

    private static IEnumerable<(string What, Settlement Settlement)> Changed(Settlement right) =>
        [
            ("another number", right with { Number = 2 }),
            ("another epoch", right with { Epoch = 0 }),
            ("another block", right with { ChainBlock = right.ChainBlock + 1 }),
            ("other accounts", right with { Accounts = right.Receipts }),
            ("other receipts", right with { Receipts = right.Accounts }),
            ("other earnings", right with { Earned = new TokenAmount(1) }),
            ("other spending", right with { Spent = new TokenAmount(1) }),
        ];

    private async Task SettlementEvidence()
    {
        const string Name = "the registry: votes for two settlements";
        var one = _random.Settlement();
        var other = one with { Accounts = _random.Fresh() };
        EvmRequest Slash(EvmMarket market, Settlement second, Bytes32 digest) =>
            market.ToRegistry(
                _person,
                "slashForSettlements",
                Members[0].ToArray(),
                Vote(one, one.Digest(market.Domain)),
                Vote(second, digest)
            );
        var right = Slash(_market, other, other.Digest(_market.Domain));
        _tally.Require(Name, await Takes(right));
        foreach (var (what, domain) in Others)
        {
            _tally.Try(Name, what, await Takes(Slash(_market, other, other.Digest(domain))));
        }
        foreach (
            var (what, later) in new (string, Settlement)[]
            {
                ("another number", other with { Number = other.Number ^ 1 }),
                ("another epoch", other with { Epoch = other.Epoch ^ 1 }),
                ("the same vote twice", one),
            }
        )
        {
            _tally.Try(Name, what, await Takes(Slash(_market, later, later.Digest(_market.Domain))));
        }
        _tally.Try(Name, "without a domain", await Takes(Slash(_market, other, other.Hash())));
        _tally.Try(Name, "in the twin", await Takes(Slash(_twin, other, other.Digest(_market.Domain))));
        await _client.Do(right, "slash");
        _tally.Try(Name, "a second time", await Takes(right));
    }

    private async Task ReceiptEvidence()
    {
        const string Name = "the registry: a committee's receipts";
        var (one, committee) = (_random.Receipt(), _random.Fresh());
        var other = one with { State = one.State + "x" };
        Bytes32 Digest(MarketDomain domain, Receipt receipt, Bytes32 of) => BatchDigest.OfCommitteeReceipts(domain, of, receipt.Hash());
        EvmRequest Slash(Receipt second, Bytes32 digest) =>
            _market.ToRegistry(
                _person,
                "slashForReceipts",
                Members[1].ToArray(),
                Vote(one, committee, Digest(_market.Domain, one, committee)),
                Vote(second, committee, digest)
            );
        var right = Slash(other, Digest(_market.Domain, other, committee));
        _tally.Require(Name, await Takes(right));
        foreach (var (what, domain) in Others)
        {
            _tally.Try(Name, what, await Takes(Slash(other, Digest(domain, other, committee))));
        }
        var otherJob = one.Execution with { Invocation = one.Execution.Invocation with { Job = new JobId(_random.Fresh()) } };
        foreach (
            var (what, receipt) in new (string, Receipt)[]
            {
                ("another epoch", other with { Epoch = other.Epoch ^ 1 }),
                ("another job", other with { Execution = otherJob }),
                ("the same vote twice", one),
            }
        )
        {
            _tally.Try(Name, what, await Takes(Slash(receipt, Digest(_market.Domain, receipt, committee))));
        }
        _tally.Try(Name, "another committee", await Takes(Slash(other, Digest(_market.Domain, other, _random.Fresh()))));
        _tally.Try(Name, "the market's own", await Takes(Slash(other, BatchDigest.OfReceipts(_market.Domain, other.Epoch, other.Hash()))));
        _tally.Try(Name, "a worker's own", await Takes(Slash(other, BatchDigest.OfExecutions(_market.Domain, other.Hash()))));
        await _client.Do(right, "slash");
        _tally.Try(Name, "a second time", await Takes(right));
    }

    private async Task Permits()
    {
        const string Name = "the token: a permit";
        using var key = new Secp256k1PrivateKey(Blake3.Hash("permits"u8).ToArray());
        var (owner, spender, deadline) = (
            EvmAddresses.Of(key.PublicKey),
            _market.Escrow,
            (BigInteger)(await _client.ReadHead()).Time + 100_000
        );
        var domain = new TypedDomain
        {
            Name = "Token",
            Version = "1",
            ChainId = _market.Domain.ChainId,
            VerifyingContract = _market.Token,
        };
        EvmRequest Permit(Bytes32 digest)
        {
            var signature = EvmSignature.Sign(key, digest).ToBytes();
            return _market.ToToken(
                _person,
                "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
                owner,
                spender,
                1000,
                deadline,
                (int)signature[^1],
                signature[..32],
                signature[32..64]
            );
        }
        Bytes32 Digest(TypedDomain at, int amount = 1000, int nonce = 0) =>
            TokenPermits.Digest(at, owner, spender, amount, nonce, deadline);
        var right = Permit(Digest(domain));
        _tally.Require(Name, await Takes(right));
        _tally.Try(Name, "another chain", await Takes(Permit(Digest(domain with { ChainId = 1 }))));
        _tally.Try(Name, "another contract", await Takes(Permit(Digest(domain with { VerifyingContract = _twin.Token }))));
        _tally.Try(Name, "another name", await Takes(Permit(Digest(domain with { Name = "Marketplace" }))));
        _tally.Try(Name, "another amount", await Takes(Permit(Digest(domain, amount: 1001))));
        _tally.Try(Name, "another nonce", await Takes(Permit(Digest(domain, nonce: 1))));
        _tally.Try(
            Name,
            "another spender",
            await Takes(Permit(TokenPermits.Digest(domain, owner, _market.Registry, 1000, BigInteger.Zero, deadline)))
        );
        _tally.Try(
            Name,
            "another deadline",
            await Takes(Permit(TokenPermits.Digest(domain, owner, spender, 1000, BigInteger.Zero, deadline + 1)))
        );
        _tally.Try(
            Name,
            "an account's owner",
            await Takes(Permit(AccountOwner.Digest(_market.Domain, new AccountId(_random.Fresh()), owner)))
        );
        await _client.Do(right, "permit");
        _tally.Try(Name, "a second time", await Takes(right));
    }

    private async Task Transactions()
    {
        const string Name = "the node: a transaction";
        using var key = new Secp256k1PrivateKey(Blake3.Hash("transactions"u8).ToArray());
        await _client.Fund(EvmAddresses.Of(key.PublicKey));
        foreach (var kind in Enum.GetValues<EvmTransactionKind>())
        {
            var nonce = (ulong)kind;
            var transaction = new EvmTransaction
            {
                Kind = kind,
                ChainId = _market.Domain.ChainId,
                Nonce = nonce,
                GasPrice = 10_000_000_000,
                GasLimit = 100_000,
                To = _person,
                Value = BigInteger.One,
                Data = Array.Empty<byte>(),
            };
            _tally.Try(Name, $"{kind}, another chain", await TakesRaw(transaction with { ChainId = 1 }, key));
            _tally.Require(Name, await TakesRaw(transaction, key));
            _tally.Try(Name, $"{kind}, a second time", await TakesRaw(transaction, key));
            _tally.Try(Name, $"{kind}, a nonce that was used", await TakesRaw(transaction with { Value = 2 }, key));
        }
    }

    /// <summary>Whether a block has it then. The node takes legacy transactions of other chains into its pool, and leaves them out of
    /// blocks, so its answer alone says nothing.</summary>
    private async Task<bool> TakesRaw(EvmTransaction transaction, Secp256k1PrivateKey key)
    {
        var signed = transaction.Sign(key);
        var before = await Nonce(signed.Sender);
        try
        {
            await _client.Tell("eth_sendRawTransaction", $"\"0x{Convert.ToHexStringLower(signed.Bytes.Span)}\"");
        }
        catch (InvalidOperationException)
        {
            return false;
        }
        await _client.Tell("evm_mine");
        return await Nonce(signed.Sender) != before;
    }

    private async Task<string?> Nonce(EvmAddress sender) =>
        (await _client.Tell("eth_getTransactionCount", $"\"{sender}\"", "\"latest\"")).GetString();

    private async Task<bool> Takes(EvmRequest request)
    {
        var head = await _client.ReadHead();
        return !(await _client.Call([request], new EvmMoment(head.Number + 1, head.Time + 1)))[0].IsRefused;
    }

    private object Signed(Bytes32 digest) => ContractValues.Of(_keys.Sign(Members, digest)!);

    private object Vote(Settlement settlement, Bytes32 digest) =>
        new[] { ContractValues.Of(settlement), ContractValues.Of(Members), Signed(digest) };

    private object Vote(Receipt receipt, Bytes32 committee, Bytes32 digest) =>
        new[]
        {
            ReceiptValues.Of(receipt),
            ContractValues.Of(Array.Empty<MerkleStep>()),
            committee.ToArray(),
            ContractValues.Of(Members),
            Signed(digest),
        };

    private static EvmRequest Registration(EvmMarket market, EvmAddress owner, Bytes32 worker, BlsPublicKey key, BlsSignature proof) =>
        market.ToRegistry(owner, "register", worker.ToArray(), ContractValues.Of(key), ContractValues.Of(proof), new BigInteger(Stake));
}
