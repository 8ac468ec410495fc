using Marketplace.Gateway;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>What event streams hold for readers who are slow.</summary>
public sealed class EventReaderTests
{
    private const int EventSize = MarketLimits.InlineBytesMax + GatewayPolicy.EventBytes + 2;

    [Fact]
    public void Stream_HoldsItsBytesAndNoMore_WhateverTheEventsAre()
    {
        var reader = new EventReader(1 << 20, new EventMemory(1 << 30));
        for (var number = 0; number < 1000; number++)
        {
            reader.Offer(Ended());
        }

        var held = 0;
        while (reader.TryTake(out var job))
        {
            held += job is null ? 0 : 1;
        }

        Assert.Equal((1 << 20) / EventSize, held);
        Assert.Equal(1000 - held, reader.TakeMissed());
        reader.Offer(Ended());
        Assert.True(reader.TryTake(out _));
        Assert.Equal(0, reader.TakeMissed());
    }

    [Fact]
    public void AllStreams_HoldTheirBytesAndNoMore_ButEachHasSomeForItself()
    {
        const int shared = 1 << 20;
        var memory = new EventMemory(shared);
        var readers = Enumerable.Range(0, 10).Select(_ => new EventReader(1 << 30, memory)).ToArray();

        foreach (var reader in readers)
        {
            for (var number = 0; number < 100; number++)
            {
                reader.Offer(Ended());
            }
        }

        var held = readers.Select(reader => 100 - reader.TakeMissed()).ToArray();
        Assert.All(held, count => Assert.True(count >= GatewayPolicy.EventStreamBytesMin / EventSize));
        Assert.True(held.Sum() * EventSize <= shared + (10 * GatewayPolicy.EventStreamBytesMin));
        readers[0].Close();
        readers[0].Offer(Ended());
        readers[9].Offer(Ended());
        Assert.Equal(0, readers[9].TakeMissed());
        foreach (var reader in readers)
        {
            reader.Close();
        }
        Assert.True(memory.TryTake(shared));
    }

    [Fact]
    public async Task MissOfAStreamThatHoldsNothing_WakesItsReaderOnce()
    {
        var reader = new EventReader(1, new EventMemory(0));
        var more = reader.WaitForMore(TestContext.Current.CancellationToken);

        for (var number = 0; number < 1000; number++)
        {
            reader.Offer(Ended());
        }

        await more.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(reader.TryTake(out var job) && job is null);
        Assert.False(reader.TryTake(out _));
        Assert.Equal(1000, reader.TakeMissed());
    }

    private static OwnJobEvent Ended() =>
        new(
            new EndedJob(
                Account: default,
                Job: default,
                RequestId: "a",
                Status: JobStatus.Completed,
                Code: null,
                FuelUsed: 1,
                Charge: default,
                Output: new GrainInterfaces.JobOutput(new byte[MarketLimits.InlineBytesMax], null, MarketLimits.InlineBytesMax)
            )
        );
}
