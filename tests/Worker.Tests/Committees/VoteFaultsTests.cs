using Marketplace.Crypto;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker.Committees;

/// <summary>
/// A log that begins, votes in several epochs and over many parts, and is opened again: a power cut, or a disk that fails once, at each of
/// its calls. After it the member is asked for the contrary of all that it may have voted, and then for the first again.
/// </summary>
public sealed class VoteFaultsTests
{
    private const int Seeds = 3;

    /// <summary>A write or two.</summary>
    private const int PartBytesMax = 300;

    private static readonly WorkerId Worker = new(Word(77));

    private static readonly (ulong Epoch, int Subject)[] Statements = [(1, 1), (1, 2), (1, 3), (2, 1), (1, 4), (4, 1), (3, 1), (4, 2)];

    [Theory, InlineData(false), InlineData(true)]
    public void FaultAtEachCall_NeverMakesAMemberContradictItself_NorLosesItsKey(bool isPowerCut)
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

    /// <summary>A vote is on the disk, and what failed then is no disk: the log that lives on must not forget it.</summary>
    [Fact]
    public void FailureOfAnyKind_EndsTheLogUntilItIsOpenedAgain()
    {
        var files = new CrashingVoteFiles(new Random(1));
        var vote = new MemberVote(VoteKind.Receipt, Word(1), Word(1));
        for (var at = 0; at < 3; at++)
        {
            using var log = VoteLog.Exists(files)
                ? VoteLog.Open(files, Worker, Clock.Late)
                : VoteLog.Create(files, BlsSecretKey.FromSeed(new byte[BlsSecretKey.SeedSizeMin]), Worker, Clock.Late);
            log.Bind(Word(78));
            log.Sign(1, [vote with { Subject = Word(1000 + at) }], Word(9));
            files.CallsLeft = at;

            Assert.Throws<CrashingVoteFiles.PowerCut>(() => log.Sign(1, [vote with { Subject = Word(at) }], Word(9)));
            files.CallsLeft = int.MaxValue;
            Assert.Throws<VoteLogException>(() => log.Sign(1, [vote with { Subject = Word(at), Digest = Word(2) }], Word(9)));
        }
    }

    /// <summary>An operator takes the lock for a leftover and deletes it; or moves the folder, and another begins in its place.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void LockThatIsGone_LetsNoTwoProcessesVote(bool isMoved)
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var (place, moved) = (Path.Combine(folder, "worker"), Path.Combine(folder, "moved"));
        Directory.CreateDirectory(place);
        using var first = new VoteFiles(place);
        using var log = VoteLog.Create(first, BlsSecretKey.FromSeed(new byte[BlsSecretKey.SeedSizeMin]), Worker, Clock.Late);
        log.Bind(Word(78));
        Sign(log, 1, 1);
        if (isMoved)
        {
            Directory.Move(place, moved);
            Directory.CreateDirectory(place);
        }
        else
        {
            File.Delete(Path.Combine(place, "committee.lock"));
        }
        using var second = new VoteFiles(place);
        using var other = VoteLog.Exists(second)
            ? VoteLog.Open(second, Worker, Clock.Late)
            : VoteLog.Create(second, BlsSecretKey.FromSeed([.. Enumerable.Repeat((byte)5, 32)]), Worker, Clock.Late);
        other.Bind(Word(78));
        Sign(other, 2, 1);

        var refused = Assert.Throws<VoteLogException>(() => Sign(log, 2, 2));
        Assert.Contains("moved", refused.Message, StringComparison.Ordinal);
        Assert.Throws<VoteLogException>(() => Sign(log, 3, 1));
        Sign(other, 3, 1);
        Directory.Delete(folder, recursive: true);

