using System.Numerics;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Verify.Contracts;

/// <summary>
/// What is signed for a chain, judged by C#: settlements and receipts by members of a committee, the possession of their keys, owners of
/// accounts, permits of a token, transactions.
/// </summary>
internal sealed class ChainReplays : IDisposable
{
    private static readonly EvmAddress Spender = EvmMarket.Person(7);

    private readonly BlsSecretKey _member = BlsSecretKey.FromSeed(Blake3.Hash("member"u8).ToArray());
    private readonly Secp256k1PrivateKey _owner = new(Blake3.Hash("owner"u8).ToArray());
    private readonly ReplayTally _tally = new();

    /// <summary>All that a message may be bound to.</summary>
    private sealed record Bound
    {
        public Bytes32 Market { get; init; } = Word(1);
        public ulong Chain { get; init; } = 1;
        public EvmAddress Contract { get; init; } = EvmMarket.Person(1);
        public ulong Number { get; init; } = 1;
        public ulong Epoch { get; init; } = 1;
        public Bytes32 Content { get; init; } = Word(3);
        public Bytes32 Party { get; init; } = Word(4);

        public MarketDomain Domain => new(Market, Chain, Contract);
    }

    private static readonly (string What, Func<Bound, Bound> Change)[] Changes =
    [
        ("another market", at => at with { Market = Word(2) }),
        ("another chain", at => at with { Chain = 2 }),
        ("another contract", at => at with { Contract = EvmMarket.Person(2) }),
        ("another number", at => at with { Number = 2 }),
        ("another epoch", at => at with { Epoch = 2 }),
        ("another content", at => at with { Content = Word(5) }),
        ("another party", at => at with { Party = Word(6) }),
    ];

    private EvmAddress OwnerAddress => EvmAddresses.Of(_owner.PublicKey);

    /// <summary>Which of them a kind of message is bound to, by the number in <see cref="Changes"/>, and the digest.</summary>
    private sealed record Kind(string Name, int[] Bindings, Func<Bound, Bytes32> Digest);

    public ReplayTally Run()
    {
        var bls = BlsKinds();
        foreach (var kind in bls)
        {
            TryBls(kind, bls);
        }
        var secp = SecpKinds();
        foreach (var kind in secp)
        {
            TrySecp(kind, secp);
        }
        return _tally;
    }

    public void Dispose()
    {
        _member.Dispose();
        _owner.Dispose();
    }

    private Kind[] BlsKinds() =>
        [
            new("a settlement", [0, 1, 2, 3, 4, 5], at => SettlementOf(at).Digest(at.Domain)),
            new(
                "a committee's receipts",
                [0, 1, 2, 4, 5, 6],
                at => BatchDigest.OfCommitteeReceipts(at.Domain, at.Epoch, [MemberOf(at.Party)], at.Content)
            ),
            new(
                "a proof of possession",
                [0, 1, 2, 3, 6],
                at => Possession.Digest(at.Domain, EvmMarket.Person((int)at.Number), new WorkerId(at.Party), _member.PublicKey)
            ),
        ];

    private Kind[] SecpKinds() =>
        [
            new("an account's owner", [0, 1, 2, 6], at => AccountOwner.Digest(at.Domain, new AccountId(at.Party), OwnerAddress)),
            new("a permit", [1, 2, 3, 4, 5], at => PermitOf(at)),
            new("a legacy transaction", [1, 2, 3, 5], at => TransactionOf(EvmTransactionKind.Legacy, at)),
            new("a transaction with an access list", [1, 2, 3, 5], at => TransactionOf(EvmTransactionKind.AccessList, at)),
            new("a transaction with a fee market", [1, 2, 3, 5], at => TransactionOf(EvmTransactionKind.FeeMarket, at)),
        ];

    private void TryBls(Kind kind, Kind[] all)
    {
        var isProof = kind == all[^1];
        var digest = kind.Digest(new Bound());
        var signature = isProof ? _member.ProvePossession(digest) : _member.Sign(digest.ToArray());
        var tag = isProof ? Bls.PossessionTag : Bls.SignatureTag;
        bool IsTaken(Bytes32 message, ReadOnlySpan<byte> under) => Bls.Verify(_member.PublicKey, message.ToArray(), signature, under);
        _tally.Require(kind.Name, IsTaken(digest, tag));
        foreach (var index in kind.Bindings)
        {
            _tally.Try(kind.Name, Changes[index].What, IsTaken(kind.Digest(Changes[index].Change(new Bound())), tag));
        }
        foreach (var other in all.Where(other => other != kind))
        {
            _tally.Try(
                kind.Name,
                $"for {other.Name}",
                IsTaken(other.Digest(new Bound()), other == all[^1] ? Bls.PossessionTag : Bls.SignatureTag)
            );
        }
        _tally.Try(kind.Name, "under the other tag", IsTaken(digest, isProof ? Bls.SignatureTag : Bls.PossessionTag));
        _tally.Try(kind.Name, "for a key that was proven to everybody", Bls.TryProvePossession(_member.PublicKey, signature, out _));
    }

