using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Marketplace.Crypto.Tests;

public sealed class BlsTests
{
    private static readonly byte[] Message = [1, 2, 3];

    /// <summary>The first case of EIP-2333, so that something is checked where the vector files are absent.</summary>
    [Fact]
    public void ASeed_GivesTheKeyOfTheStandard()
    {
        const string seed =
            "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e5349553"
            + "1f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04";
        using var key = BlsSecretKey.FromSeed(Convert.FromHexString(seed));
        var bytes = new byte[32];
        key.CopyTo(bytes);
        var expected = BigInteger.Parse(
            "6083874454709270928345386274498605044986640685124978867557563392430687146096",
            CultureInfo.InvariantCulture
        );
        Assert.Equal(BlsGroupTests.Bytes(expected), bytes);
        Assert.Throws<ArgumentException>(() => BlsSecretKey.FromSeed(new byte[31]));
    }

    [Fact]
    public void ASignature_VerifiesForItsKeyAndMessageOnly()
    {
        using BlsSecretKey one = Key(1),
            other = Key(2);
        var signature = one.Sign(Message);
        Assert.True(Bls.Verify(one.PublicKey, Message, BlsSignature.Read(signature.Bytes)));
        Assert.False(Bls.Verify(other.PublicKey, Message, signature));
        Assert.False(Bls.Verify(one.PublicKey, [1, 2], signature));
        Assert.False(Bls.Verify(one.PublicKey, Message, other.Sign(Message)));
        Assert.Equal(signature, one.Sign(Message));
    }

    [Fact]
    public void APossession_IsProvedByItsOwnKeyUnderItsOwnTag()
    {
        using BlsSecretKey one = Key(1),
            other = Key(2);
        Assert.True(Bls.TryProvePossession(one.PublicKey, one.ProvePossession(), out var proven));
        Assert.Equal(one.PublicKey, proven.Key);
        Assert.False(Bls.TryProvePossession(one.PublicKey, other.ProvePossession(), out proven));
        Assert.Null(proven);
        Assert.False(Bls.TryProvePossession(one.PublicKey, one.Sign(one.PublicKey.Bytes), out _));
        Assert.False(Bls.Verify(one.PublicKey, one.PublicKey.Bytes, one.ProvePossession()));
    }

    [Fact]
    public void Aggregates_VerifyForExactlyTheirSigners()
    {
        BlsSecretKey[] keys = [.. Enumerable.Range(1, 4).Select(Key)];
        ProvenBlsPublicKey[] proven = [.. keys.Select(Prove)];
        var all = Bls.Aggregate([.. keys.Select(key => key.Sign(Message))]);
        Assert.True(Bls.FastAggregateVerify(proven, Message, all));
        Assert.False(Bls.FastAggregateVerify(proven.AsSpan(1), Message, all));
        Assert.False(Bls.FastAggregateVerify([.. proven, proven[0]], Message, all));
        Assert.False(Bls.FastAggregateVerify([], Message, all));

        ReadOnlyMemory<byte>[] messages = [.. keys.Select((_, i) => new ReadOnlyMemory<byte>([(byte)i]))];
        var each = Bls.Aggregate([.. keys.Select((key, i) => key.Sign(messages[i].Span))]);
        Assert.True(Bls.AggregateVerify(proven, messages, each));
        (messages[0], messages[1]) = (messages[1], messages[0]);
        Assert.False(Bls.AggregateVerify(proven, messages, each));
        Assert.False(Bls.AggregateVerify([], [], each));
        Assert.Throws<ArgumentException>(() => Bls.AggregateVerify(proven, messages.AsSpan(1), each));
        Assert.Throws<ArgumentException>(() => Bls.Aggregate([]));
    }

