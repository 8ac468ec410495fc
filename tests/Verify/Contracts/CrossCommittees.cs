using System.Numerics;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Verify.Contracts;

/// <summary>
/// Whether a committee has signed, by the contract, which subtracts the absent from the sum of all keys, and by C#, which adds up the keys
/// of those who are there.
/// </summary>
internal sealed class CrossCommittees
{
    private const int DigestCount = 24;

    private readonly EvmMarket _market;
    private readonly RegistryModel _registry;
    private readonly CommitteeKeys _keys;
    private readonly ContractQuestions _questions;
    private readonly Random _chance;
    private readonly Bytes32[] _digests;
    private readonly Dictionary<(Bytes32 Member, Bytes32 Digest), BlsSignature> _signatures = [];
    private readonly Dictionary<Bytes32, ProvenBlsPublicKey> _proven = [];

    public CrossCommittees(EvmMarket market, ContractActors actors, ContractQuestions questions, Random chance)
    {
        (_market, _registry, _keys, _questions, _chance) = (market, actors.Registry, actors.Keys, questions, chance);
        var random = new RandomReceipts(chance);
        _digests = [.. Enumerable.Range(0, DigestCount).Select(_ => new Bytes32(random.Bytes(Bytes32.Size)))];
        foreach (var member in actors.Registry.Members.Keys)
        {
            var key = actors.Keys.Of(member);
            foreach (var digest in _digests)
            {
                _signatures[(member, digest)] = key.Sign(digest.ToArray());
            }
            _proven[member] = Bls.TryProvePossession(key.PublicKey, key.ProvePossession(), out var proven)
                ? proven
                : throw new InvalidOperationException("This is a bug in the check: a key of its own is not proven.");
        }
    }

    /// <summary>A signature of some of the members.</summary>
    private sealed record Case(string Kind, ulong Epoch, Bytes32 Digest, List<Bytes32> Absentees, List<Bytes32> Signers, bool? IsGood)
    {
        public bool IsFlipped { get; init; }
    }

    public async Task Ask()
    {
        var asked = Make();
        // Subtracted twice, a key leaves another sum, which its owner can sign for: only the order of the absentees forbids it.
        var sum =
            asked.Absentees.Count != asked.Absentees.Distinct().Count()
                ? _keys.SignWithout(_registry.CommitteeOf(asked.Epoch).Keys, asked.Absentees, asked.Digest)!
                : Bls.Aggregate([.. asked.Signers.Select(signer => _signatures[(signer, asked.Digest)])]);
        var (coordinates, read) = (sum.Coordinates(), (BlsSignature?)sum);
        if (asked.IsFlipped)
        {
            (coordinates, read) = Flipped(sum);
        }
        var digest = asked.Kind == "another digest" ? _digests.First(other => other != asked.Digest) : asked.Digest;
        var isTaken = read is not null && IsTaken(asked.Epoch, digest, asked.Absentees, read);
        if (asked.IsGood is { } good && good != isTaken)
        {
            _questions.Report($"C# {(isTaken ? "takes" : "refuses")} a signature that is: {asked.Kind}.");
        }
        object[] point = [coordinates.Chunk(Bytes32.Size).Select(word => (object)word).ToArray()];
        var request = _market.ToRegistry(
            _market.Operator,
            "requireSignedByCommittee",
            new BigInteger(asked.Epoch),
            digest.ToArray(),
            ContractValues.Of(asked.Absentees),
            point
        );
        await _questions.Judges($"committee, {asked.Kind}", request, isTaken);
    }

    /// <summary>The rules of SETTLEMENT.md and IStakeRegistry.sol, with the keys of those who are there.</summary>
    private bool IsTaken(ulong epoch, Bytes32 digest, List<Bytes32> absentees, BlsSignature signature)
    {
        var committee = _registry.CommitteeOf(epoch);
        var isAscending = absentees.Zip(absentees.Skip(1)).All(pair => pair.First.CompareTo(pair.Second) < 0);
        if (epoch > _registry.CurrentEpoch + 1 || committee.Count < 3 || !isAscending || !absentees.All(committee.ContainsKey))
        {
            return false;
        }
        Bytes32[] present = [.. committee.Keys.Except(absentees)];
        var total = committee.Values.Aggregate(BigInteger.Zero, (sum, weight) => sum + weight);
        var signed = present.Aggregate(BigInteger.Zero, (sum, member) => sum + committee[member]);
        return CommitteeMember.IsEnough(signed, total)
            && Bls.FastAggregateVerify([.. present.Select(member => _proven[member])], digest.ToArray(), signature);
    }

    private Case Make()
    {
        var epoch = (ulong)_chance.Next(1, (int)_registry.CurrentEpoch + 2);
        var members = _registry.CommitteeOf(epoch).Keys.ToList();
        var digest = _digests[_chance.Next(DigestCount)];
        var few = members.Where(_ => _chance.Next(8) == 0).Take(1).ToList();
        var present = members.Except(few).ToList();
        switch (_chance.Next(12))
        {
            case 0:
                return new Case("all", epoch, digest, [], members, IsGood: true);
            case 1:
                return new Case("some absent", epoch, digest, few, present, IsGood: null);
            case 2:
                // From none to all but one: also exactly a third of the weight, where all weigh the same.
                var absent = members.OrderBy(_ => _chance.Next()).Take(_chance.Next(members.Count)).Order().ToList();
                return new Case("any number absent", epoch, digest, absent, [.. members.Except(absent)], IsGood: null);
            case 3:
                var third = members.OrderBy(_ => _chance.Next()).Take(members.Count / 3).Order().ToList();
                return new Case("a third absent", epoch, digest, third, [.. members.Except(third)], IsGood: null);
            case 4:
                return new Case(
                    "an absentee twice",
                    epoch,
                    digest,
                    [members[1], members[1]],
                    [.. members.Skip(2), members[0]],
                    IsGood: false
                );
            case 5:
                return new Case("absentees unsorted", epoch, digest, [members[1], members[0]], [.. members.Skip(2)], IsGood: false);
            case 6:
                var foreign =
                    _chance.Next(2) == 0 ? _digests[0] : _registry.Members.Keys.Except(members).DefaultIfEmpty(_digests[1]).First();
                return new Case("a foreign absentee", epoch, digest, [foreign], members, IsGood: false);
            case 7:
                var other = (ulong)_chance.Next(0, (int)_registry.CurrentEpoch + 4);
                return new Case("another epoch", other, digest, [], members, IsGood: null);
            case 8:
                return new Case("a flipped bit", epoch, digest, [], members, IsGood: false) { IsFlipped = true };
            case 9:
                return new Case("another digest", epoch, digest, [], members, IsGood: false);
            case 10:
                return new Case("a signer missing", epoch, digest, [], [.. members.Skip(1)], IsGood: false);
            default:
                return new Case("a signer twice", epoch, digest, [], [.. members, members[0]], IsGood: false);
        }
    }

    /// <summary>
    /// The compressed form with a bit changed. Where that is a point, the contract is given the point; else it is given both coordinates
    /// with a bit changed.
    /// </summary>
    private (byte[] Coordinates, BlsSignature? Read) Flipped(BlsSignature signature)
    {
        var bytes = signature.Bytes.ToArray();
        var bit = _chance.Next(8 * bytes.Length);
        bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        if (BlsSignature.TryRead(bytes, out var read))
        {
            return (read.Coordinates(), read);
        }
        var coordinates = signature.Coordinates();
        coordinates[_chance.Next(coordinates.Length)] ^= (byte)(1 << (bit % 8));
        return (coordinates, null);
    }
}
