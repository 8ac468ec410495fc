using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>What was added to stored forms is read back and refused when cut short; without it the bytes are as they were before.</summary>
public sealed class LaterFormsTests
{
    [Fact]
    public void ReputationWithStakes_IsReadBack_AndEveryCutIsFound()
    {
        var id = new Bytes32([.. Enumerable.Repeat((byte)7, Bytes32.Size)]);
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var stakes = Enum.GetValues<StakePhase>()
            .Where(phase => phase <= StakePhase.Refused)
            .Select(phase => new Stake(
                new AccountId(id),
                $"{phase}",
                new TokenAmount(9),
                at,
                phase,
                phase is StakePhase.Held ? null : at.AddDays(1)
            ));
        var state = ReputationState.Unknown with { Stakes = [.. stakes] };
        var bytes = ReputationState.Write(state).ToArray();

        Assert.Equal(state.Stakes, ReputationState.Read(bytes).Stakes);
        Assert.Equal(bytes, ReputationState.Write(ReputationState.Read(bytes)).ToArray());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => ReputationState.Read(bytes.AsSpan(0, length)));
        }
        Assert.Throws<InvalidDataException>(() => ReputationState.Read([.. bytes, 0]));
        // The first version with stakes, read for ever.
        Assert.Equal(FirstStakes, Convert.ToHexString(bytes));
    }

    [Fact]
    public void ReputationWithJudgments_IsReadBack_AndEveryCutIsFound()
    {
        var id = new Bytes32([.. Enumerable.Repeat((byte)7, Bytes32.Size)]);
        var (account, job, at) = (new AccountId(id), new JobId(id), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var stake = new Stake(account, "one", new TokenAmount(9), at, StakePhase.Slashed, at)
        {
            Loss = new StakeLoss(job, new TokenAmount(8), [new PayeeAmount(account, new TokenAmount(7))], account, at),
        };
        var state = ReputationState.Unknown with
        {
            Stakes = [stake, stake with { Phase = StakePhase.Released, Loss = null }],
            Judgments = [new Judgment(job, at, IsWrong: true, new TokenAmount(8)), new Judgment(job, at, IsWrong: false, TokenAmount.Zero)],
            JudgedBefore = at.AddDays(-1),
            FrozenUntil = at.AddDays(1),
        };
        var bytes = ReputationState.Write(state).ToArray();
        var read = ReputationState.Read(bytes);
        // Builds that knew one freeze for all disputes read it.
        Assert.Equal(3, bytes[0]);

        Assert.Equal(state.Stakes, read.Stakes);
        Assert.Equal(state.Judgments, read.Judgments);
        Assert.Equal((state.JudgedBefore, state.FrozenUntil), (read.JudgedBefore, read.FrozenUntil));
        Assert.Equal(bytes, ReputationState.Write(read).ToArray());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => ReputationState.Read(bytes.AsSpan(0, length)));
        }
        Assert.Throws<InvalidDataException>(() => ReputationState.Read([.. bytes, 0]));
    }

    [Fact]
    public void ReputationWithFreezesAndLosses_IsReadBack_AndEveryCutIsFound()
    {
        var id = new Bytes32([.. Enumerable.Repeat((byte)7, Bytes32.Size)]);
        var (account, job, at) = (new AccountId(id), new JobId(id), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var loss = new StakeLoss(job, new TokenAmount(2), [new PayeeAmount(account, new TokenAmount(1))], account);
        var held = new Stake(account, "one", new TokenAmount(9), at, StakePhase.Held, null);
        Stake[] stakes =
        [
            held with
            {
                Losses = [loss, loss with { Payees = [] }],
            },
            held with
            {
                PaidCount = 2,
                Paid = new TokenAmount(5),
            },
            held with
            {
                Phase = StakePhase.Slashed,
                EndsAt = at,
                Loss = loss,
                Losses = [loss],
                PaidCount = 1,
                Paid = new TokenAmount(5),
            },
        ];
        ReputationState[] states =
        [
            .. stakes.Select(stake => ReputationState.Unknown with { Stakes = [stake] }),
            ReputationState.Unknown with
            {
                Stakes = [held],
                Freezes = [new StakeFreeze(job, at), new StakeFreeze(new JobId(default), at.AddDays(1))],
                FrozenUntil = at.AddDays(1),
                Judgments = [new Judgment(job, at, IsWrong: true, new TokenAmount(8))],
            },
        ];
        Assert.Equal([5, 4, 0], stakes.Select(stake => (int)stake.Left.BaseUnits));
        foreach (var state in states)
        {
            var bytes = ReputationState.Write(state).ToArray();
            var read = ReputationState.Read(bytes);
            Assert.Equal(4, bytes[0]);
            Assert.Equal(state.Stakes, read.Stakes);
            Assert.Equal(state.Freezes, read.Freezes);
            Assert.Equal((state.FrozenUntil, state.Judgments.Length), (read.FrozenUntil, read.Judgments.Length));
            Assert.Equal(bytes, ReputationState.Write(read).ToArray());
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.Throws<InvalidDataException>(() => ReputationState.Read(bytes.AsSpan(0, length)));
            }
            Assert.Throws<InvalidDataException>(() => ReputationState.Read([.. bytes, 0]));
        }
    }

    private const string FirstStakes =
        "02000000000000000000000000000407070707070707070707070707070707070707070707070707070707070707070541736B65640980"
        + "00B796AB49DE08000180C020C1744ADE0807070707070707070707070707070707070707070707070707070707070707070448656C6409"
        + "8000B796AB49DE080100070707070707070707070707070707070707070707070707070707070707070709556E626F6E64696E67098000"
        + "B796AB49DE08020180C020C1744ADE08070707070707070707070707070707070707070707070707070707070707070707526566757365"
        + "64098000B796AB49DE08030180C020C1744ADE08";

    /// <summary>What its worker has signed is beside an offer until the ledger has it.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public void OfferWithAStatement_IsReadBack_AndEveryCutIsFound(bool serves)
    {
        var id = new Bytes32([.. Enumerable.Repeat((byte)7, Bytes32.Size)]);
        var unsigned = new WorkerOffer(
            Worker: new WorkerId(id),
            PayTo: new AccountId(id),
            PricePerMillionFuel: new TokenAmount(5),
            Slots: 2,
            MemoryPagesMax: 16
        )
        {
            Committee = serves ? new CommitteeKey(new byte[] { 1 }, new byte[] { 2, 3 }, new byte[] { 4, 5, 6 }) : null,
        };
        var said = LedgerChanges.Signed(unsigned with { Statement = new OfferStatement(3, 4, 5, new byte[64]) })!;
        var state = OfferState.Of(unsigned) with
        {
            Untold = [LedgerChanges.Offered(unsigned, DateTimeOffset.UnixEpoch)],
            Unsaid = [said, said],
        };
        var bytes = OfferState.Write(state).ToArray();
        var read = OfferState.Read(bytes);

        Assert.Equal((6, 1, 2), (bytes[0], read.Untold.Length, read.Unsaid.Length));
        Assert.Equal((3UL, 4UL, 5UL), (read.Unsaid[1].Epoch, read.Unsaid[1].Sequence, read.Unsaid[1].Change.Time));
        Assert.Equal(bytes, OfferState.Write(read).ToArray());
        Assert.True(read.IsSame(OfferState.Of(unsigned)));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => OfferState.Read(bytes.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData(false, 0, "01"), InlineData(true, 0, "02"), InlineData(false, 800, "03"), InlineData(true, 800, "03")]
    [InlineData(false, 0, "05", true), InlineData(true, 800, "05", true)]
    public void Offer_IsReadBack_AndEveryCutIsFound(bool hasLabels, int buyerReputationMin, string format, bool serves = false)
    {
        var id = new Bytes32([.. Enumerable.Repeat((byte)7, Bytes32.Size)]);
        var digits = string.Concat(Enumerable.Repeat("07", Bytes32.Size));
        var offer = OfferState.Of(
            new WorkerOffer(
                Worker: new WorkerId(id),
                PayTo: new AccountId(id),
                PricePerMillionFuel: new TokenAmount(5),
                Slots: 2,
                MemoryPagesMax: 16,
                Labels: hasLabels ? ["gpu"] : [],
                RefusedAccounts: hasLabels ? [new AccountId(id)] : [],
                BuyerReputationMin: buyerReputationMin
            )
            {
                Committee = serves ? new CommitteeKey(new byte[] { 1 }, new byte[] { 2, 3 }, new byte[] { 4, 5, 6 }) : null,
            }
        );
        var bytes = OfferState.Write(offer).ToArray();

        Assert.True(OfferState.Read(bytes).IsSame(offer));
        Assert.Equal(buyerReputationMin, OfferState.Read(bytes).Offer.BuyerReputationMin);
        Assert.Equal(serves, OfferState.Read(bytes).Offer.Committee is not null);
        var lists = hasLabels ? $"010367707501{digits}" : "0000";
        var reputation = buyerReputationMin > 0 ? "A006" : "00";
        Assert.Equal(
            $"{format}{digits}{digits}050210"
                + (format == "01" ? "" : lists)
                + (format is "03" or "05" ? reputation : "")
                + (serves ? "00010102020303040506" : ""),
            Convert.ToHexString(bytes)
        );
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => OfferState.Read(bytes.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public void JobOfAnAccountWithRefusals_IsReadBack_AndEveryCutIsFound(bool hasExitCode)
    {
        var id = new Bytes32([.. Enumerable.Repeat((byte)7, Bytes32.Size)]);
        var ended = CodecTests.EndedJob();
        var job = ended with
        {
            Refusals = new RefusalList([new WorkerId(id)], [new AccountId(id), new AccountId(id)]),
            Ending = ended.Ending! with { End = ended.Ending!.End with { ExitCode = hasExitCode ? 3 : null } },
        };
        var bytes = JobStateCodec.Write(job).ToArray();
        var read = JobStateCodec.Read(bytes);

        Assert.Equal(3, bytes[0]);
        Assert.True(read.Refusals!.IsSame(job.Refusals));
        Assert.Equal(job.Ending.End.ExitCode, read.Ending!.End.ExitCode);
        Assert.Same(read.Refusals, read.ToTicket(default).Refusals);
        Assert.Equal(bytes, JobStateCodec.Write(read).ToArray());
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => JobStateCodec.Read(bytes.AsSpan(0, length)));
        }
    }
}