    [Fact]
    public void ABatch_FailsForOneBadSignature_EvenWhereErrorsCancelOut()
    {
        using var random = RandomNumberGenerator.Create();
        BlsSecretKey[] keys = [.. Enumerable.Range(1, 5).Select(Key)];
        (BlsPublicKey, ReadOnlyMemory<byte>, BlsSignature)[] batch =
        [
            .. keys.Select((key, i) => (key.PublicKey, new ReadOnlyMemory<byte>([(byte)i]), key.Sign([(byte)i]))),
        ];
        Assert.True(Bls.VerifyBatch(batch, random));
        Assert.True(Bls.VerifyBatch([], random));
        // The sum of all signatures stays what it was.
        (batch[0].Item3, batch[1].Item3) = (batch[1].Item3, batch[0].Item3);
        Assert.False(Bls.VerifyBatch(batch, random));
    }

    [Fact]
    public void ACommittee_TakesNoLessThanItsThreshold()
    {
        BlsSecretKey[] keys = [.. Enumerable.Range(1, 4).Select(Key)];
        var committee = new BlsCommittee([.. keys.Select(Prove)], threshold: 3);
        var three = Bls.Aggregate([.. keys.Take(3).Select(key => key.Sign(Message))]);
        Assert.True(committee.Verify(0b0111, Message, three));
        Assert.False(committee.Verify(0b1111, Message, three));
        Assert.False(committee.Verify(0b1011, Message, three));
        Assert.False(committee.Verify(0b1_0111, Message, three));
        Assert.False(committee.Verify(0b0011, Message, Bls.Aggregate([.. keys.Take(2).Select(key => key.Sign(Message))])));
        Assert.False(committee.Verify(0, Message, three));
    }

    [Fact]
    public void ACommittee_IsCheckedWhenItIsMade()
    {
        ProvenBlsPublicKey[] members = [Prove(Key(1)), Prove(Key(2))];
        Assert.Throws<ArgumentException>(() => new BlsCommittee([], 1));
        Assert.Throws<ArgumentException>(() => new BlsCommittee(members, 0));
        Assert.Throws<ArgumentException>(() => new BlsCommittee(members, 3));
        Assert.Throws<ArgumentException>(() => new BlsCommittee([members[0], members[0]], 1));
        var many = Enumerable.Range(1, BlsCommittee.MembersMax + 1).Select(i => Prove(Key(i))).ToArray();
        Assert.Equal(BlsCommittee.MembersMax, new BlsCommittee(many.AsSpan(1), BlsCommittee.MembersMax).Members.Count);
        Assert.Throws<ArgumentException>(() => new BlsCommittee(many, 1));
    }

    [Fact]
    public void BytesThatAreNone_AreRefused()
    {
        Assert.Throws<FormatException>(() => BlsPublicKey.Read(new byte[48]));
        Assert.Throws<FormatException>(() => BlsSignature.Read(new byte[95]));
        Assert.Throws<ArgumentException>(() => new BlsSecretKey(new byte[32]));
        // Infinity is no key, and a signature of nothing.
        byte[] infinity = [0xc0, .. new byte[47]];
        Assert.False(BlsPublicKey.TryRead(infinity, out _));
        Assert.True(BlsSignature.TryRead([.. infinity, .. new byte[48]], out var empty));
        using var key = Key(1);
        Assert.False(Bls.Verify(key.PublicKey, Message, empty));
    }

    [Fact]
    public void ADisposedKey_SignsNoMore()
    {
        var key = Key(3);
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign(Message));
        Assert.Throws<ObjectDisposedException>(() => key.ProvePossession());
        Assert.Throws<ObjectDisposedException>(() => key.CopyTo(new byte[32]));
    }

    private static BlsSecretKey Key(int number) => new(BlsGroupTests.Bytes(number));

    private static ProvenBlsPublicKey Prove(BlsSecretKey key) =>
        Bls.TryProvePossession(key.PublicKey, key.ProvePossession(), out var proven)
            ? proven
            : throw new InvalidOperationException("The key's own proof does not verify.");
}