    private void TrySecp(Kind kind, Kind[] all)
    {
        var signature = EvmSignature.Sign(_owner, kind.Digest(new Bound()));
        bool IsTaken(Bytes32 digest) => signature.SignerOf(digest) == OwnerAddress;
        _tally.Require(kind.Name, IsTaken(kind.Digest(new Bound())));
        foreach (var index in kind.Bindings)
        {
            _tally.Try(kind.Name, Changes[index].What, IsTaken(kind.Digest(Changes[index].Change(new Bound()))));
        }
        foreach (var other in all.Where(other => other != kind))
        {
            _tally.Try(kind.Name, $"for {other.Name}", IsTaken(other.Digest(new Bound())));
        }
        if (kind != all[0])
        {
            return;
        }
        // What the market itself asks, with another address that claims the signature.
        var (domain, account) = (new Bound().Domain, new AccountId(new Bound().Party));
        _tally.Require(kind.Name, AccountOwner.IsSigned(domain, account, OwnerAddress, AccountOwner.Sign(domain, account, _owner)));
        _tally.Try(kind.Name, "for another owner", AccountOwner.IsSigned(domain, account, Spender, signature.ToBytes()));
        _tally.Try(kind.Name, "the compact form", AccountOwner.IsSigned(domain, account, OwnerAddress, signature.ToCompact()));
    }

    private static Settlement SettlementOf(Bound at) =>
        new()
        {
            Number = at.Number,
            Epoch = at.Epoch,
            ChainBlock = 1,
            Accounts = at.Content,
            Receipts = at.Content,
            Earned = TokenAmount.Zero,
            Spent = TokenAmount.Zero,
        };

    private Bytes32 PermitOf(Bound at) =>
        TokenPermits.Digest(
            new TypedDomain
            {
                Name = "Token",
                Version = "1",
                ChainId = at.Chain,
                VerifyingContract = at.Contract,
            },
            OwnerAddress,
            Spender,
            amount: at.Content.Prefix,
            nonce: at.Number,
            deadline: at.Epoch
        );

    private static Bytes32 TransactionOf(EvmTransactionKind kind, Bound at)
    {
        var transaction = new EvmTransaction
        {
            Kind = kind,
            ChainId = at.Chain,
            Nonce = at.Number,
            GasPrice = 1,
            GasLimit = 21_000,
            To = at.Contract,
            Value = BigInteger.One,
            Data = at.Content.ToArray(),
        };
        return new Bytes32(Keccak256.Hash(transaction.ToUnsigned()));
    }

    private CommitteeMember MemberOf(Bytes32 worker) =>
        new()
        {
            Worker = new WorkerId(worker),
            BlsKey = _member.PublicKey.ToString(),
            Possession = _member.ProvePossession().ToString(),
            Registration = new string('0', 2 * Ed25519.SignatureSize),
            Weight = new TokenAmount(1),
        };

    private static Bytes32 Word(byte value) => new([.. Enumerable.Repeat(value, Bytes32.Size)]);
}

/// <summary>Permits by <see href="https://eips.ethereum.org/EIPS/eip-2612">EIP-2612</see>.</summary>
internal static class TokenPermits
{
    private static readonly TypedStruct Permit = new TypedStructs(
        new Dictionary<string, IReadOnlyList<TypedMember>>
        {
            ["Permit"] =
            [
                new("owner", "address"),
                new("spender", "address"),
                new("value", "uint256"),
                new("nonce", "uint256"),
                new("deadline", "uint256"),
            ],
        }
    )["Permit"];

    public static Bytes32 Digest(
        TypedDomain domain,
        EvmAddress owner,
        EvmAddress spender,
        BigInteger amount,
        BigInteger nonce,
        BigInteger deadline
    ) => domain.Digest(Permit.Hash(owner, spender, amount, nonce, deadline));
}
