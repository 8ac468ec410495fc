using Marketplace.Crypto;
using Marketplace.Testing;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker.Committees;

public sealed class VoteLogTests
{
    private const string Name = "committee.votes";

    /// <summary>That of the first epoch in which is voted; the one before is empty.</summary>
    private const string Part = "committee.votes.2";
    private const string NextPart = "committee.votes.3";
    private const string Note = "committee.votes.count";

    private static readonly WorkerId Worker = new(Word(77));
    private static readonly Bytes32 Market = Word(78);

    private readonly CrashingVoteFiles _files = new(new Random(1));
    private readonly SettableTime _clock = new(TimeProvider.System);

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
        using var again = Open();

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
    public void Floor_FollowsTheEpochsAndNeverFalls()
    {
        using (var log = Create())
        {
            log.Sign(3, [Vote(1, 1)], Word(9));
            _clock.Set(4 * VoteLogPolicy.EpochStepMin);
            log.Sign(7, [Vote(1, 1)], Word(9));
            log.Sign(5, [Vote(1, 1)], Word(9));

            Assert.Equal(5ul, log.Floor);
            Refused(log, 3, Vote(1, 1));
            Assert.Equal([Vote(1, 1)], log.Contradicted(4, [Vote(1, 1)]));
        }
        using var again = Open();

        Assert.Equal((5ul, 7ul), (again.Floor, again.Newest));
        Assert.Contains("floor", Refused(again, 4, Vote(1, 1)), StringComparison.Ordinal);
        Refused(again, 5, Vote(1, 2));
        again.Sign(6, [Vote(1, 2)], Word(9));
    }

    /// <summary>A market that makes up a number must not keep the key from voting ever after.</summary>
    [Fact, TestsBound(typeof(VoteLogPolicy), nameof(VoteLogPolicy.EpochsAheadMax))]
    public void EpochThatCannotHaveBegun_IsRefusedAndChangesNothing()
    {
        using var log = Create();
        Assert.Contains("cannot have begun", Refused(log, 1ul << 62, Vote(1, 1)), StringComparison.Ordinal);
        Refused(log, ulong.MaxValue - 1, Vote(1, 1));
        log.Sign(1000, [Vote(1, 1)], Word(9));

        var next = 1000ul + VoteLogPolicy.EpochsAheadMax;
        Assert.Contains("clock", Refused(log, next + 1, Vote(1, 1)), StringComparison.Ordinal);
        log.Sign(next, [Vote(1, 1)], Word(9));
        Refused(log, next + 1, Vote(1, 1));
        Assert.Equal((1000ul, next), (log.Floor, log.Newest));
    }

    /// <summary>Each step costs its time, however small the steps are; what went by while the worker was away counts.</summary>
    [Fact, TestsBound(typeof(VoteLogPolicy), nameof(VoteLogPolicy.EpochStepMin))]
    public void Epochs_ComeNoFasterThanTheyCan()
    {
        ulong newest = 1000 + VoteLogPolicy.EpochsAheadMax;
        using (var log = Create())
        {
            for (var epoch = 1000ul; epoch <= newest; epoch++)
            {
                log.Sign(epoch, [Vote(1, 1)], Word(9));
            }
            Refused(log, newest + 1, Vote(1, 1));
        }
        _clock.Set(24 * 60 * VoteLogPolicy.EpochStepMin);
        using var again = Open();

        Refused(again, newest + (24 * 60) + 1, Vote(1, 1));
        again.Sign(newest + (24 * 60), [Vote(1, 1)], Word(9));
        Refused(again, newest + (24 * 60) + 1, Vote(1, 1));
        _clock.Set(VoteLogPolicy.EpochStepMin);
        again.Sign(newest + (24 * 60) + 1, [Vote(1, 1)], Word(9));
    }

