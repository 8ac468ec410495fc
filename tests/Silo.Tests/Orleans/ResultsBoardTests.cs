using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Silo;

namespace Marketplace.Tests.Silo;

/// <summary>What a reader of the board gets, and what it is told when something is gone.</summary>
public sealed class ResultsBoardTests
{
    private readonly ResultsBoard _board = new("a");

    [Fact]
    public void NewReader_BeginsNow()
    {
        _board.Add(Ended(1));

        var page = _board.Read(null)!;

        Assert.Equal((new ResultsPlace("a", 1), false), (page.Place, page.Missed));
        Assert.Empty(page.Ended);
        Assert.Null(_board.Read(page.Place));
    }

    [Fact]
    public void Reader_GetsEveryAnnouncementOnce()
    {
        var place = _board.Read(null)!.Place;
        _board.Add(Ended(1));
        _board.Add(Ended(2));

        var page = _board.Read(place)!;

        Assert.Equal(2, page.Ended.Length);
        Assert.False(page.Missed);
        Assert.Null(_board.Read(page.Place));
    }

    [Fact]
    public void SlowReader_IsToldThatItMissedSome()
    {
        var place = _board.Read(null)!.Place;
        for (var number = 0; number < ResultsBoard.AnnouncementsMax + 5; number++)
        {
            _board.Add(Ended(number));
        }

        var page = _board.Read(place)!;

        Assert.True(page.Missed);
        Assert.Equal(ResultsBoard.AnnouncementsMax, page.Ended.Length);
        Assert.Null(_board.Read(page.Place));
    }

    [Fact]
    public void ReaderOfAnotherActivation_IsToldThatItMissedSome()
    {
        var page = _board.Read(new ResultsPlace("b", 7))!;

        Assert.Equal((new ResultsPlace("a", 0), true), (page.Place, page.Missed));
    }

    [Fact]
    public void LargeOutputs_AreBoundedOnTheBoardAndInAPage()
    {
        var place = _board.Read(null)!.Place;
        const int outputBytes = 64 * MarketLimits.InlineBytesMax;
        for (var number = 0; number < 100; number++)
        {
            _board.Add(Ended(number, outputBytes));
        }

        var page = _board.Read(place)!;

        Assert.True(page.Missed);
        Assert.Equal(ResultsBoard.PageBytesMax / outputBytes, page.Ended.Length);
        Assert.Equal(100 - (ResultsBoard.BytesMax / outputBytes), page.Place.Next - page.Ended.Length);
    }

    private static JobsEnded Ended(int number, int outputBytes = 0)
    {
        var output = new GrainInterfaces.JobOutput(new byte[outputBytes], null, outputBytes);
        return new([
            new EndedJob(
                Account: default,
                Job: default,
                RequestId: $"{number}",
                Status: JobStatus.Completed,
                Code: null,
                FuelUsed: 1,
                Charge: TokenAmount.Zero,
                Output: output
            ),
        ]);
    }
}
