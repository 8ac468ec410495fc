namespace Marketplace.Gateway;

/// <summary>
/// Long answers take turns at making and writing their groups, account by account. A thousand that begin at once would else have all their
/// work in the queues of grains, threads and connections before the small requests of others. A turn is never held while a reader is waited
/// for, and a group that the market is slow to give lends its turn to the next. Thread-safe.
/// </summary>
internal sealed class AnswerTurns(TimeProvider time)
{
    /// <summary>Groups made at a time: long answers may have half of the cores, and small requests find the others free.</summary>
    public static readonly int Count = Math.Max(1, Environment.ProcessorCount / 2);

    private readonly Lock _gate = new();
    private readonly Dictionary<AccountId, Queue<TaskCompletionSource>> _waiting = [];

    /// <summary>The accounts in <see cref="_waiting"/>, the next one first.</summary>
    private readonly Queue<AccountId> _order = new();
    private int _free = Count;

    /// <summary>
    /// A turn; dispose it before the reader is waited for. It ends by itself after <see cref="GatewayPolicy.AnswerTurnMax"/>.
    /// </summary>
    public async ValueTask<AnswerTurn> Take(AccountId account, CancellationToken cancellation)
    {
        if (Enter(account) is { } place)
        {
            // A place whose reader has left is passed over when its turn comes.
            await using (cancellation.UnsafeRegister((_, token) => place.TrySetCanceled(token), null))
            {
                await place.Task;
            }
        }
        return new AnswerTurn(this, time);
    }

    internal void End()
    {
        lock (_gate)
        {
            while (_order.TryDequeue(out var account))
            {
                var places = _waiting[account];
                var next = places.Dequeue();
                if (places.Count > 0)
                {
                    _order.Enqueue(account);
                }
                else
                {
                    _waiting.Remove(account);
                }
                if (next.TrySetResult())
                {
                    return;
                }
            }
            _free++;
        }
    }

    /// <returns>What completes when the turn has come; null where there is one now.</returns>
    private TaskCompletionSource? Enter(AccountId account)
    {
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return null;
            }
            if (!_waiting.TryGetValue(account, out var places))
            {
                _waiting.Add(account, places = new());
                _order.Enqueue(account);
            }
            // Continued elsewhere, because turns end under the lock.
            var place = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            places.Enqueue(place);
            return place;
        }
    }
}

/// <summary>The right to work on a long answer. Ends once, by <see cref="Dispose"/> or when its time is over.</summary>
internal sealed class AnswerTurn : IDisposable
{
    private readonly ITimer _deadline;
    private AnswerTurns? _turns;

    public AnswerTurn(AnswerTurns turns, TimeProvider time)
    {
        _turns = turns;
        _deadline = time.CreateTimer(static turn => ((AnswerTurn)turn!).End(), this, GatewayPolicy.AnswerTurnMax, Timeout.InfiniteTimeSpan);
    }

    public bool HasEnded => Volatile.Read(ref _turns) is null;

    public void Dispose()
    {
        _deadline.Dispose();
        End();
    }

    private void End() => Interlocked.Exchange(ref _turns, null)?.End();
}
