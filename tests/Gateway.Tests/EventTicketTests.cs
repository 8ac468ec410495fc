using System.Runtime.CompilerServices;
using Marketplace.Gateway;

namespace Marketplace.Tests.Gateway;

/// <summary>A ticket lives as long as it was said to, whatever the time of day is set to.</summary>
public sealed class EventTicketTests
{
    [Theory, InlineData(-1), InlineData(1)]
    public void WallClockThatIsSet_NeitherEndsATicketNorKeepsOne(int hours)
    {
        var passed = new ManualTime();
        var clock = new SettableTime(passed);
        var tickets = new EventTickets(clock);
        var first = tickets.Issue(default, default).Ticket;
        var second = tickets.Issue(default, default).Ticket;

        clock.Set(TimeSpan.FromHours(hours));
        Assert.True(tickets.TryUse(first, out _));
        passed.Advance(GatewayPolicy.TicketLife);
        Assert.False(tickets.TryUse(second, out _));
    }

    [Fact]
    public void TicketThatWasUsed_IsInMemoryNoLonger_ThoughItsLifeIsNotOver()
    {
        var tickets = new SignInTickets(new ManualTime());
        var used = Used(tickets);

        GC.Collect();

        Assert.False(used.IsAlive);
        GC.KeepAlive(tickets);
    }

    /// <summary>In a frame of its own, which ends before the collection.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Used(SignInTickets tickets)
    {
        var ticket = tickets.Issue(default, "key").Ticket;
        Assert.True(tickets.TryUse(ticket, out _));
        return new WeakReference(ticket);
    }
}
