using Marketplace.Api.Workers;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker;

/// <summary>How many leases a worker wants, and how long they may wait.</summary>
public sealed class LeaseBookTests
{
    [Fact]
    public void WallClockThatIsSet_MakesNoWaitingLeaseStale()
    {
        var clock = new SettableTime(TimeProvider.System);
        var book = new LeaseBook(slots: 1, clock);
        book.Add(Lease(clock));

        clock.Set(TimeSpan.FromHours(1));

        Assert.Empty(book.TakeStale());
        Assert.NotNull(book.TakeNext());
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(5, 10)]
    [InlineData(30, 60)]
    [InlineData(50, 100)]
    [InlineData(60_000, 100)]
    public void LeasesThatWait_AreWorkForTheTimeThatTheMarketTakes(int answerMs, int ahead)
    {
        var book = new LeaseBook(slots: 1, TimeProvider.System);
        // Enough for the averages to be what has always been seen.
        for (var i = 0; i < 1000; i++)
        {
            book.Add(Lease(TimeProvider.System));
            book.Finish(book.TakeNext()!, TimeSpan.FromMilliseconds(1));
            book.Reported([], TimeSpan.FromMilliseconds(answerMs));
        }

        Assert.InRange(book.LeasesWanted, ahead, 1 + ahead);
    }

    private static WorkerLease Lease(TimeProvider clock) =>
        new(
            Id: default,
            Job: default,
            Program: default,
            Module: default,
            EntryPoint: null,
            Arguments: [],
            Input: default,
            InputBlob: null,
            FuelMax: 1,
            MemoryPagesMax: 1,
            TimeMax: TimeSpan.FromSeconds(1),
            Attempt: 1,
            Root: null,
            SubmittedAt: clock.GetUtcNow(),
            Deadline: clock.GetUtcNow()
        );
}
