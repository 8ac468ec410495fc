using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Tests.Worker.Voting;

/// <summary>Which settlements a member signs.</summary>
public sealed class SettlementVoterTests : IDisposable
{
    internal static readonly MarketDomain Domain = new(CommitteeScene.Word(0x71), 31337, AddressOf(0x72));

    private readonly CommitteeScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void SettlementThatHolds_IsSigned_AlsoAgain()
    {
        var file = FileOf(1, 7, earned: 40);
        var vote = Settle(file)!;

        Assert.Equal((1ul, 7ul), (vote.Number, vote.Epoch));
        var key = BlsPublicKey.Read(_scene.Voter.KeyFor(Domain)!.Key.Span);
        Assert.True(Bls.Verify(key, file.Settlement.Digest(Domain).ToArray(), BlsSignature.Read(vote.Signature.Span)));
        _scene.Restart(crashed: true);
        Assert.True(_scene.Voter.MaySettle(RequestOf(file)));
        Assert.Equal(vote.Signature.ToArray(), Settle(file)!.Signature.ToArray());
    }

    [Theory]
    [InlineData("number")]
    [InlineData("epoch")]
    [InlineData("hash")]
    [InlineData("domain")]
    [InlineData("text")]
    [InlineData("sums")]
    public void FileThatIsNotWhatWasAsked_OrDoesNotHold_IsRefused(string what)
    {
        var file = FileOf(1, 7, earned: 40);
        if (what == "sums")
        {
            file = file with { Settlement = file.Settlement with { Earned = new TokenAmount(41) } };
        }
        var (request, domain) = (RequestOf(file), Domain);
        request = what switch
        {
            "number" => request with { Number = 2 },
            "epoch" => request with { Epoch = 8 },
            "hash" => request with { Hash = CommitteeScene.Word(1) },
            _ => request,
        };
        domain = what == "domain" ? domain with { ChainId = 1 } : domain;
        byte[] json = what == "text" ? [.. file.ToJson(), (byte)'x'] : file.ToJson();

        Assert.Null(_scene.Voter.Settle(request, json, domain));
        // What is wrong with the settlement itself stays so; the file may be another one the next time.
        Assert.Equal(what != "sums", _scene.Voter.MaySettle(request));
    }

    [Fact]
    public void MarketThatSettlesNowhere_GetsNone()
    {
        var domain = new MarketDomain(CommitteeScene.Word(0x71));
        var file = SettlementFile.Of(domain, (1, 7, 100), TokenAmount.Zero, [], []);

        Assert.Null(_scene.Voter.Settle(RequestOf(file), file.ToJson(), domain));
    }

    [Fact]
    public void SettlementThatTakesEarningsBack_IsRefused_AlsoAfterARestart()
    {
        Assert.NotNull(Settle(FileOf(1, 7, earned: 40)));
        _scene.Restart();

        Assert.Null(Settle(FileOf(2, 7, earned: 39)));
        Assert.NotNull(Settle(FileOf(2, 7, earned: 41)));
    }

    /// <summary>The one of the epoch before was not settled, so the books of the next may be others.</summary>
    [Fact]
    public void NumberThatIsAskedForAgain_InTheNextEpoch_FollowsTheNumberBefore()
    {
        Assert.NotNull(Settle(FileOf(1, 7, earned: 40)));
        Assert.NotNull(Settle(FileOf(2, 7, earned: 60)));

        Assert.Null(Settle(FileOf(2, 7, earned: 61)));
        Assert.Null(Settle(FileOf(2, 8, earned: 39)));
        Assert.NotNull(Settle(FileOf(2, 9, earned: 50)));
        Assert.Null(Settle(FileOf(2, 8, earned: 60)));
        Assert.Null(Settle(FileOf(3, 9, earned: 49)));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void FileThatIsLostOrDamaged_IsNotCompared(bool isDamaged)
    {
        Assert.NotNull(Settle(FileOf(1, 7, earned: 40)));
        const string Name = "committee.votes.settlement.1";
        Assert.True(_scene.Files.Exists(Name));
        if (isDamaged)
        {
            _scene.Files.Replace(Name, [1, 2, 3]);
        }
        else
        {
            _scene.Files.Delete(Name);
        }

        Assert.Null(Settle(FileOf(1, 7, earned: 39)));
        Assert.NotNull(Settle(FileOf(2, 7, earned: 39)));
    }

    [Fact]
    public void DiskThatFails_EndsTheSigning()
    {
        Assert.NotNull(Settle(FileOf(1, 7, earned: 40)));
        _scene.Files.Fails = true;

        Assert.Null(Settle(FileOf(2, 7, earned: 41)));
        Assert.False(_scene.Voter.MaySettle(RequestOf(FileOf(3, 7, earned: 41))));
    }

    internal static SettlementRequest RequestOf(SettlementFile file) =>
        new(file.Settlement.Number, file.Settlement.Epoch, file.Settlement.Hash());

    internal static SettlementFile FileOf(ulong number, ulong epoch, uint earned) =>
        SettlementFile.Of(
            Domain,
            (number, epoch, ChainBlock: 100),
            TokenAmount.Zero,
            [
                new AccountTotals(AddressOf(1), new TokenAmount(earned), TokenAmount.Zero, TokenAmount.Zero),
                new AccountTotals(AddressOf(2), TokenAmount.Zero, new TokenAmount(earned), TokenAmount.Zero),
            ],
            []
        );

    private SettlementVote? Settle(SettlementFile file) => _scene.Voter.Settle(RequestOf(file), file.ToJson(), Domain);

    private static EvmAddress AddressOf(byte value) => new([.. Enumerable.Repeat(value, EvmAddress.Size)]);
}
