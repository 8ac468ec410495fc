using Marketplace.Crypto;

namespace Marketplace.Receipts.Tests;

public sealed class EpochRandomnessTests
{
    private const ulong Epoch = 3;

    private static readonly CommitteeMember[] Eligible = Listed(Enumerable.Range(0, 4).Select(index => Samples.Member(index, 5)));
    private static readonly Bytes32 Digest = EpochRandomness.OfShare(Samples.Domain, Epoch, Eligible);
    private static readonly string?[] Shares = [.. Eligible.Select(member => Samples.Share(member, Digest))];

    [Fact]
    public void Share_IsOneSignatureOfItsWorkerAndList()
    {
        var other = EpochRandomness.OfShare(Samples.Domain, Epoch + 1, Eligible);
        var heavier = EpochRandomness.OfShare(Samples.Domain, Epoch, [Eligible[0] with { Weight = new TokenAmount(6) }, .. Eligible[1..]]);

        Assert.True(EpochRandomness.IsShare(Eligible[0], Digest, Shares[0]!));
        Assert.False(EpochRandomness.IsShare(Eligible[1], Digest, Shares[0]!));
        Assert.False(EpochRandomness.IsShare(Eligible[0], other, Shares[0]!));
        Assert.False(EpochRandomness.IsShare(Eligible[0], heavier, Shares[0]!));
        Assert.False(EpochRandomness.IsShare(Eligible[0], Digest, Shares[0]!.ToUpperInvariant()));
        Assert.False(EpochRandomness.IsShare(Eligible[0], Digest, ""));
    }

    /// <summary>Each share, the list and its epoch give another randomness.</summary>
    [Fact]
    public void Randomness_DependsOnAllOfIt()
    {
        var first = EpochRandomness.Mix(Samples.Domain, Epoch, Eligible, Shares);
        List<Bytes32> others =
        [
            EpochRandomness.Mix(Samples.Domain, Epoch + 1, Eligible, Shares),
            EpochRandomness.Mix(Samples.Domain with { ChainId = 1 }, Epoch, Eligible, Shares),
            EpochRandomness.Mix(Samples.Domain, Epoch, [Eligible[0] with { Weight = new TokenAmount(6) }, .. Eligible[1..]], Shares),
            .. Enumerable.Range(0, 4).Select(gone => EpochRandomness.Mix(Samples.Domain, Epoch, Eligible, Without(gone))),
        ];

        Assert.Equal(first, EpochRandomness.Mix(Samples.Domain, Epoch, Eligible, Shares));
        Assert.Equal(8, others.Append(first).Distinct().Count());
    }

    [Fact]
    public void WorkerThatWithheldItsShare_IsNotDrawn()
    {
        for (var gone = 0; gone < 4; gone++)
        {
            var committee = EpochRandomness.Committee(Samples.Domain, Epoch, Eligible, Without(gone), 4);

            Assert.Equal(3, committee.Count);
            Assert.DoesNotContain(Eligible[gone], committee);
        }
    }

    [Fact]
    public void Draws_OfOtherPurposesAndSubjects_AreOthers()
    {
        var randomness = EpochRandomness.Mix(Samples.Domain, Epoch, Eligible, Shares);
        Bytes32[] seeds =
        [
            EpochRandomness.Seed(randomness, EpochRandomness.CommitteePurpose, default),
            EpochRandomness.Seed(randomness, "jury", default),
            EpochRandomness.Seed(randomness, "jury", Samples.Word(1)),
        ];

        Assert.Equal(3, seeds.Distinct().Count());
    }

    [Fact]
    public void ListThatIsNone_IsRefused()
    {
        CommitteeMember[][] lists =
        [
            [.. Eligible.Reverse()],
            [Eligible[0], Eligible[0]],
            [Eligible[0], Eligible[1] with { BlsKey = Eligible[0].BlsKey }],
            [Eligible[0] with { Weight = default }],
            [Eligible[0] with { BlsKey = "00" }],
        ];

        Assert.All(lists, list => Assert.NotNull(EpochRandomness.Check(list)));
        Assert.Throws<ArgumentException>(() => EpochRandomness.OfShare(Samples.Domain, Epoch, lists[0]));
        Assert.Throws<ArgumentException>(() => EpochRandomness.Mix(Samples.Domain, Epoch, Eligible, Shares[..3]));
        Assert.Null(EpochRandomness.Check(Eligible));
        Assert.Null(EpochRandomness.Check([]));
    }

    private static string?[] Without(int gone) => [.. Shares.Select((share, index) => index == gone ? null : share)];

    private static CommitteeMember[] Listed(IEnumerable<CommitteeMember> members) => [.. members.OrderBy(member => member.Worker.Value)];
}
