using System.Numerics;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Verify.Contracts;

/// <summary>
/// BLS keys of which the check has the secrets. The sum of public keys is the public key of the sum of the secrets, so sums are computed
/// here without adding points, which is what the contract does.
/// </summary>
internal sealed class CommitteeKeys : IDisposable
{
    /// <summary>The order of the groups (draft-irtf-cfrg-pairing-friendly-curves, 4.2.1).</summary>
    private static readonly BigInteger Order = BigInteger.Parse(
        "073eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001",
        System.Globalization.NumberStyles.AllowHexSpecifier,
        System.Globalization.CultureInfo.InvariantCulture
    );

    private readonly List<BlsSecretKey> _keys = [];
    private readonly List<BigInteger> _secrets = [];
    private readonly Dictionary<Bytes32, int> _indices = [];
    private readonly Dictionary<BigInteger, BlsSecretKey> _sums = [];

    public CommitteeKeys(int count, int seed)
    {
        for (var index = 0; index < count; index++)
        {
            var key = BlsSecretKey.FromSeed(Blake3.Hash(BitConverter.GetBytes(((long)seed << 32) | (uint)index)).ToArray());
            var secret = new byte[BlsSecretKey.Size];
            key.CopyTo(secret);
            _keys.Add(key);
            _secrets.Add(new BigInteger(secret, isUnsigned: true, isBigEndian: true));
            _indices.Add(Possession.MemberOf(key.PublicKey), index);
        }
        Members = [.. _keys.Select(key => Possession.MemberOf(key.PublicKey))];
    }

    /// <summary>The ids under which the registry has the keys.</summary>
    public IReadOnlyList<Bytes32> Members { get; }

    public BlsSecretKey Of(Bytes32 member) => _keys[_indices[member]];

    /// <summary>The signature of all of them together; null: of nobody.</summary>
    public BlsSignature? Sign(IEnumerable<Bytes32> members, Bytes32 digest) => Sum(members)?.Sign(digest.ToArray());

    /// <summary>
    /// The signature that is good for the sum of the members' keys less those of the absentees, each as often as it is there.
    /// </summary>
    public BlsSignature? SignWithout(IEnumerable<Bytes32> members, IEnumerable<Bytes32> absentees, Bytes32 digest) =>
        KeyOf(SecretOf(members) - SecretOf(absentees))?.Sign(digest.ToArray());

    /// <summary>The sum of their keys, as the contract has points.</summary>
    public object SumOf(IEnumerable<Bytes32> members) =>
        Sum(members) is { } sum
            ? ContractValues.Of(sum.PublicKey)
            : new object[] { Enumerable.Repeat((object)new byte[Bytes32.Size], BlsPublicKey.CoordinatesSize / Bytes32.Size).ToArray() };

    public void Dispose()
    {
        _keys.ForEach(key => key.Dispose());
        foreach (var sum in _sums.Values)
        {
            sum.Dispose();
        }
    }

    private BigInteger SecretOf(IEnumerable<Bytes32> members) =>
        members.Aggregate(BigInteger.Zero, (sum, member) => sum + _secrets[_indices[member]]);

    private BlsSecretKey? Sum(IEnumerable<Bytes32> members) => KeyOf(SecretOf(members));

    private BlsSecretKey? KeyOf(BigInteger secret)
    {
        var sum = ((secret % Order) + Order) % Order;
        if (sum.IsZero)
        {
            return null;
        }
        if (!_sums.TryGetValue(sum, out var key))
        {
            var bytes = sum.ToByteArray(isUnsigned: true, isBigEndian: true);
            key = new BlsSecretKey([.. new byte[BlsSecretKey.Size - bytes.Length], .. bytes]);
            _sums[sum] = key;
        }
        return key;
    }
}
