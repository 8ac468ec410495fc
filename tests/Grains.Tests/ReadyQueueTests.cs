using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>The queue's tree and the heap of deadlines agree with the simplest lists that do the same.</summary>
public sealed class ReadyQueueTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Queue_FindsWhatAWalkThroughAListFinds(ulong seed)
    {
        var chance = new SeededChance(seed);
        var queue = new ReadyQueue();
        var open = new List<(MarketJob Job, bool Ready)>();
        for (var step = 0; step < 20_000; step++)
        {
            var choice = Below(chance, 10);
            var index = open.Count == 0 ? -1 : Below(chance, open.Count);
            if (choice < 4 || index < 0)
            {
                var job = Job(chance, step);
                queue.Add(job);
                open.Add((job, false));
            }
            else if (choice < 6)
            {
                queue.Ready(open[index].Job);
                open[index] = (open[index].Job, true);
            }
            else if (choice < 7)
            {
                queue.Unready(open[index].Job);
                open[index] = (open[index].Job, false);
            }
            else if (choice < 8)
            {
                queue.Remove(open[index].Job);
                open.RemoveAt(index);
            }
            else
            {
                var from = open[index].Job.Place;
                var price = new TokenAmount((UInt128)Below(chance, 100));
                var memory = Below(chance, 100);
                var expected = open.FirstOrDefault(entry =>
                    entry.Ready && entry.Job.Place >= from && entry.Job.PriceCap >= price && entry.Job.Ticket.Spec.MemoryPagesMax <= memory
                ).Job;
                var left = int.MaxValue;
                Assert.Same(expected, queue.FindFrom(from, price, memory, ref left));
                Assert.Equal(open.Take(index).Count(entry => entry.Ready), queue.CountBefore(open[index].Job));
            }

            Assert.Equal(open.Count(entry => entry.Ready), queue.Count);
        }

        queue.Sort();
        var sorted = open.OrderBy(entry => entry.Job.Place).Select(entry => entry.Job.Ticket.SubmittedAt).ToArray();
        Assert.Equal(sorted.Order(), sorted);
    }

    [Fact]
    public void QueueThatBecameShort_GivesItsMemoryBack()
    {
        var chance = new SeededChance(1);
        var queue = new ReadyQueue();
        var jobs = Enumerable.Range(0, 10_000).Select(number => Job(chance, number)).ToArray();
        foreach (var job in jobs)
        {
            queue.Add(job);
            queue.Ready(job);
        }
        var most = queue.PlaceCount;
        foreach (var job in jobs.Skip(100))
        {
            queue.Remove(job);
        }
        Assert.InRange(queue.PlaceCount, 100, 8 * 100);
        Assert.InRange(most, 10_000, 4 * 10_000);
        Assert.Equal(jobs.Take(100), Enumerable.Range(0, 100).Select(_ => Take()));

        MarketJob Take()
        {
            var first = queue.First!;
            queue.Remove(first);
            return first;
        }
    }

    [Theory, InlineData(1), InlineData(2)]
    public void Heap_GivesDeadlinesInOrder(ulong seed)
    {
        var chance = new SeededChance(seed);
        var heap = new DeadlineHeap();
        var jobs = Enumerable.Range(0, 2000).Select(number => Job(chance, number)).ToList();
        foreach (var job in jobs)
        {
            heap.Set(job, At(chance).Ticks);
        }
        foreach (var job in jobs.Where((_, index) => index % 3 == 0))
        {
            heap.Set(job, At(chance).Ticks);
        }
        foreach (var job in jobs.Where((_, index) => index % 5 == 0))
        {
            DeadlineHeap.Leave(job);
        }
        jobs = [.. jobs.Where((_, index) => index % 5 != 0)];

        var taken = new List<MarketJob>();
        while (heap.TakeDue(long.MaxValue) is { } due)
        {
            taken.Add(due);
        }

        Assert.Equal(
            jobs.OrderBy(job => job.Deadline).ThenBy(job => job.Ticket.Job).Select(job => job.Ticket.Job),
            taken.Select(job => job.Ticket.Job)
        );
        Assert.Null(heap.Next);
    }

    private static int Below(SeededChance chance, int bound) => (int)(chance.Next() % (ulong)bound);

    private static DateTimeOffset At(SeededChance chance) => DateTimeOffset.UnixEpoch.AddSeconds(Below(chance, 500));

    private static MarketJob Job(SeededChance chance, int number)
    {
        var id = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(id, number);
        var spec = TestMarket.Spec(default, Below(chance, 100)) with { MemoryPagesMax = Below(chance, 100) };
        return new MarketJob(
            new JobTicket(
                Job: new JobId(new Bytes32(id)),
                Account: default,
                Spec: spec,
                Module: default,
                UsesState: false,
                SubmittedAt: At(chance),
                RequestId: $"{number}"
            )
        );
    }
}
