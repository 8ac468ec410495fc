using Marketplace.GrainHost.Reminders;
using Marketplace.GrainHost.Simulation;
using Marketplace.Tests;

namespace Marketplace.GrainHost.Tests;

internal interface IRemindedGrain : IGrainWithStringKey
{
    Task Remind(string name, TimeSpan due, TimeSpan period);

    Task Forget(string name);

    Task<int> Count();
}

internal sealed class RemindedGrain(Diary diary, TimeProvider time) : Grain, IRemindedGrain, IRemindable
{
    public Task Remind(string name, TimeSpan due, TimeSpan period) => this.RegisterOrUpdateReminder(name, due, period);

    public async Task Forget(string name) => await this.UnregisterReminder((await this.GetReminder(name))!);

    public async Task<int> Count() => (await this.GetReminders()).Count;

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        diary.Write($"{this.GetPrimaryKeyString()} {reminderName} {time.GetUtcNow() - SimulatedRun.Start}");
        return reminderName == "faulty" ? throw new InvalidOperationException("on purpose") : Task.CompletedTask;
    }
}

public class ReminderTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly Diary _diary = new();
    private readonly MemoryReminderStore _store = new();

    [Fact]
    public void Reminder_ComesAgainAndAgain_UntilItIsUnregistered()
    {
        Run(
            async (host, time) =>
            {
                var grain = host.Client.GetGrain<IRemindedGrain>("a");
                await grain.Remind("r", 2 * Minute, 3 * Minute);
                Assert.Equal(1, await grain.Count());
                await Task.Delay(9 * Minute, time);
                await grain.Forget("r");
                Assert.Equal(0, await grain.Count());
                await Task.Delay(10 * Minute, time);
            }
        );
        Assert.Equal(["a r 00:02:00", "a r 00:05:00", "a r 00:08:00"], _diary.Lines);
    }

    [Fact]
    public void Reminder_OutlivesTheHost_AndTheActivation()
    {
        var run = new SimulatedRun(1);
        SimulatedHost.Run(run, (host, _) => host.Client.GetGrain<IRemindedGrain>("a").Remind("r", Minute, 3 * Minute), register: Register);
        run.Run(() => Task.Delay(6 * Minute, run.Time));
        SimulatedHost.Run(run, (_, time) => Task.Delay(5 * Minute, time), register: Register);

        // Due at 1, 4, 7 and 10 minutes; the host was down until 6.
        Assert.Equal(["a r 00:07:00", "a r 00:10:00"], _diary.Lines);
    }

    [Fact]
    public void ReminderThatIsDueWhenTheHostComesBack_MayComeASecondTime()
    {
        var run = new SimulatedRun(1);
        SimulatedHost.Run(
            run,
            async (host, time) =>
            {
                await host.Client.GetGrain<IRemindedGrain>("a").Remind("r", Minute, 3 * Minute);
                await Task.Delay(Minute + TimeSpan.FromMilliseconds(1), time);
            },
            register: Register
        );
        SimulatedHost.Run(run, (_, time) => Task.Delay(3 * Minute, time), register: Register);
        Assert.Equal(["a r 00:01:00", "a r 00:04:00"], _diary.Lines);
    }

    [Theory, InlineData(-60), InlineData(60)]
    public void WallClockThatIsSet_MovesNoPeriod(int minutes)
    {
        SettableTime clock = null!;
        SimulatedHost.Run(
            async (host, time) =>
            {
                await host.Client.GetGrain<IRemindedGrain>("a").Remind("r", Minute, 3 * Minute);
                await Task.Delay(2 * Minute, time);
                clock.Set(minutes * Minute);
                await Task.Delay(6 * Minute, time);
            },
            configure: options => options.TimeProvider = clock = new SettableTime(options.TimeProvider),
            register: Register
        );

        Assert.Equal(3, _diary.Lines.Count());
    }

    [Fact]
    public void UpdatedReminder_ForgetsItsOldTime()
    {
        Run(
            async (host, time) =>
            {
                var grain = host.Client.GetGrain<IRemindedGrain>("a");
                await grain.Remind("r", Minute, Minute);
                await grain.Remind("r", 5 * Minute, 10 * Minute);
                Assert.Equal(1, await grain.Count());
                await Task.Delay(8 * Minute, time);
            }
        );
        Assert.Equal(["a r 00:05:00"], _diary.Lines);
    }

    [Fact]
    public void ReminderThatFails_ComesAgain()
    {
        Run(
            async (host, time) =>
            {
                await host.Client.GetGrain<IRemindedGrain>("a").Remind("faulty", Minute, Minute);
                await Task.Delay(2.5 * Minute, time);
            }
        );
        Assert.Equal(2, _diary.Lines.Count);
    }

    [Fact]
    public void TooShortPeriod_IsRefused() =>
        Run(
            async (host, _) =>
            {
                var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
                    host.Client.GetGrain<IRemindedGrain>("a").Remind("r", Minute, TimeSpan.FromSeconds(59))
                );
                Assert.Contains("00:01:00", error.Message);
            }
        );

    private void Run(Func<RunningHost, TimeProvider, Task> scenario) => SimulatedHost.Run(scenario, register: Register);

    private void Register(IServiceCollection services) => services.AddSingleton(_diary).AddSingleton<IReminderStore>(_store);
}
