using Marketplace.Gateway;
using Marketplace.Silo;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Tests.Silo;

/// <summary>What the silo stands on is looked at, and readiness says what was seen.</summary>
public sealed class DependencyTests
{
    private readonly LogLines<Dependency> _log = new();
    private readonly Lifetime _lifetime = new();
    private Func<Task> _look = () => Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SiloThatLostItsDatabase_IsNotReady_AndReadyAgainWhenItIsBack()
    {
        var database = Make();
        var readiness = new SiloReadiness(_lifetime, new State(database));
        await database.Look(Cancellation);
        Assert.Equal(ServiceState.Ready, readiness.Current.State);

        _look = () => throw new IOException("Connection refused.");
        await database.Look(Cancellation);
        await database.Look(Cancellation);
        Assert.Equal((ServiceState.Unavailable, "It is gone."), (readiness.Current.State, readiness.Current.Reason));

        _look = () => Task.CompletedTask;
        await database.Look(Cancellation);
        await database.Look(Cancellation);
        Assert.Equal(ServiceState.Ready, readiness.Current.State);
        Assert.Collection(
            _log.Written,
            line => Assert.StartsWith("Lost the database: Connection refused.", line),
            line => Assert.StartsWith("Back after ", line)
        );
    }

    [Fact]
    public async Task ServerThatIsSilent_IsLostAfterAWhile_AndAskedOnce()
    {
        var answer = new TaskCompletionSource();
        var asked = 0;
        var isAsked = new TaskCompletionSource();
        _look = () =>
        {
            Interlocked.Increment(ref asked);
            isAsked.TrySetResult();
            return answer.Task;
        };
        var time = new HurriedTime { IsHurried = true };
        var database = Make(time);

        await database.Look(Cancellation);
        await database.Look(Cancellation);
        Assert.Equal("It is gone.", database.Trouble);
        await isAsked.Task;
        Assert.Equal(1, Volatile.Read(ref asked));

        time.IsHurried = false;
        answer.SetResult();
        await database.Look(Cancellation);
        Assert.Null(database.Trouble);
    }

    [Fact]
    public async Task SiloThatAloneMayHaveLostItsBlobs_Leaves_AndNotWithoutItsDatabase()
    {
        var time = new HurriedTime();
        var lostMax = TimeSpan.FromSeconds(15);
        var isDatabaseThere = true;
        var database = new Dependency(
            "the database",
            "It is gone.",
            () => isDatabaseThere ? Task.CompletedTask : throw new IOException("Connection refused."),
            time,
            _log
        );
        _look = () => throw new IOException("No such folder.");
        var blobs = new Dependency("the blob folder", "It is gone.", () => _look(), time, _log, lostMax);
        await Look();
        Assert.Null(DependencyWatch.ReasonToLeave([database, blobs]));

        time.Passed = lostMax;
        isDatabaseThere = false;
        await Look();
        Assert.Null(DependencyWatch.ReasonToLeave([database, blobs]));

        isDatabaseThere = true;
        await Look();
        Assert.Same(blobs, DependencyWatch.ReasonToLeave([database, blobs]));

        _look = () => Task.CompletedTask;
        await Look();
        Assert.Null(DependencyWatch.ReasonToLeave([database, blobs]));

        async Task Look()
        {
            await database.Look(Cancellation);
            await blobs.Look(Cancellation);
        }
    }

    [Fact]
    public async Task StoppingSilo_SaysSo_EvenWithoutItsDatabase()
    {
        var database = Make();
        _look = () => throw new IOException("Connection refused.");
        await database.Look(Cancellation);

        _lifetime.StopApplication();

        Assert.Equal(ServiceState.Stopping, new SiloReadiness(_lifetime, new State(database)).Current.State);
    }

    private Dependency Make(TimeProvider? time = null) =>
        new("the database", "It is gone.", () => _look(), time ?? TimeProvider.System, _log);

    private sealed class State(Dependency dependency) : IHostState
    {
        public string? Failure => null;

        public string? Trouble => dependency.Trouble;
    }

    /// <summary>While it is hurried, every wait is over at once.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        public bool IsHurried { get; set; }

        /// <summary>Beside what really passes.</summary>
        public TimeSpan Passed { get; set; }

        public override long GetTimestamp() => TimeProvider.System.GetTimestamp() + (long)(Passed.TotalSeconds * TimestampFrequency);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            TimeProvider.System.CreateTimer(callback, state, IsHurried ? TimeSpan.Zero : dueTime, period);
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.Cancel();
    }
}
