using Marketplace.Crypto;
using Marketplace.Testing;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker.Committees;

public sealed class VoteLogTests
{
    private const string Name = "committee.votes";

    private readonly CrashingVoteFiles _files = new(new Random(1));

    [Fact]
    public void SameVote_GivesTheSameSignatureAndWritesNothing()
    {
        using var log = Create();
        var first = log.Sign(3, [Vote(1, 1)], Word(9));
        _files.Fails = true;

        Assert.Equal(first, log.Sign(3, [Vote(1, 1)], Word(9)));
    }

    [Fact]
    public void OtherVote_IsRefusedAlsoLater()
    {
        using (var log = Create())
        {
            log.Sign(3, [Vote(1, 1)], Word(9));

            Assert.Contains("contradict", Refused(log, 3, Vote(1, 2)), StringComparison.Ordinal);
            log.Sign(4, [Vote(1, 2)], Word(9));
            log.Sign(3, [Vote(2, 2)], Word(9));
        }
        using var again = VoteLog.Open(_files, 0);

        Refused(again, 3, Vote(1, 2));
        Refused(again, 3, Vote(2, 1));
        Refused(again, 3, Vote(5, 1), Vote(5, 2));
        again.Sign(3, [Vote(1, 1), Vote(1, 1)], Word(9));
    }

    /// <summary>Nothing of a refused statement counts: its other votes may still be cast otherwise.</summary>
    [Fact]
    public void RefusedStatement_LeavesNothing()
    {
        using var log = Create();
        log.Sign(3, [Vote(1, 1)], Word(9));

        Refused(log, 3, Vote(2, 1), Vote(1, 2));
        log.Sign(3, [Vote(2, 2)], Word(9));
    }

    [Fact]
    public void Floor_IsKeptAndNeverFalls()
    {
        using (var log = Create())
        {
            log.Sign(3, [Vote(1, 1)], Word(9));
            log.RaiseFloor(5);
            log.RaiseFloor(4);

            Assert.Equal(5ul, log.Floor);
            Refused(log, 3, Vote(1, 1));
        }
        using var again = VoteLog.Open(_files, 0);

        Assert.Equal((5ul, 4ul), (again.Floor, again.Newest));
        Assert.Contains("floor", Refused(again, 4, Vote(1, 1)), StringComparison.Ordinal);
        again.Sign(5, [Vote(1, 1)], Word(9));
    }

    [Fact]
    public void FailedWrite_EndsTheLogUntilItIsOpenedAgain()
    {
        using var log = Create();
        _files.Fails = true;
        Assert.Throws<VoteLogException>(() => log.Sign(3, [Vote(1, 1)], Word(9)));
        _files.Fails = false;

        Assert.Throws<VoteLogException>(() => log.Sign(3, [Vote(1, 1)], Word(9)));
    }

    [Fact]
    public void CopyThatIsOlderThanWhatIsKnown_VotesInLaterEpochsOnly()
    {
        byte[] copy;
        using (var log = Create())
        {
            log.Sign(3, [Vote(1, 1)], Word(9));
            copy = _files.Read(Name)!;
            log.Sign(4, [Vote(1, 1)], Word(9));
        }
        _files.Replace(Name, copy);
        using var old = VoteLog.Open(_files, newestKnown: 4);

        Refused(old, 4, Vote(1, 2));
        old.Sign(5, [Vote(1, 2)], Word(9));
    }

    /// <summary>The last write is torn or damaged: which of both, nothing tells, so its epoch is over.</summary>
    [Fact]
    public void EveryDamageOfTheLastVote_EndsItsEpoch()
    {
        byte[] before,
            after;
        using (var log = Create())
        {
            log.Sign(3, [Vote(1, 1)], Word(9));
            before = _files.Read(Name)!;
            log.Sign(3, [Vote(2, 1)], Word(9));
            after = _files.Read(Name)!;
        }
        for (var at = before.Length; at < after.Length; at++)
        {
            var flipped = (byte[])after.Clone();
            flipped[at] ^= 1;
            AssertEpochIsOver(flipped);
            if (at > before.Length)
            {
                AssertEpochIsOver(after[..at]);
            }
        }

        void AssertEpochIsOver(byte[] bytes)
        {
            _files.Replace(Name, bytes);
            using var log = VoteLog.Open(_files, 0);
            Assert.Equal(4ul, log.Floor);
            Refused(log, 3, Vote(2, 2));
        }
    }

