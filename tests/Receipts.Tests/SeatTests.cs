using Marketplace.Crypto;

namespace Marketplace.Receipts.Tests;

public sealed class SeatTests
{
    private static readonly Ed25519KeyPair[] Workers =
    [
        .. Enumerable
            .Range(1, 5)
            .Select(seed => new Ed25519KeyPair(Samples.Word((byte)seed).ToArray()))
            .OrderBy(worker => worker.PublicKey),
    ];

    [Theory]
    [InlineData("none", 1, true)]
    [InlineData("none", 2, false)]
    [InlineData("audit:10%", 1, true)]
    [InlineData("audit:0.1%", 2, true)]
    [InlineData("audit:10%", 3, false)]
    [InlineData("quorum:2/3", 1, false)]
    [InlineData("quorum:2/3", 2, true)]
    [InlineData("quorum:2/3", 3, true)]
    [InlineData("quorum:2/3", 4, false)]
    [InlineData("quorum:2/4", 2, false)]
    [InlineData("quorum:03/4", 3, false)]
    [InlineData("audit:10.0%", 1, false)]
    public void Seats_FitTheAssurance(string assurance, int seats, bool holds) =>
        Assert.Equal(holds ? [] : ["words"], Broken(File(assurance, [.. Workers.Take(seats)])));

    [Fact]
    public void NoSeat_IsNoRun() => Assert.Equal(["words", "workers' signatures"], Broken(File("none", [])));

    [Fact]
    public void SeatsOutOfOrderOrTwice_AreBroken()
    {
        Assert.Equal(["words"], Broken(File("quorum:2/3", [Workers[1], Workers[0]])));
        Assert.Equal(["words"], Broken(File("quorum:2/3", [Workers[0], Workers[0]])));
    }

    [Fact]
    public void EachSeat_NeedsItsOwnSignature()
    {
        var file = File("quorum:2/3", Workers[..2]);

        Assert.Equal(["workers' signatures"], Broken(file with { WorkerSignatures = [.. file.WorkerSignatures.Reverse()] }));
        Assert.Equal(["workers' signatures"], Broken(file with { WorkerSignatures = [.. file.WorkerSignatures.Take(1)] }));
    }

    /// <summary>Fewer may have run what failed by a worker's or a file's fault.</summary>
    [Fact]
    public void QuorumThatFailedOtherwise_NeedsOneSeat()
    {
        var receipt = Receipt("quorum:2/3", Workers[..1]) with { State = "failed", Fault = "input", Price = default, Shares = [] };

        Assert.Empty(Broken(Sign(receipt, Workers[..1])));
    }

    /// <summary>A job that was cancelled pays what its runs have used so far.</summary>
    [Fact]
    public void RunsThatWereNotTold_MayBePaid()
    {
        var receipt = Receipt("committee:5", Workers[..3]) with
        {
            Execution = Samples.Execution with { Result = RunResult.Nothing with { Fuel = 123_456 } },
            State = "cancelled",
            Fault = "client",
        };

        Assert.Empty(Broken(Sign(receipt, [])));
    }

    /// <summary>Each is rounded up alone; above the limit nothing overflows.</summary>
    [Fact]
    public void Cost_IsTheSumOfTheSeats()
    {
        var (limit, most) = (new TokenAmount(1000), new TokenAmount(UInt128.MaxValue));
        Seat[] seats = [new(default, new TokenAmount(100)), new(default, new TokenAmount(9)), new(default, TokenAmount.Zero)];

        Assert.Equal(new TokenAmount(13 + 2), Seat.Cost(123_456, seats, limit));
        Assert.Equal(new TokenAmount(14), Seat.Cost(123_456, seats, new TokenAmount(14)));
        Assert.Equal(most, Seat.Cost(ulong.MaxValue, [new Seat(default, most), new Seat(default, most)], most));
        Assert.Equal(TokenAmount.Zero, Seat.Cost(123_456, [], limit));
    }

    private static Receipt Receipt(string assurance, Ed25519KeyPair[] workers)
    {
        Seat[] seats =
        [
            .. workers.Select((worker, index) => new Seat(new WorkerId(worker.PublicKey), new TokenAmount((UInt128)(100 + index)))),
        ];
        var price = Seat.Cost(123_456, seats, new TokenAmount(1000));
        return Samples.Receipt with
        {
            Seats = seats,
            Assurance = assurance,
            Price = price,
            Shares = price.IsZero ? [] : [new PaidShare(default, price)],
        };
    }

    private static ReceiptFile File(string assurance, Ed25519KeyPair[] workers) => Sign(Receipt(assurance, workers), workers);

    private static ReceiptFile Sign(Receipt receipt, Ed25519KeyPair[] workers)
    {
        var digest = BatchDigest.OfExecutions(Samples.Domain, receipt.Execution.Hash());
        return Samples.Sign(receipt) with
        {
            WorkerSignatures = [.. workers.Select(worker => new WorkerSignature { Path = [], Signature = Samples.Sign(worker, digest) })],
        };
    }

    private static IEnumerable<string> Broken(ReceiptFile file) =>
        ReceiptChecks.Of(file).Where(check => check.Result == CheckResult.Broken).Select(check => check.Name);
}
