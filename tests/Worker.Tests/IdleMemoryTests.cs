using Marketplace.Worker;

namespace Marketplace.Tests.Worker;

/// <summary>Giving memory back stops the process, so it happens where much was dropped, and seldom.</summary>
public sealed class IdleMemoryTests
{
    private readonly ImpatientTime _time = new(TimeSpan.Zero);
    private readonly IdleMemory _memory;
    private int _count;

    public IdleMemoryTests() => _memory = new IdleMemory(_time, () => _count++);

    [Fact]
    public void LittleThatWasDropped_IsNotGivenBack_HoweverLongAgo()
    {
        _memory.GiveBack(0);
        _memory.GiveBack(WorkerPolicy.GiveBackBytesMin - 1);
        _time.Advance(TimeSpan.FromDays(1));
        _memory.GiveBack(WorkerPolicy.GiveBackBytesMin - 1);
        Assert.Equal(0, _count);

        _memory.GiveBack(WorkerPolicy.GiveBackBytesMin);
        Assert.Equal(1, _count);
    }

    [Fact]
    public void MuchThatIsDroppedSoonAfter_IsGivenBackWhenThePauseIsOver()
    {
        const long first = 5 * WorkerPolicy.GiveBackBytesMin;
        _memory.GiveBack(first);

        _time.Advance(WorkerPolicy.GiveBackPause - TimeSpan.FromTicks(1));
        _memory.GiveBack(first + WorkerPolicy.GiveBackBytesMin);
        Assert.Equal(1, _count);

        _time.Advance(TimeSpan.FromTicks(1));
        _memory.GiveBack(first + WorkerPolicy.GiveBackBytesMin);
        Assert.Equal(2, _count);
    }

    [Fact]
    public void WhatWasGivenBack_DoesNotCountAgain()
    {
        const long first = 5 * WorkerPolicy.GiveBackBytesMin;
        _memory.GiveBack(first);
        _time.Advance(WorkerPolicy.GiveBackPause);

        _memory.GiveBack(first + WorkerPolicy.GiveBackBytesMin - 1);
        Assert.Equal(1, _count);
        _memory.GiveBack(first + WorkerPolicy.GiveBackBytesMin);
        Assert.Equal(2, _count);
    }
}
