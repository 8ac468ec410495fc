using Marketplace.Api.Workers;
using Marketplace.Worker;

namespace Marketplace.Tests.Worker;

/// <summary>Simulated workers are workers in all but their runs.</summary>
public sealed class SwarmTests
{
    private static readonly SwarmOptions Options = new()
    {
        Workers = 1,
        Slots = 1,
        RunTime = TimeSpan.Zero,
    };

    [Fact]
    public async Task HonestRun_ReadsItsModuleAndUsesFuelWithinTheLimit()
    {
        await using var swarm = new RunningSwarm(Options);
        var module = swarm.Market.Add(new byte[1000]);
        for (var i = 0; i < 3; i++)
        {
            var lease = swarm.Market.Lease(module, "a");
            swarm.Market.Give(lease);
            var result = await swarm.Market.NextResult();
            Assert.Equal((lease.Id, RunOutcome.Completed), (result.Lease, result.Outcome));
            Assert.InRange(result.FuelUsed, 1, lease.FuelMax);
        }
        await swarm.Stop();

        var counts = swarm.Swarm.Counts;
        // The module is read once.
        Assert.Equal((3, 3, 3, 1000), (counts.Leases, counts.Honest, counts.JobsReported, counts.BytesRead));
    }

    [Fact]
    public async Task SameSeed_DecidesTheSame_AndAnotherOneOtherwise()
    {
        var options = Options with { Lies = 0.5, PriceMax = new TokenAmount(1_000_000) };
        var (first, same, other) = (await Results(options), await Results(options), await Results(options with { Seed = 2 }));

        Assert.Equal(first, same);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public async Task Lies_AreAllFuelAnOutputThatIsNotThereOrAReportThatIsNone()
    {
        var results = await Results(Options with { Lies = 1 });
        Assert.Equal(["False 10 1", $"False 9 {FuelMax}", "True 16385 1"], results.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task StalledRun_EndsWhenTheMarketStopsIt()
    {
        await using var swarm = new RunningSwarm(Options with { Stalls = 1 });
        var begun = swarm.Market.Heartbeat(beat => beat.Stage == LeaseStage.Running);
        var lease = swarm.Market.Lease(swarm.Market.Add([1]), "a");
        swarm.Market.Give(lease);
        await begun;

        swarm.Market.Stop(lease.Id);
        // The slot is free again.
        var next = swarm.Market.Lease(lease.Module, "b");
        var second = swarm.Market.Heartbeat(beat => beat.Lease == next.Id && beat.Stage == LeaseStage.Running);
        swarm.Market.Give(next);
        await second;
        await swarm.Stop();

        Assert.Equal((2, 2, 0), (swarm.Swarm.Counts.Stalls, swarm.Swarm.Counts.Stopped, swarm.Swarm.Counts.JobsReported));
    }

    [Fact]
    public async Task ConnectionsThatAreLostAllTheTime_LoseNoResult()
    {
        var moment = TimeSpan.FromMilliseconds(1);
        await using var swarm = new RunningSwarm(Options with { DisconnectEvery = moment, Outage = moment });
        var module = swarm.Market.Add([1]);
        // Until connections were lost between results.
        for (var i = 0; i < 10 || swarm.Swarm.Counts.Disconnects < 10; i++)
        {
            swarm.Market.Give(swarm.Market.Lease(module, "a"));
            Assert.Equal(RunOutcome.Completed, (await swarm.Market.NextResult()).Outcome);
        }
    }

    [Fact]
    public async Task WhatARunAsksWhileTheConnectionIsLost_WaitsForTheNext()
    {
        var market = new FakeMarket();
        var module = market.Add([1]);
        var link = new UnsteadyLink(market, new SwarmCounter());
        link.Cut();

        var opened = link.OpenBlob(new LeaseCall(default, default, 1), module, CancellationToken.None).AsTask();
        await Assert.ThrowsAsync<MarketLinkException>(() => link.ReadSettlement(1, CancellationToken.None).AsTask());
        Assert.False(opened.IsCompleted);
        link.Mend();

        await using var content = await opened;
        Assert.NotNull(content);
    }

    [Fact]
    public async Task MissingModule_IsAnInputThatCannotBeHad()
    {
        await using var swarm = new RunningSwarm(Options);
        swarm.Market.Give(swarm.Market.Lease(default, "a"));
        Assert.Equal(RunOutcome.InputUnavailable, (await swarm.Market.NextResult()).Outcome);
    }

    public static TheoryData<string, SwarmOptions, SwarmOptions> Bounds =>
        new()
        {
            { "Workers", Options with { Workers = SwarmPolicy.WorkersMax }, Options with { Workers = SwarmPolicy.WorkersMax + 1 } },
            { "Workers", Options, Options with { Workers = 0 } },
            { "Slots", Options with { Slots = WorkerLimits.SlotsMax }, Options with { Slots = WorkerLimits.SlotsMax + 1 } },
            { "PriceMin", Options with { PriceMin = FuelPrice.Least }, Options with { PriceMin = TokenAmount.Zero } },
            {
                "PriceMax",
                Options with
                {
                    PriceMax = new TokenAmount(long.MaxValue),
                },
                Options with
                {
                    PriceMax = new TokenAmount(1 + (UInt128)long.MaxValue),
                }
            },
            {
                "RunTime",
                Options with
                {
                    RunTime = SwarmPolicy.RunTimeMax,
                },
                Options with
                {
                    RunTime = SwarmPolicy.RunTimeMax + TimeSpan.FromTicks(1),
                }
            },
            {
                "FuelPerSecond",
                Options with
                {
                    FuelPerSecond = SwarmPolicy.FuelPerSecondMax,
                },
                Options with
                {
                    FuelPerSecond = SwarmPolicy.FuelPerSecondMax + 1,
                }
            },
            { "Lies", Options with { Lies = 1 }, Options with { Lies = 1.01 } },
            { "Stalls", Options with { Lies = 0.5, Stalls = 0.5 }, Options with { Lies = 0.5, Stalls = 0.51 } },
            {
                "DisconnectEvery",
                Options with
                {
                    DisconnectEvery = SwarmPolicy.DisconnectEveryMax,
                },
                Options with
                {
                    DisconnectEvery = SwarmPolicy.DisconnectEveryMax + TimeSpan.FromTicks(1),
                }
            },
            { "Outage", Options with { Outage = SwarmPolicy.DisconnectEveryMax }, Options with { Outage = TimeSpan.Zero } },
            {
                "BytesPerSecond",
                Options with
                {
                    BytesPerSecond = SwarmPolicy.BytesPerSecondMax,
                },
                Options with
                {
                    BytesPerSecond = SwarmPolicy.BytesPerSecondMax + 1,
                }
            },
        };

    [Theory, MemberData(nameof(Bounds))]
    public void Option_IsTakenAtItsBoundAndRefusedBeyond(string option, SwarmOptions at, SwarmOptions beyond)
    {
        at.Validate();
        var refusal = Assert.Throws<ArgumentException>(beyond.Validate);
        Assert.StartsWith($"SwarmOptions.{option} is ", refusal.Message);
    }

    private const long FuelMax = 1_000_000_000;

    /// <summary>What 30 jobs end with, one after the other: whether there is an output blob, its size, the fuel.</summary>
    private static async Task<List<string>> Results(SwarmOptions options)
    {
        await using var swarm = new RunningSwarm(options);
        var module = swarm.Market.Add([1]);
        List<string> results = [];
        for (var i = 0; i < 30; i++)
        {
            swarm.Market.Give(swarm.Market.Lease(module, "a", FuelMax));
            var result = await swarm.Market.NextResult();
            results.Add($"{result.OutputBlob is not null} {result.OutputSize} {result.FuelUsed}");
        }
        return results;
    }

    /// <summary>One simulated worker at a fake market.</summary>
    private sealed class RunningSwarm : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly Task _run;

        public RunningSwarm(SwarmOptions options)
        {
            Swarm = new Swarm(options, [default], payTo: null, _ => new SwarmLink(Market), TimeProvider.System);
            _run = Swarm.Run(_stopping.Token);
        }

        public FakeMarket Market { get; } = new();

        public Swarm Swarm { get; }

        public async Task Stop()
        {
            await _stopping.CancelAsync();
            await _run;
        }

        public async ValueTask DisposeAsync()
        {
            await Stop();
            _stopping.Dispose();
        }
    }
}
