using Marketplace.GrainHost.Activations;
using Orleans;
using Orleans.Runtime;
using Orleans.Timers;

namespace Marketplace.GrainHost.Reminders;

/// <summary>
/// Calls the grains whose reminders are due: one heap and one timer for all of them. The store knows the reminders, not which
/// of them have ticked, so one that was due while the host was down ticks at its next multiple of the period. The wall clock says when a
/// reminder is due first in this process; from there the periods are counted on a clock that only goes forward, so that setting the wall
/// clock holds none back.
/// </summary>
internal sealed class ReminderService(HostCore host, IReminderStore store) : IReminderRegistry, IDisposable
{
    /// <summary>The timers of .NET take no longer time; the service looks again after it.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly long _begin = host.Time.GetTimestamp();
    private readonly Dictionary<(GrainId Grain, string Name), Entry> _entries = [];
    private readonly PriorityQueue<Entry, (TimeSpan Due, long Number)> _due = new();
    private ITimer? _timer;
    private long _numbers;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    public async Task Start(CancellationToken cancellationToken)
    {
        var reminders = await store.ReadAll(cancellationToken);
        lock (_gate)
        {
            _timer = host.Time.CreateTimer(
                static service => ((ReminderService)service!).Run(),
                this,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan
            );

            // Sorted, so that equal due times tick in the same order in every run.
            foreach (var reminder in reminders.OrderBy(each => each.Grain).ThenBy(each => each.Name, StringComparer.Ordinal))
            {
                Add(reminder);
            }
            Arm();
        }
    }

    public async Task<IGrainReminder> RegisterOrUpdateReminder(
        GrainId callingGrainId,
        string reminderName,
        TimeSpan dueTime,
        TimeSpan period
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        if (period < host.Options.ReminderPeriodMin)
        {
            throw new ArgumentOutOfRangeException(
                nameof(period),
                period,
                $"A reminder's period must be at least {host.Options.ReminderPeriodMin}: use a timer for anything faster."
            );
        }

        var reminder = new Reminder(callingGrainId, reminderName, host.Time.GetUtcNow() + dueTime, period);
        await store.Put(reminder, CancellationToken.None);
        lock (_gate)
        {
            Add(reminder);
            Arm();
        }

        return new Handle(reminderName);
    }

    public async Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        lock (_gate)
        {
            if (!_entries.ContainsKey((callingGrainId, reminder.ReminderName)))
            {
                throw new ReminderException($"{callingGrainId} has no reminder \"{reminder.ReminderName}\".");
            }
        }

        await store.Remove(callingGrainId, reminder.ReminderName, CancellationToken.None);
        lock (_gate)
        {
            _entries.Remove((callingGrainId, reminder.ReminderName));
        }
    }

    public Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName)
    {
        lock (_gate)
        {
            return Task.FromResult<IGrainReminder?>(_entries.ContainsKey((callingGrainId, reminderName)) ? new Handle(reminderName) : null);
        }
    }

    public Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId)
    {
        lock (_gate)
        {
            return Task.FromResult<List<IGrainReminder>>([
                .. _entries
                    .Keys.Where(key => key.Grain.Equals(callingGrainId))
                    .Select(key => key.Name)
                    .Order(StringComparer.Ordinal)
                    .Select(name => new Handle(name)),
            ]);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void Add(Reminder reminder)
    {
        var now = host.Time.GetUtcNow();
        var entry = new Entry(reminder, Running + (NextDue(reminder, now) - now), ++_numbers);

        // An older entry of the same name stays in the heap and is skipped there: it is not the one in the dictionary.
        _entries[(reminder.Grain, reminder.Name)] = entry;
        _due.Enqueue(entry, (entry.Due, entry.Number));
    }

    private static DateTimeOffset NextDue(Reminder reminder, DateTimeOffset from)
    {
        if (reminder.FirstDue >= from)
        {
            return reminder.FirstDue;
        }
        var periods = (from - reminder.FirstDue).Ticks / reminder.Period.Ticks;
        var due = reminder.FirstDue + (reminder.Period * periods);
        return due < from ? due + reminder.Period : due;
    }

    private TimeSpan Running => host.Time.GetElapsedTime(_begin);

    private void Arm()
    {
        while (_due.TryPeek(out var entry, out _) && !IsCurrent(entry))
        {
            _due.Dequeue();
        }
        if (_timer is null || !_due.TryPeek(out var next, out _))
        {
            return;
        }
        var wait = next.Due - Running;
        _timer.Change(
            wait < TimeSpan.Zero ? TimeSpan.Zero
                : wait > WaitMax ? WaitMax
                : wait,
            Timeout.InfiniteTimeSpan
        );
    }

    private void Run()
    {
        var ticks = new List<Entry>();
        lock (_gate)
        {
            var now = Running;
            while (_due.TryPeek(out var entry, out _) && entry.Due <= now)
            {
                _due.Dequeue();
                if (!IsCurrent(entry))
                {
                    continue;
                }
                ticks.Add(entry);
                var periods = ((now - entry.Due).Ticks / entry.Reminder.Period.Ticks) + 1;
                var next = entry with { Due = entry.Due + (entry.Reminder.Period * periods), Number = ++_numbers };
                _entries[(entry.Reminder.Grain, entry.Reminder.Name)] = next;
                _due.Enqueue(next, (next.Due, next.Number));
            }

            Arm();
        }

        foreach (var entry in ticks)
        {
            Tick(entry.Reminder, host.Time.GetUtcNow());
        }
    }

    private bool IsCurrent(Entry entry) =>
        _entries.TryGetValue((entry.Reminder.Grain, entry.Reminder.Name), out var current) && ReferenceEquals(current, entry);

    // Async void: no caller waits for a tick, and all its errors are logged.
    private async void Tick(Reminder reminder, DateTimeOffset now)
    {
        try
        {
            var grain = host.Factory.GetGrain<IRemindable>(reminder.Grain);
            await grain.ReceiveReminder(reminder.Name, new TickStatus(reminder.FirstDue.UtcDateTime, reminder.Period, now.UtcDateTime));
        }
        catch (Exception exception)
        {
            HostLog.ReminderFailed(host.Logger, exception, reminder.Grain, reminder.Name, reminder.Period);
        }
    }

    private sealed record Entry(Reminder Reminder, TimeSpan Due, long Number);

    private sealed record Handle(string ReminderName) : IGrainReminder;
}
