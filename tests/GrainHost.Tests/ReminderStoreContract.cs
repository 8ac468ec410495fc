using Marketplace.GrainHost.Reminders;

namespace Marketplace.GrainHost.Tests;

/// <summary>What every store of reminders must do. Each implementation derives a class from it.</summary>
public abstract class ReminderStoreContract
{
    private static readonly GrainId Grain = GrainId.Create("market", "a");
    private static readonly DateTimeOffset Due = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reminders_AreReadAsTheyWerePut()
    {
        var store = await Open();
        Reminder[] reminders =
        [
            new(Grain, "one", Due, TimeSpan.FromMinutes(1)),
            new(Grain, "two", Due.AddTicks(1), TimeSpan.FromDays(400)),
            new(GrainId.Create("market", "b"), "one", Due, TimeSpan.FromMinutes(2)),
        ];
        foreach (var reminder in reminders)
        {
            await store.Put(reminder, Cancellation);
        }
        Assert.Equal(reminders.ToHashSet(), (await (await Reopen(store)).ReadAll(Cancellation)).ToHashSet());
    }

    [Fact]
    public async Task PutAgain_Replaces()
    {
        var store = await Open();
        await store.Put(new(Grain, "r", Due, TimeSpan.FromMinutes(1)), Cancellation);
        await store.Put(new(Grain, "r", Due, TimeSpan.FromMinutes(5)), Cancellation);
        Assert.Equal(TimeSpan.FromMinutes(5), Assert.Single(await (await Reopen(store)).ReadAll(Cancellation)).Period);
    }

    [Fact]
    public async Task Remove_TakesOnlyTheNamedOne_AndAnAbsentOneIsNoError()
    {
        var store = await Open();
        await store.Put(new(Grain, "stays", Due, TimeSpan.FromMinutes(1)), Cancellation);
        await store.Put(new(Grain, "goes", Due, TimeSpan.FromMinutes(1)), Cancellation);
        await store.Remove(Grain, "goes", Cancellation);
        await store.Remove(Grain, "goes", Cancellation);
        Assert.Equal("stays", Assert.Single(await (await Reopen(store)).ReadAll(Cancellation)).Name);
    }

    /// <summary>An empty store.</summary>
    protected abstract Task<IReminderStore> Open();

    /// <summary>The same store as a new process finds it.</summary>
    protected abstract Task<IReminderStore> Reopen(IReminderStore store);
}

public sealed class MemoryReminderStoreTests : ReminderStoreContract
{
    protected override Task<IReminderStore> Open() => Task.FromResult<IReminderStore>(new MemoryReminderStore());

    protected override Task<IReminderStore> Reopen(IReminderStore store) => Task.FromResult(store);
}