    [Fact]
    public void Log_IsOfOneWorkerAndOneMarket()
    {
        using (var log = VoteLog.Create(_files, BlsSecretKey.FromSeed(new byte[BlsSecretKey.SeedSizeMin]), Worker, _clock))
        {
            Assert.Throws<InvalidOperationException>(() => log.Sign(3, [Vote(1, 1)], Word(9)));
            log.Bind(Market);
        }
        using (var again = VoteLog.Open(_files, Worker, _clock))
        {
            Assert.Equal(Market, again.Market);
            again.Bind(Market);
            var other = Assert.Throws<VoteLogException>(() => again.Bind(Word(79)));
            Assert.Contains($"{Market}", other.Message, StringComparison.Ordinal);
            again.Sign(3, [Vote(1, 1)], Word(9));
        }
        var wrong = Assert.Throws<VoteLogException>(() => VoteLog.Open(_files, new WorkerId(Word(80)), _clock));
        Assert.Contains($"{Worker}", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EarlierForm_IsRefusedWithWhatToDo()
    {
        _files.Replace(Name, [.. "market votes 1\r\n"u8, .. new byte[80]]);

        var refused = Assert.Throws<VoteLogException>(Open);
        Assert.Contains("form 1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Move the files", refused.Message, StringComparison.Ordinal);
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

    /// <summary>Whichever of the files is put back, or all but the count.</summary>
    [Theory]
    [InlineData(Part)]
    [InlineData(Name)]
    [InlineData(Name, Part)]
    [InlineData(NextPart)]
    [InlineData(Name, Part, NextPart)]
    public void OldCopyThatIsPutBack_IsRefused(params string[] files)
    {
        var copies = new Dictionary<string, byte[]>();
        using (var log = Create())
        {
            log.Sign(3, [Vote(1, 1)], Word(9));
            if (files.Contains(NextPart))
            {
                log.Sign(4, [Vote(1, 1)], Word(9));
                Keep();
                log.Sign(4, [Vote(2, 1)], Word(9));
            }
            else
            {
                Keep();
                log.Sign(3, [Vote(2, 1)], Word(9));
                log.Sign(4, [Vote(1, 1)], Word(9));
            }
        }
        foreach (var (name, bytes) in copies)
        {
            _files.Replace(name, bytes);
        }

        Assert.Contains("old copy", Assert.Throws<VoteLogException>(Open).Message, StringComparison.Ordinal);

        void Keep()
        {
            foreach (var name in files)
            {
                copies[name] = _files.Read(name)!;
            }
        }
    }

    [Fact]
    public void LogOfAnEarlierKey_IsRefused()
    {
        using (var first = Create())
        {
            first.Sign(3, [Vote(1, 1)], Word(9));
        }
        var copy = _files.Read(Name)!;
        var part = _files.Read(Part)!;
        _files.Delete(Name);
        using (var other = VoteLog.Create(_files, BlsSecretKey.FromSeed([.. Enumerable.Repeat((byte)5, 32)]), Worker, _clock))
        {
            other.Bind(Market);
            other.Sign(3, [Vote(1, 1)], Word(9));
        }
        _files.Replace(Name, copy);
        _files.Replace(Part, part);

        Assert.Contains("another key", Assert.Throws<VoteLogException>(Open).Message, StringComparison.Ordinal);
    }

    /// <summary>The parts that it has left behind are in nothing's way.</summary>
    [Fact]
    public void NewKey_BesidePartsOfTheOneBefore_VotesAndOpens()
    {
        using (var first = Create())
        {
            first.PartBytesMax = 1;
            for (var number = 0; number < 6; number++)
            {
                first.Sign(3, [Vote(number, 1)], Word(9));
            }
        }
        _files.Delete(Name);
        using (var other = VoteLog.Create(_files, BlsSecretKey.FromSeed([.. Enumerable.Repeat((byte)5, 32)]), Worker, _clock))
        {
            other.Bind(Market);
        }
        for (var number = 0; number < 10; number++)
        {
            using var log = Open();
            log.PartBytesMax = 1;
            log.Sign(3, [Vote(number, 2)], Word(9));
        }
        using var again = Open();
        Refused(again, 3, Vote(4, 1));
    }

    /// <summary>A count that a power cut has damaged or taken away says nothing.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void DamagedCount_KeepsNothingFromOpening(int size)
    {
        using (var log = Create())
        {
            log.Sign(3, [Vote(1, 1)], Word(9));
        }
        _files.Replace(Note, _files.Read(Note)![..size]);
        using var again = Open();

        Refused(again, 3, Vote(1, 2));
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
            before = _files.Read(Part)!;
            log.Sign(3, [Vote(2, 1)], Word(9));
            after = _files.Read(Part)!;
        }
        var (head, note) = (_files.Read(Name)!, _files.Read(Note)!);
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
            _files.Replace(Name, head);
            _files.Replace(Note, note);
            _files.Replace(Part, bytes);
            using (var log = Open())
            {
                Assert.Equal(4ul, log.Floor);
                Refused(log, 3, Vote(2, 2));
            }
            using var again = Open();
            Assert.Equal(4ul, again.Floor);
        }
    }

    [Fact]
    public void EveryDamageBeforeTheLastVote_IsRefused()
    {
        byte[] bytes;
        using (var log = Create())
        {
            log.Sign(3, [Vote(1, 1)], Word(9));
            bytes = _files.Read(Part)!;
            log.Sign(3, [Vote(2, 1)], Word(9));
        }
        foreach (var (name, size) in new[] { (Part, bytes.Length), (Name, _files.Read(Name)!.Length) })
        {
            var all = _files.Read(name)!;
            for (var at = 0; at < size; at++)
            {
                var flipped = (byte[])all.Clone();
                flipped[at] ^= 1;
                _files.Replace(name, flipped);

                Assert.Throws<VoteLogException>(Open);
            }
            _files.Replace(name, all);
        }
        Open().Dispose();
    }

    [Fact]
    public void LogAndKey_AreMadeOnce()
    {
        Assert.Throws<VoteLogException>(Open);
        BlsPublicKey key;
        using (var log = Create())
        {
            key = log.PublicKey;
        }

        Assert.Throws<VoteLogException>(Create);
        using var again = Open();
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

    /// <summary>The bound itself is a day's work; a smaller one is met alike.</summary>
    [Fact]
    public void EpochThatIsFull_TakesNoMore_AndTheNextOneDoes()
    {
        using var log = Create();
        log.VotesPerEpochMax = 3;
        log.Sign(1, [Vote(1, 1), Vote(2, 1), Vote(3, 1)], Word(9));

        Assert.Contains("takes 3", Refused(log, 1, Vote(4, 1)), StringComparison.Ordinal);
        log.Sign(1, [Vote(3, 1), Vote(1, 1)], Word(9));
        log.Sign(2, [Vote(4, 1)], Word(9));
    }

    /// <summary>Windows of a busy market for minutes, over many parts: none is refused, each vote is known again after a restart.</summary>
    [Fact]
    public void ManyVotesOfAnEpoch_AreAllKept()
    {
        const int Votes = 300_000;
        const int Batch = 1_000;
        using (var log = Create())
        {
            log.PartBytesMax = 2 << 20;
            for (var start = 0; start < Votes; start += Batch)
            {
                log.Sign(4, [.. Enumerable.Range(start, Batch).Select(number => Vote(number, number))], Word(9));
            }
        }
        using var again = Open();
        _files.Fails = true;

        for (var start = 0; start < Votes; start += Batch)
        {
            Assert.Empty(again.Contradicted(4, [.. Enumerable.Range(start, Batch).Select(number => Vote(number, number))]));
            again.Sign(4, [.. Enumerable.Range(start, Batch).Select(number => Vote(number, number))], Word(9));
            Assert.Equal(Batch, again.Contradicted(4, [.. Enumerable.Range(start, Batch).Select(number => Vote(number, -1))]).Count);
        }
    }

    [Fact, TestsBound(typeof(VoteLogPolicy), nameof(VoteLogPolicy.EpochsKept))]
    public void PartsOfEpochsThatAreOver_AreRemoved()
    {
        using var log = Create();
        log.PartBytesMax = 1;
        for (var epoch = 1; epoch <= 10; epoch++)
        {
            log.Sign((ulong)epoch, [Vote(1, 1)], Word(9));
            log.Sign((ulong)epoch, [Vote(2, 1)], Word(9));
            _clock.Set(VoteLogPolicy.EpochStepMin);
        }

        var parts = Enumerable.Range(1, 30).Where(number => _files.Exists($"{Name}.{number}")).ToArray();
        Assert.Equal(2 * VoteLogPolicy.EpochsKept, parts.Length);
        Assert.Equal(parts.Length - 1, parts[^1] - parts[0]);
    }

    [Fact]
    public void VoteTable_TellsVotesApart()
    {
        var (table, random, all) = (new VoteTable(), new Random(1), new Dictionary<ulong, ulong>());
        for (var number = 0; number < 200_000; number++)
        {
            var print = new VotePrint((ulong)random.NextInt64() << 1 | 1, (ulong)random.NextInt64());
            Assert.Null(table.IsSame(print));
            table.Add(print);
            all.Add(print.Subject, print.Digest);
        }

        Assert.Equal(all.Count, table.Count);
        Assert.All(all, vote => Assert.True(table.IsSame(new VotePrint(vote.Key, vote.Value))));
        Assert.All(all, vote => Assert.False(table.IsSame(new VotePrint(vote.Key, ~vote.Value))));
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
            using var log = VoteLog.Create(files, BlsSecretKey.FromSeed(new byte[BlsSecretKey.SeedSizeMin]), Worker, _clock);
            log.Bind(Market);
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
            using var again = VoteLog.Open(files, Worker, _clock);

            Refused(again, 3, Vote(1, 2));
            Assert.Equal(signature, again.Sign(3, [Vote(1, 1)], Word(9)));
        }
        Directory.Delete(folder, recursive: true);
    }

    private VoteLog Create()
    {
        var log = VoteLog.Create(_files, BlsSecretKey.FromSeed(new byte[BlsSecretKey.SeedSizeMin]), Worker, _clock);
        log.Bind(Market);
        return log;
    }

    private VoteLog Open() => VoteLog.Open(_files, Worker, _clock);

    private static string Refused(VoteLog log, ulong epoch, params MemberVote[] votes) =>
        Assert.Throws<VoteRefusedException>(() => log.Sign(epoch, votes, Word(9))).Message;

    private static MemberVote Vote(int subject, int digest) => new(VoteKind.Receipt, Word(subject), Word(digest));

    private static Bytes32 Word(int number) => new([.. BitConverter.GetBytes(number), .. new byte[Bytes32.Size - sizeof(int)]]);
}
