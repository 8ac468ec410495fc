using System.Buffers.Binary;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker.Committees;

/// <summary>A key signs settlements in their order, and each of them once.</summary>
public sealed class VoteSettlementTests
{
    private const string Name = "committee.votes";
    private const int Seeds = 3;

    private static readonly WorkerId Worker = new(Word(77));
    private static readonly MarketDomain Domain = new(Word(78), 31337, new EvmAddress([.. Enumerable.Repeat((byte)5, EvmAddress.Size)]));

    private readonly CrashingVoteFiles _files = new(new Random(1));

    [Fact]
    public void SameSettlement_GivesTheSameSignatureAndWritesNothing()
    {
        using var log = Open(_files);
        var first = log.SignSettlement(Settlement(1, 7, 1), Domain);
        _files.Fails = true;

        Assert.Equal(first, log.SignSettlement(Settlement(1, 7, 1), Domain));
        Assert.True(Bls.Verify(log.PublicKey, Settlement(1, 7, 1).Digest(Domain).ToArray(), first));
    }

    [Fact]
    public void Settlements_AreSignedInTheirOrder_AlsoAfterNewPartsAndRestarts()
    {
        using (var log = Open(_files))
        {
            Refused(log, Settlement(0, 9, 1));
            log.SignSettlement(Settlement(2, 7, 1), Domain);
            Refused(log, Settlement(2, 7, 2));
            Refused(log, Settlement(2, 6, 1));
            Refused(log, Settlement(1, 8, 1));
            log.SignSettlement(Settlement(2, 8, 2), Domain);
            for (var epoch = 1ul; epoch < 10; epoch++)
            {
                log.Sign(epoch, [new MemberVote(VoteKind.Receipt, Word(1), Word(1))], Word(9));
            }
        }
        using var again = Open(_files);

        Refused(again, Settlement(2, 7, 1));
        Refused(again, Settlement(2, 8, 1));
        again.SignSettlement(Settlement(2, 8, 2), Domain);
        again.SignSettlement(Settlement(3, 1, 1), Domain);
    }

    [Fact]
    public void EpochOfTheChain_IsNoEpochOfTheMarket()
    {
        using var log = Open(_files);
        log.Sign(3, [new MemberVote(VoteKind.Share, default, Word(1))], Word(9));
        var before = (log.Floor, log.Newest);
        log.SignSettlement(Settlement(1, 1_000_000_000, 1), Domain);

        Assert.Equal(before, (log.Floor, log.Newest));
        log.Sign(3, [new MemberVote(VoteKind.Receipt, Word(1), Word(1))], Word(9));
    }

