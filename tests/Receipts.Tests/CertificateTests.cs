using Marketplace.Crypto;

namespace Marketplace.Receipts.Tests;

public sealed class CertificateTests
{
    private static readonly CommitteeCertificate Certificate = Samples.CommitteeFile.Certificate!;

    [Fact]
    public void CommitteesReceipt_Holds() =>
        Assert.Equal(
            ["words", "market's signature", "certificate", "price"],
            ReceiptChecks.Of(Samples.CommitteeFile).Where(check => check.Result == CheckResult.Holds).Select(check => check.Name)
        );

    /// <summary>Of weights 2, 3 and 4, six are two thirds of nine, and not over them.</summary>
    [Theory]
    [InlineData(0b011ul, false)]
    [InlineData(0b101ul, false)]
    [InlineData(0b110ul, true)]
    [InlineData(0b111ul, true)]
    public void Signers_NeedOverTwoThirdsOfTheWeight(ulong signers, bool holds) =>
        AssertHolds(holds, Samples.SignByCommittee(Samples.CommitteeReceipt, signers));

    /// <summary>Of members that weigh the same; <c>verify committee</c> has other weights.</summary>
    [Fact]
    public void OneSignatureBelowTheThreshold_IsNeverEnough()
    {
        for (var size = Assurance.CommitteeSeatsMin; size <= Assurance.CommitteeSeatsMax; size++)
        {
            CommitteeMember[] members = [.. Enumerable.Range(0, size).Select(index => Samples.Member(index, 1))];
            var receipt = Samples.CommitteeReceipt with
            {
                Assurance = Assurance.Committee(size).ToString(),
                Seats = [.. members.Select(member => new Seat(member.Worker, TokenAmount.Zero)).OrderBy(seat => seat.Worker.Value)],
                Price = TokenAmount.Zero,
                Shares = [],
            };
            var least = (2 * size / 3) + 1;

            AssertHolds(true, Samples.SignByCommittee(receipt, (1ul << least) - 1, members));
            AssertHolds(false, Samples.SignByCommittee(receipt, (1ul << (least - 1)) - 1, members));
        }
    }

    [Fact]
    public void EpochZero_HasNoCommittee() =>
        AssertHolds(false, Samples.SignByCommittee(Samples.CommitteeReceipt with { Epoch = 0 }, 0b111));

    [Fact]
    public void TwoThirds_AreNotEnough()
    {
        CommitteeMember[] members = [Samples.Member(0, 1), Samples.Member(1, 1), Samples.Member(2, 1)];

        AssertHolds(false, Samples.SignByCommittee(Samples.CommitteeReceipt, 0b110, members));
        Assert.False(CommitteeMember.IsEnough(2, 3));
        Assert.True(CommitteeMember.IsEnough(3, 4));
    }

    /// <summary>Together they are more than 128 bits hold.</summary>
    [Fact]
    public void WeightsOfAllSizes_AreAddedUp()
    {
        CommitteeMember[] members = [Samples.Member(0, 1), Samples.Member(1, UInt128.MaxValue), Samples.Member(2, UInt128.MaxValue)];

        AssertHolds(true, Samples.SignByCommittee(Samples.CommitteeReceipt, 0b110, members));
    }

    [Fact]
    public void SeatsBelowTheThreshold_AreBroken()
    {
        var lone = Samples.CommitteeReceipt with
        {
            Seats = [new Seat(Samples.Members[2].Worker, new TokenAmount(100))],
            Price = new TokenAmount(13),
            Shares = [new PaidShare(default, new TokenAmount(13))],
        };
        var stranger = Samples.CommitteeReceipt with
        {
            Seats = [.. Samples.CommitteeReceipt.Seats.Take(1), new Seat(new WorkerId(Samples.Word(0xff)), new TokenAmount(100))],
        };

        AssertHolds(false, Samples.SignByCommittee(lone, 0b111));
        AssertHolds(false, Samples.SignByCommittee(stranger, 0b111));
    }