        static void Sign(VoteLog log, int subject, int digest) =>
            log.Sign(1, [new MemberVote(VoteKind.Receipt, Word(subject), Word(digest))], Word(9));
    }

    /// <summary>The epoch that it knows goes on; for the next one it waits, and is told what to do.</summary>
    [Theory, InlineData(-400), InlineData(4000)]
    public void ClockThatWasWrong_MakesItWait_AndContradictNothing(int days)
    {
        var (files, clock) = (new CrashingVoteFiles(new Random(1)), new SettableTime(TimeProvider.System));
        using var log = VoteLog.Create(files, BlsSecretKey.FromSeed(new byte[BlsSecretKey.SeedSizeMin]), Worker, clock);
        log.Bind(Word(78));
        clock.Set(days > 0 ? TimeSpan.FromDays(days) : TimeSpan.Zero);
        Sign(log, 5, 1);
        clock.Set(-TimeSpan.FromDays(Math.Abs(days)));

        Sign(log, 5, 1);
        Assert.Throws<VoteRefusedException>(() => Sign(log, 5, 2));
        var refused = Assert.Throws<VoteRefusedException>(() => Sign(log, 5 + VoteLogPolicy.EpochsAheadMax + 1, 1));
        Assert.Contains("set the clock", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Move the files", refused.Message, StringComparison.Ordinal);
        Assert.Equal((3ul, 5ul), (log.Floor, log.Newest));

        static void Sign(VoteLog log, ulong epoch, int digest) =>
            log.Sign(epoch, [new MemberVote(VoteKind.Receipt, Word(1), Word(digest))], Word(9));
    }

    private static Bytes32 Word(int number) => new([.. BitConverter.GetBytes(number), .. new byte[Bytes32.Size - sizeof(int)]]);

    private sealed class Case(int seed)
    {
        private readonly CrashingVoteFiles _files = new(new Random(seed));
        private readonly Dictionary<(ulong, int), int> _signed = [];
        private BlsPublicKey? _key;

        /// <returns>Whether there were so many calls that the fault came.</returns>
        public bool Run(int at, bool isPowerCut)
        {
            if (isPowerCut)
            {
                _files.CallsLeft = at;
            }
            else
            {
                _files.CallsBeforeFailure = at;
            }
            var isHit = false;
            for (var half = 0; half < 2 && !isHit; half++)
            {
                isHit = !Vote(digest: 1, Statements[(4 * half)..(4 + (4 * half))]);
            }
            Recover(isPowerCut);
            Assert.True(Vote(digest: 2, Statements), $"Fault at {at}, seed {seed}: the log does not open.");
            // What stood in memory only is gone now, also where the disk had failed without a power cut.
            Recover(isPowerCut: true);
            Assert.True(Vote(digest: 1, Statements), $"Fault at {at}, seed {seed}: the log does not open again.");
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
        private bool Vote(int digest, (ulong Epoch, int Subject)[] statements)
        {
            VoteLog? log = null;
            try
            {
                log = VoteLog.Exists(_files)
                    ? VoteLog.Open(_files, Worker, Clock.Late)
                    : VoteLog.Create(_files, NewKey(), Worker, Clock.Late);
                log.PartBytesMax = PartBytesMax;
                log.Bind(Word(78));
                // The key may have been registered: it is not to be another one later.
                Assert.Equal(_key ??= log.PublicKey, log.PublicKey);
                foreach (var statement in statements)
                {
                    Vote(log, statement, digest);
                }
                return true;
            }
            catch (CrashingVoteFiles.PowerCut)
            {
                return false;
            }
            catch (VoteLogException)
            {
                return false;
            }
            finally
            {
                log?.Dispose();
            }
        }

        private void Vote(VoteLog log, (ulong Epoch, int Subject) statement, int digest)
        {
            try
            {
                log.Sign(statement.Epoch, [new MemberVote(VoteKind.Receipt, Word(statement.Subject), Word(digest))], Word(9));
            }
            catch (VoteRefusedException)
            {
                return;
            }
            Assert.True(
                _signed.GetValueOrDefault(statement, digest) == digest,
                $"Seed {seed}: {statement} was signed with the digest {_signed.GetValueOrDefault(statement)}, and then with {digest}."
            );
            _signed[statement] = digest;
        }

        /// <summary>Another one each time, as a worker makes it.</summary>
        private BlsSecretKey NewKey() => BlsSecretKey.FromSeed([.. BitConverter.GetBytes(_key is null ? seed : -seed), .. new byte[60]]);
    }

    /// <summary>All epochs can have begun.</summary>
    private sealed class Clock : TimeProvider
    {
        public static readonly TimeProvider Late = new Clock();

        public override DateTimeOffset GetUtcNow() => VoteLogPolicy.EpochsBegan + TimeSpan.FromDays(1);
    }
}