    [Fact]
    public void EveryDamageBeforeTheLastVote_IsRefused()
    {
        byte[] bytes;
        using (var log = Create())
        {
            log.Sign(3, [Vote(1, 1)], Word(9));
            bytes = _files.Read(Name)!;
            log.Sign(3, [Vote(2, 1)], Word(9));
        }
        var all = _files.Read(Name)!;
        for (var at = 0; at < bytes.Length; at++)
        {
            var flipped = (byte[])all.Clone();
            flipped[at] ^= 1;
            _files.Replace(Name, flipped);

            Assert.Throws<VoteLogException>(() => VoteLog.Open(_files, 0));
        }
    }

    [Fact]
    public void LogAndKey_AreMadeOnce()
    {
        Assert.Throws<VoteLogException>(() => VoteLog.Open(_files, 0));
        BlsPublicKey key;
        using (var log = Create())
        {
            key = log.PublicKey;
        }

        Assert.Throws<VoteLogException>(Create);
        using var again = VoteLog.Open(_files, 0);
        Assert.Equal(key, again.PublicKey);
        Assert.True(Bls.TryProvePossession(key, again.ProvePossession(), out _));
    }

    [Fact, TestsBound(typeof(VoteLogPolicy), nameof(VoteLogPolicy.VotesPerWriteMax))]
    public void StatementOfTooManyVotes_IsRefused()
    {
        using var log = Create();
        MemberVote[] votes = [.. Enumerable.Range(0, VoteLogPolicy.VotesPerWriteMax).Select(number => Vote(number, 1))];

        log.Sign(1, votes, Word(9));
        Assert.Throws<ArgumentException>(() => log.Sign(2, [.. votes, Vote(-1, 1)], Word(9)));
        Assert.Throws<ArgumentException>(() => log.Sign(2, [], Word(9)));
    }

    [Fact, TestsBound(typeof(VoteLogPolicy), nameof(VoteLogPolicy.VotesMax))]
    public void LogThatIsFull_TakesVotesWhenItsFloorIsRaised()
    {
        using var log = Create();
        for (var start = 0; start < VoteLogPolicy.VotesMax; start += VoteLogPolicy.VotesPerWriteMax)
        {
            log.Sign(1, [.. Enumerable.Range(start, VoteLogPolicy.VotesPerWriteMax).Select(number => Vote(number, 1))], Word(9));
        }

        Assert.Contains("raise its floor", Refused(log, 2, Vote(1, 1)), StringComparison.Ordinal);
        log.RaiseFloor(2);
        log.Sign(2, [Vote(1, 1)], Word(9));
    }

    /// <summary>Power cuts at every kind of call. <c>verify committee</c> runs more of them.</summary>
    [Fact]
    public void RandomVotesAndCrashes_NeverSignTwice()
    {
        var (crashes, signatures, refusals) = (0, 0, 0);
        for (var seed = 1; seed <= 20; seed++)
        {
            var run = new VoteRuns(seed);
            Assert.Null(run.Run(steps: 60));
            (crashes, signatures, refusals) = (crashes + run.Crashes, signatures + run.Signatures, refusals + run.Refusals);
        }

        Assert.True(crashes > 50 && signatures > 100 && refusals > 50, $"{crashes} crashes, {signatures} signatures, {refusals} refusals");
    }

    [Fact]
    public void RealFolder_HasOneProcessAtATime()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        BlsSignature signature;
        using (var files = new VoteFiles(folder))
        {
            using var log = VoteLog.Create(files, BlsSecretKey.FromSeed(new byte[BlsSecretKey.SeedSizeMin]));
            signature = log.Sign(3, [Vote(1, 1)], Word(9));

            var taken = Assert.Throws<VoteLogException>(() =>
            {
                new VoteFiles(folder).Dispose();
            });
            Assert.Contains("Another process", taken.Message, StringComparison.Ordinal);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(OwnerFile.Mode, File.GetUnixFileMode(files.PathOf(Name)));
            }
        }
        using (var files = new VoteFiles(folder))
        {
            using var again = VoteLog.Open(files, 0);

            Refused(again, 3, Vote(1, 2));
            Assert.Equal(signature, again.Sign(3, [Vote(1, 1)], Word(9)));
        }
        Directory.Delete(folder, recursive: true);
    }

    private VoteLog Create() => VoteLog.Create(_files, BlsSecretKey.FromSeed(new byte[BlsSecretKey.SeedSizeMin]));

    private static string Refused(VoteLog log, ulong epoch, params MemberVote[] votes) =>
        Assert.Throws<VoteRefusedException>(() => log.Sign(epoch, votes, Word(9))).Message;

    private static MemberVote Vote(int subject, int digest) => new(VoteKind.Receipt, Word(subject), Word(digest));

    private static Bytes32 Word(int number) => new([.. BitConverter.GetBytes(number), .. new byte[Bytes32.Size - sizeof(int)]]);
}
