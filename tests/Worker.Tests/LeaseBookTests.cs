using Marketplace.Api.Workers;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker;

/// <summary>How long a lease has waited is time that has passed, not the time of day.</summary>
public sealed class LeaseBookTests
{
    [Fact]
    public void WallClockThatIsSet_MakesNoWaitingLeaseStale()
    {
        var clock = new SettableTime(TimeProvider.System);
        var book = new LeaseBook(slots: 1, clock);
        book.Add(
            new WorkerLease(
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
            )
        );

        clock.Set(TimeSpan.FromHours(1));

        Assert.Empty(book.TakeStale());
        Assert.NotNull(book.TakeNext());
    }
}
