using Orleans.Concurrency;

namespace Marketplace.GrainHost.Tests;

internal interface IRaceGrain : IGrainWithStringKey
{
    Task<int> Run(int number);

    ValueTask<int> RunByValue(int number);

    Task<int> Ask(IRaceGrain other, int number);

    [AlwaysInterleave]
    Task<int> Peek(int number);
}

/// <summary>How often the methods ran, over all activations.</summary>
internal sealed class Runs
{
    private int _count;

    public int Count => _count;

    public void Add() => Interlocked.Increment(ref _count);
}

internal sealed class RaceGrain(Runs runs) : Grain, IRaceGrain
{
    public async Task<int> Run(int number)
    {
        runs.Add();
        if (number % 17 == 0)
        {
            DeactivateOnIdle();
        }
        if (number % 3 == 0)
        {
            await Task.Yield();
        }
        return number;
    }

    public async ValueTask<int> RunByValue(int number) => await Run(number);

    public async Task<int> Ask(IRaceGrain other, int number)
    {
        runs.Add();
        return await other.Peek(number);
    }

    public Task<int> Peek(int number)
    {
        runs.Add();
        return Task.FromResult(number);
    }
}

public class RaceTests
{
    private const int Callers = 16;
    private const int CallsEach = 1000;

    /// <summary>On real threads: activations end all the time under calls of four kinds.</summary>
    [Fact]
    public async Task CallsDuringDeactivations_RunExactlyOnce_AndGiveTheirOwnResults()
    {
        var runs = new Runs();
        await using var host = await RunningHost.Start(register: services => services.AddSingleton(runs));
        var asked = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, Callers)
                .Select(caller =>
                    Task.Run(async () =>
                    {
                        for (var call = 0; call < CallsEach; call++)
                        {
                            var number = (caller * CallsEach) + call;
                            var grain = host.Client.GetGrain<IRaceGrain>($"{number % 5}");
                            var result = (number % 4) switch
                            {
                                0 => await grain.Run(number),
                                1 => await grain.RunByValue(number),
                                2 => await grain.Peek(number),
                                _ => await grain.Ask(host.Client.GetGrain<IRaceGrain>($"{(number + 1) % 5}"), number),
                            };
                            Assert.Equal(number, result);
                            if (number % 4 == 3)
                            {
                                Interlocked.Increment(ref asked);
                            }
                        }
                    })
                )
        );
        Assert.Equal((Callers * CallsEach) + asked, runs.Count);
    }
}
