using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;

namespace Marketplace.Tests.Worker.Replays;

/// <summary>
/// Every kind of message that a key of the market signs, with what binds it: a signature that was made for one market, chain, contract,
/// epoch, nonce or purpose is tried where one of them is another.
/// </summary>
internal sealed class ReplayMatrix : IDisposable
{
    private readonly Ed25519KeyPair _key = new(Blake3.Hash("signer"u8).ToArray());

    /// <summary>Messages of one kind, signed and tried; the bytes that are signed, by what binds them.</summary>
    private sealed record Kind(string Name, string[] Bindings, Func<Bound, byte[]> Message);

    /// <summary>What a message may be bound to.</summary>
    private sealed record Bound(Bytes32 Market, ulong Chain, EvmAddress Contract, ulong Epoch, byte Nonce)
    {
        public MarketDomain Domain => new(Market, Chain, Contract);
    }

    private static readonly Bound Base = new(Word(1), 1, EvmAddress.Parse($"0x{new string('1', 40)}"), 1, 1);

    private static readonly Dictionary<string, Bound> Others = new()
    {
        ["market"] = Base with { Market = Word(2) },
        ["chain"] = Base with { Chain = 2 },
        ["contract"] = Base with { Contract = EvmAddress.Parse($"0x{new string('2', 40)}") },
        ["epoch"] = Base with { Epoch = 2 },
        ["nonce"] = Base with { Nonce = 2 },
    };

    /// <summary>Tries all; also that each signature is good where it was made for.</summary>
    public (int Kinds, int Cases, IReadOnlyList<string> Taken) Run()
    {
        var taken = new List<string>();
        var cases = 0;
        var kinds = Kinds();
        foreach (var kind in kinds)
        {
            var signature = _key.Sign(kind.Message(Base));
            if (!Ed25519.Verify(_key.PublicKey, kind.Message(Base), signature))
            {
                taken.Add($"{kind.Name} is not taken where it was made for");
            }
            foreach (var (what, other) in Others.Where(other => kind.Bindings.Contains(other.Key)))
            {
                cases++;
                if (Ed25519.Verify(_key.PublicKey, kind.Message(other), signature))
                {
                    taken.Add($"{kind.Name} is taken with another {what}");
                }
            }
            foreach (var purpose in kinds.Where(purpose => purpose != kind))
            {
                cases++;
                if (Ed25519.Verify(_key.PublicKey, purpose.Message(Base), signature))
                {
                    taken.Add($"{kind.Name} is taken for {purpose.Name}");
                }
            }
        }
        var (blsCases, blsTaken) = TryBls();
        return (kinds.Length + 2, cases + blsCases, [.. taken, .. blsTaken]);
    }

    public void Dispose() => _key.Dispose();

    private Kind[] Kinds() =>
        [
            new(
                "executions",
                ["market", "chain", "contract", "nonce"],
                at => BatchDigest.OfExecutions(at.Domain, Word(at.Nonce)).ToArray()
            ),
            new(
                "receipts",
                ["market", "chain", "contract", "epoch", "nonce"],
                at => BatchDigest.OfReceipts(at.Domain, at.Epoch, Word(at.Nonce)).ToArray()
            ),
            new(
                "an account's opening",
                ["market", "nonce"],
                at =>
                    new AccountOpening(
                        Market: at.Market,
                        Account: new AccountId(_key.PublicKey),
                        Challenge: Word(at.Nonce).ToArray(),
                        Name: "name",
                        Scopes: 1,
                        SpendLimit: null,
                        RevokeOthers: false
                    ).Message()
            ),
            new("a worker's handshake", ["market", "nonce"], at => LinkTranscript.WorkerMessage(Transcript(at))),
            new("a market's handshake", ["market", "nonce"], at => LinkTranscript.MarketMessage(Transcript(at))),
            new(
                "a worker's request",
                ["market", "nonce"],
                at =>
                    WorkerSignatures.RequestMessage(
                        at.Market,
                        "GET",
                        "/path",
                        new RequestTicket(new LeaseCall(new WorkerId(_key.PublicKey), new LeaseId(1, 1), at.Nonce), 1)
                    )
            ),
        ];

    /// <summary>A proof of possession is no signature over a message, and no signature proves possession.</summary>
    private static (int Cases, IEnumerable<string> Taken) TryBls()
    {
        using var key = BlsSecretKey.FromSeed(Blake3.Hash("committee"u8).ToArray());
        var own = key.PublicKey.Bytes;
        List<string> taken = [];
        if (Bls.Verify(key.PublicKey, own, key.ProvePossession()))
        {
            taken.Add("a proof of possession is taken for a signature");
        }
        if (Bls.TryProvePossession(key.PublicKey, key.Sign(own), out _))
        {
            taken.Add("a signature is taken for a proof of possession");
        }
        return (2, taken);
    }

    private Bytes32 Transcript(Bound at)
    {
        var point = $"04{new string('1', 128)}";
        return LinkTranscript.Hash(
            new LinkHello([1], new WorkerId(_key.PublicKey), Word(at.Nonce).ToString(), point),
            new LinkChallenge(1, at.Market.ToString(), Word(9).ToString(), point, "")
        );
    }

    private static Bytes32 Word(byte value) => new([.. Enumerable.Repeat(value, Bytes32.Size)]);
}
