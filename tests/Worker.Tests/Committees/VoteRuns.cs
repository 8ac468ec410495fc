using Marketplace.Crypto;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker.Committees;

/// <summary>
/// A worker that is asked for votes at random, contradictory ones too, and loses power at random. Every signature that it gave is
/// remembered; two that contradict each other are a violation.
/// </summary>
public sealed class VoteRuns(int seed)
{
    private const int Epochs = 6;
    private const int Subjects = 3;

    /// <summary>A few writes, so that most crashes are near the end of a part.</summary>
    private const int PartBytesMax = 1_000;

    private static readonly WorkerId Worker = new(new Bytes32([.. Enumerable.Repeat((byte)1, Bytes32.Size)]));
    private static readonly Bytes32 Market = new([.. Enumerable.Repeat((byte)2, Bytes32.Size)]);
    private static readonly TimeProvider Clock = new HastyClock();

    private readonly Random _random = new(seed);
    private readonly Dictionary<(ulong, VoteKind, Bytes32), Bytes32> _signed = [];
    private ulong _floor;

    public int Crashes { get; private set; }

    public int Signatures { get; private set; }

    public int Refusals { get; private set; }

    /// <returns>What went wrong; null: nothing.</returns>
    public string? Run(int steps)
    {
        var files = new CrashingVoteFiles(_random);
        using (var first = VoteLog.Create(files, BlsSecretKey.FromSeed(new byte[BlsSecretKey.SeedSizeMin]), Worker, Clock))
        {
            first.Bind(Market);
        }
        VoteLog? log = null;
        for (var step = 0; step < steps; step++)
        {
            if (_random.Next(8) == 0)
            {
                files.CallsLeft = _random.Next(12);
            }
            try
            {
                log ??= VoteLog.Open(files, Worker, Clock);
                log.PartBytesMax = PartBytesMax;
                if (Step(log) is { } violation)
                {
                    return $"Seed {seed}, step {step}: {violation}";
                }
            }
            catch (CrashingVoteFiles.PowerCut)
            {
                Crashes++;
                files.Reboot();
                log = null;
            }
            if (log is not null && _random.Next(20) == 0)
            {
                log.Dispose();
                log = null;
            }
        }
        return null;
    }

    private string? Step(VoteLog log)
    {
        if (log.Floor < _floor)
        {
            return $"The floor was {_floor}, and is {log.Floor}.";
        }
        _floor = log.Floor;
        var epoch = log.Newest + (ulong)_random.Next(Epochs);
        epoch -= Math.Min(epoch, (ulong)_random.Next(Epochs));
        var votes = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => new MemberVote(AnyKind(), Word(Subjects), Word(2))).ToArray();
        try
        {
            log.Sign(epoch, votes, Word(2));
        }
        catch (VoteRefusedException)
        {
            Refusals++;
            return null;
        }
        Signatures++;
        if (epoch < _floor)
        {
            return $"Epoch {epoch} is below the floor {_floor}, and was signed.";
        }
        foreach (var vote in votes)
        {
            var earlier = _signed.GetValueOrDefault((epoch, vote.Kind, vote.Subject), vote.Digest);
            if (earlier != vote.Digest)
            {
                return $"Epoch {epoch}, {vote.Kind} {vote.Subject}: {earlier} was signed, and then {vote.Digest}.";
            }
            _signed[(epoch, vote.Kind, vote.Subject)] = vote.Digest;
        }
        return null;
    }

    private VoteKind AnyKind() => _random.Next(2) == 0 ? VoteKind.Share : VoteKind.Receipt;

    private Bytes32 Word(int count)
    {
        var bytes = new byte[Bytes32.Size];
        bytes[0] = (byte)_random.Next(count);
        return new Bytes32(bytes);
    }

    /// <summary>Each look at it is a day later, so that any epoch may have begun.</summary>
    private sealed class HastyClock : TimeProvider
    {
        private long _looks;

        public override DateTimeOffset GetUtcNow() =>
            VoteLogPolicy.EpochsBegan + TimeSpan.FromDays(Interlocked.Increment(ref _looks) % 1_000_000);
    }
}