    /// <summary>Programs of before go on with the log of a worker that has signed none.</summary>
    [Fact]
    public void Head_IsOfTheNextVersion_FromTheFirstSettlementOn()
    {
        using (var log = Open(_files))
        {
            log.Sign(3, [new MemberVote(VoteKind.Share, default, Word(1))], Word(9));
        }
        Assert.True(_files.Read(Name).AsSpan().StartsWith("market votes 2\r\n"u8));
        using (var log = Open(_files))
        {
            log.SignSettlement(Settlement(1, 7, 1), Domain);
        }

        Assert.True(_files.Read(Name).AsSpan().StartsWith("market votes 3\r\n"u8));
        using var again = Open(_files);
        Refused(again, Settlement(1, 7, 2));
        Assert.Throws<VoteRefusedException>(() => again.Sign(3, [new MemberVote(VoteKind.Share, default, Word(2))], Word(9)));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void HeadThatIsPutBack_IsAnOldCopy(bool isFirst)
    {
        using (var log = Open(_files))
        {
            if (!isFirst)
            {
                log.SignSettlement(Settlement(1, 7, 1), Domain);
            }
        }
        var copy = _files.Read(Name)!;
        using (var log = Open(_files))
        {
            log.SignSettlement(Settlement(2, 7, 1), Domain);
        }
        _files.Replace(Name, copy);

        Assert.Contains("old copy", Assert.Throws<VoteLogException>(() => Open(_files)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryDamageOfTheHead_IsRefused()
    {
        using (var log = Open(_files))
        {
            log.SignSettlement(Settlement(1, 7, 1), Domain);
        }
        var whole = _files.Read(Name)!;
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 1;
            _files.Replace(Name, damaged);
            Assert.Throws<VoteLogException>(() => Open(_files));
            _files.Replace(Name, whole[..at]);
            Assert.Throws<VoteLogException>(() => Open(_files));
        }
        _files.Replace(Name, whole);
        Open(_files).Dispose();
    }

    /// <summary>After the torn end of other votes settlements go on: it was none of theirs.</summary>
    [Fact]
    public void TornEnd_LeavesSettlements()
    {
        using (var log = Open(_files))
        {
            log.SignSettlement(Settlement(1, 7, 1), Domain);
            log.Sign(3, [new MemberVote(VoteKind.Share, default, Word(1))], Word(9));
        }
        var part = Enumerable.Range(1, 9).Select(number => $"{Name}.{number}").Last(_files.Exists);
        _files.Replace(part, _files.Read(part)![..^1]);
        using var again = Open(_files);

        Assert.Equal(4ul, again.Floor);
        Refused(again, Settlement(1, 7, 2));
        again.SignSettlement(Settlement(1, 7, 1), Domain);
        again.SignSettlement(Settlement(1, 8, 2), Domain);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void FaultAtEachCall_NeverGivesOnePlaceTwoHashes(bool isPowerCut)
    {
        var faults = 0;
        for (var at = 0; ; at++)
        {
            var hits = Enumerable.Range(1, Seeds).Count(seed => new Case(seed).Run(at, isPowerCut));
            faults += hits;
            if (hits == 0)
            {
                break;
            }
        }

        Assert.True(faults > 50 * Seeds, $"{faults} faults");
    }

    internal static Settlement Settlement(ulong number, ulong epoch, int books) =>
        new()
        {
            Number = number,
            Epoch = epoch,
            ChainBlock = 100,
            Accounts = Word(books),
            Receipts = default,
            Earned = TokenAmount.Zero,
            Spent = TokenAmount.Zero,
        };

    private static VoteLog Open(CrashingVoteFiles files)
    {
        var log = VoteLog.Exists(files)
            ? VoteLog.Open(files, Worker, HastyClock.Instance)
            : VoteLog.Create(files, BlsSecretKey.FromSeed(new byte[BlsSecretKey.SeedSizeMin]), Worker, HastyClock.Instance);
        log.Bind(Domain.Id);
        return log;
    }

    private static void Refused(VoteLog log, Settlement settlement) =>
        Assert.Throws<VoteRefusedException>(() => log.SignSettlement(settlement, Domain));

    private static Bytes32 Word(int number)
    {
        var bytes = new byte[Bytes32.Size];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return new Bytes32(bytes);
    }

    /// <summary>Settlements between other votes, which begin new parts.</summary>
    private sealed class Case(int seed)
    {
        private static readonly (ulong Number, ulong Epoch)[] Places = [(1, 5), (1, 6), (2, 6), (4, 6), (4, 9), (5, 9)];

        private readonly CrashingVoteFiles _files = new(new Random(seed));
        private readonly Dictionary<(ulong, ulong), Bytes32> _signed = [];
        private (ulong, ulong) _last;

        /// <returns>Whether there were so many calls that the fault came.</returns>
        public bool Run(int at, bool isPowerCut)
        {
            (_files.CallsLeft, _files.CallsBeforeFailure) = isPowerCut ? (at, int.MaxValue) : (int.MaxValue, at);
            var isHit = !Vote(books: 1, Places[..3]) || !Vote(books: 1, Places[3..]);
            Recover(isPowerCut);
            Assert.True(Vote(books: 2, Places), $"Fault at {at}, seed {seed}: the log does not open.");
            Recover(isPowerCut: true);
            Assert.True(Vote(books: 1, Places), $"Fault at {at}, seed {seed}: the log does not open again.");
            Assert.Equal((5ul, 9ul), _last);
            return isHit;
        }

        private void Recover(bool isPowerCut)
        {
            if (isPowerCut)
            {
                _files.Reboot();
            }
            (_files.CallsLeft, _files.CallsBeforeFailure) = (int.MaxValue, int.MaxValue);
        }

        /// <returns>Whether the log could be used to the end.</returns>
        private bool Vote(int books, (ulong Number, ulong Epoch)[] places)
        {
            try
            {
                using var log = Open(_files);
                foreach (var place in places)
                {
                    Other(log);
                    Vote(log, place, books);
                }
                return true;
            }
            catch (Exception failure) when (failure is CrashingVoteFiles.PowerCut or VoteLogException)
            {
                return false;
            }
        }

        /// <summary>An epoch further, so that parts begin and are removed.</summary>
        private static void Other(VoteLog log)
        {
            try
            {
                log.Sign(log.Newest + 1, [new MemberVote(VoteKind.Receipt, Word(1), Word(1))], Word(9));
            }
            catch (VoteRefusedException) { }
        }

        private void Vote(VoteLog log, (ulong Number, ulong Epoch) place, int books)
        {
            var settlement = Settlement(place.Number, place.Epoch, books);
            try
            {
                log.SignSettlement(settlement, Domain);
            }
            catch (VoteRefusedException)
            {
                return;
            }
            Assert.True(
                place.CompareTo(_last) >= 0 && _signed.GetValueOrDefault(place, settlement.Hash()) == settlement.Hash(),
                $"Seed {seed}: {place} was signed after {_last}, or with two hashes."
            );
            (_last, _signed[place]) = (place, settlement.Hash());
        }
    }

    /// <summary>Each look at it is an hour later, so that the next epoch may have begun.</summary>
    private sealed class HastyClock : TimeProvider
    {
        public static readonly TimeProvider Instance = new HastyClock();

        private long _looks;

        public override DateTimeOffset GetUtcNow() =>
            VoteLogPolicy.EpochsBegan + TimeSpan.FromHours(Interlocked.Increment(ref _looks) % 1_000_000);
    }
}