    public static TheoryData<string, Func<CommitteeMember[], CommitteeMember[]>> OtherMembers() =>
        new()
        {
            { "one too few", members => members[..2] },
            { "one too many", members => [.. members, Samples.Member(3, 1)] },
            { "one twice", members => [members[1], members[1], members[2]] },
            { "one key for two", members => [Samples.Registered(members[1], worker: 0), members[1], members[2]] },
            { "one of no weight", members => [members[0] with { Weight = default }, members[1], members[2]] },
            {
                "a registration of another",
                members => [members[0] with { Registration = members[1].Registration }, members[1], members[2]]
            },
            { "a proof of another", members => [members[0] with { Possession = members[1].Possession }, members[1], members[2]] },
        };

    /// <summary>The market has signed each of these lists, and enough members the receipt.</summary>
    [Theory, MemberData(nameof(OtherMembers))]
    public void MembersThatMayNotBe_AreBroken(string what, Func<CommitteeMember[], CommitteeMember[]> change)
    {
        Assert.NotEmpty(what);
        AssertHolds(false, Samples.SignByCommittee(Samples.CommitteeReceipt, 0b110, change([.. Samples.Members])));
    }

    [Fact]
    public void ListThatTheMarketDidNotSign_IsBroken()
    {
        var digest = BatchDigest.OfCommittee(Samples.Domain, Samples.CommitteeReceipt.Epoch + 1, Samples.Members);

        AssertHolds(false, With(Certificate with { MembersSignature = Samples.Sign(Samples.MarketKey, digest) }));
        AssertHolds(false, With(Certificate with { Members = [.. Certificate.Members.Reverse()] }));
    }

    /// <summary>Its own signature would be one of all three, if a key needed no proof.</summary>
    [Fact]
    public void KeyThatCancelsOthers_IsRefusedByItsProof()
    {
        using var own = Samples.BlsKey(9);
        var others = Samples.Members.Skip(1).Select(member => BlsPublicKey.Read(Convert.FromHexString(member.BlsKey)));
        var rogue = Samples.Registered(
            Samples.Members[0] with
            {
                BlsKey = Convert.ToHexStringLower(Difference(own.PublicKey, others).Bytes),
                Possession = own.ProvePossession().ToString(),
            },
            worker: 0
        );
        CommitteeMember[] members = [rogue, .. Samples.Members.Skip(1)];
        var receipt = Samples.CommitteeReceipt;
        var digest = BatchDigest.OfCommitteeReceipts(Samples.Domain, receipt.Epoch, members, receipt.Hash()).ToArray();
        var file = Samples.SignByCommittee(receipt, 0b111, members);

        AssertHolds(false, file with { Certificate = file.Certificate! with { Path = [], Signature = own.Sign(digest).ToString() } });
    }

    [Fact]
    public void CertificateInThePlaceOfSignatures_IsBroken()
    {
        AssertHolds(false, Samples.File with { Certificate = Certificate }, "workers' signatures");
        AssertHolds(false, Samples.CommitteeFile with { Certificate = null });
        AssertHolds(false, Samples.CommitteeFile with { WorkerSignatures = Samples.File.WorkerSignatures });
    }

    private static ReceiptFile With(CommitteeCertificate certificate) => Samples.CommitteeFile with { Certificate = certificate };

    private static void AssertHolds(bool holds, ReceiptFile file, string check = "certificate") =>
        Assert.Equal(
            holds ? [] : [check],
            ReceiptChecks.Of(file).Where(found => found.Result == CheckResult.Broken).Select(found => found.Name)
        );

    private static BlsPublicKey Difference(BlsPublicKey from, IEnumerable<BlsPublicKey> keys)
    {
        var sum = BlsPoint<Fp>.Infinity;
        foreach (var key in keys)
        {
            BlsPoint<Fp>.Add(in sum, key.Point, out sum);
        }
        BlsPoint<Fp>.Negate(in sum, out var difference);
        BlsPoint<Fp>.Add(in difference, from.Point, out difference);
        return BlsPublicKey.From(difference.ToAffine());
    }
}
