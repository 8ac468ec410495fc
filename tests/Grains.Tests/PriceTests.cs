using Marketplace.GrainInterfaces;
using Marketplace.Testing;

namespace Marketplace.Grains.Tests;

/// <summary>Prices, depth and use are told by capability class, for the last hour and the last day.</summary>
public sealed class PriceTests
{
    private readonly MarketBook _book = new(start: 7, new QueueBounds(), TestOwner.Domain);
    private MarketTime _now = new(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(1_000), TimeSpan.Zero);
    private long _polls;
    private int _jobs;

    public PriceTests() => _book.Resume(_now);

    [Fact]
    public void Class_HasANameThatPeopleRead_AndCountsItsOwnJobs()
    {
        Offer(1, price: 2, slots: 1, labels: ["gpu"]);
        Add(pages: 1024);
        Add(pages: 1024);
        Add(pages: 1025, new JobNeeds(Labels: ["gpu"], ReputationMin: 900));
        var classes = View();
        Assert.Equal(["wasm/1 · up to 64 MiB", "wasm/1 · up to 256 MiB · gpu · reputation 900 or more"], classes.Select(each => each.Name));
        Assert.Equal((1, 1, 1), (classes[0].ReadyJobs, classes[0].RunningJobs, classes[0].Slots));
        Assert.Equal((1, 0, 0), (classes[1].ReadyJobs, classes[1].RunningJobs, classes[1].Slots));
    }

    [Fact]
    public void FreeSlots_AreToldByPrice()
    {
        Offer(1, price: 2, slots: 3);
        Offer(2, price: 2, slots: 2);
        Offer(3, price: 5, slots: 4);
        Add(pages: 1);
        Assert.Equal([new PriceLevel(new TokenAmount(2), 4), new PriceLevel(new TokenAmount(5), 4)], Assert.Single(View()).Free);
    }

    [Fact]
    public void Prices_AreThoseOfTheLastHourAndDay()
    {
        Offer(1, price: 4, slots: 10);
        Add(pages: 1);
        Pass(TimeSpan.FromMinutes(30));
        Add(pages: 1, priority: 3);
        Add(pages: 1);
        var now = Assert.Single(View());
        Assert.Equal([(1, Amount(4), Amount(4), Amount(4)), (2, Amount(4), Amount(8), Amount(12))], now.Hour.Select(PricesOf));
        Assert.Equal(Amount(4), now.LastPrice);
        Pass(TimeSpan.FromMinutes(45));
        Assert.Equal([(2, Amount(4), Amount(8), Amount(12))], Assert.Single(View()).Hour.Select(PricesOf));
        Assert.Equal(3, Assert.Single(View()).Day.Sum(span => span.Matches));
        Pass(TimeSpan.FromHours(25));
        Assert.Empty(Assert.Single(View()).Day);
    }

    [Fact]
    public void Use_IsTheShareOfSlotsThatRunJobs()
    {
        Offer(1, price: 1, slots: 4);
        Add(pages: 1);
        _book.Prices.SampleUse(_now);
        Assert.Equal(250, Assert.Single(Assert.Single(View()).Hour).UsedPermille);
        Add(pages: 1);
        Add(pages: 1);
        _book.Prices.SampleUse(_now);
        Assert.Equal(500, Assert.Single(Assert.Single(View()).Day).UsedPermille);
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.PricedClassesMax))]
    public void SoManyClassesAreTold_ThoseWithMostJobsFirst()
    {
        for (var number = 0; number <= MarketPolicy.PricedClassesMax; number++)
        {
            Add(pages: 1, new JobNeeds(Labels: [$"l{number}"]), buyer: number);
        }
        Add(pages: 1, new JobNeeds(Labels: ["l3"]), buyer: 3);
        var classes = View();
        Assert.Equal(MarketPolicy.PricedClassesMax, classes.Length);
        Assert.EndsWith("l3", classes[0].Name);
        Assert.DoesNotContain(classes, each => each.Name.EndsWith("l0", StringComparison.Ordinal));
    }

    [Fact]
    [TestsBound(typeof(MarketPolicy), nameof(MarketPolicy.PriceLevelsMax))]
    [TestsBound(typeof(MarketLimits), nameof(MarketLimits.PriceLevelsMax))]
    public void SoManyPricesOfFreeSlotsAreTold()
    {
        for (var number = 0; number < MarketPolicy.PriceLevelsMax; number++)
        {
            Offer(number, price: 1 + number, slots: 2);
        }
        Add(pages: 1);
        Assert.Equal(MarketPolicy.PriceLevelsMax, Assert.Single(View()).Free.Length);
        Offer(100, price: 100, slots: 2);
        Assert.Equal(MarketPolicy.PriceLevelsMax, Assert.Single(View()).Free.Length);
    }

    private static (int, TokenAmount?, TokenAmount?, TokenAmount?) PricesOf(PriceSpan span) =>
        (span.Matches, span.Low, span.Mean, span.High);

    private static TokenAmount? Amount(int amount) => new TokenAmount((UInt128)amount);

    private ClassPrices[] View() => [.. _book.ToView(_now).Classes];

    private void Pass(TimeSpan time) => _now = new MarketTime(_now.Wall + time, _now.Running + time);

    private void Offer(int worker, int price, int slots, string[]? labels = null)
    {
        var id = new WorkerId(Id(worker));
        var offer = new WorkerOffer(
            Worker: id,
            PayTo: default,
            PricePerMillionFuel: new TokenAmount((UInt128)price),
            Slots: slots,
            MemoryPagesMax: MarketLimits.MemoryPagesMax,
            Labels: [.. labels ?? []]
        );
        _book.SetOffer(offer, default, _now);
        _book.Poll(new WorkerPoll(id, 7, ++_polls, slots), _now);
    }

    private void Add(int pages, JobNeeds? needs = null, int buyer = 1, int priority = 0)
    {
        var spec = TestMarket.Spec(default, 1000) with { MemoryPagesMax = pages, Needs = needs, Priority = priority };
        _book.Add(
            new JobTicket(
                Job: new JobId(Id(++_jobs)),
                Account: new AccountId(Id(buyer)),
                Spec: spec,
                Module: default,
                UsesState: false,
                SubmittedAt: _now.Wall,
                RequestId: $"{_jobs}"
            ),
            _now
        );
    }

    private static Bytes32 Id(int number)
    {
        var id = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(id, number);
        return new Bytes32(id);
    }
}
