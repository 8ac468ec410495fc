using Npgsql;

namespace Marketplace.Storage;

/// <summary>
/// The writes of all callers, in batches. Of one key at most one write is on its way: the next one waits for its answer, so writes of one
/// caller keep their order, and a batch never meets itself.
/// </summary>
internal sealed class PostgresWriter(IReadOnlyList<PostgresSession> sessions, PostgresStoreOptions options)
    : BatchLoops<PostgresWrite>(sessions, options.BatchItemsMax, options.BatchBytesMax, options.WaitingMax)
{
    /// <summary>
    /// How often a batch is sent again after a collision. Transactions lock in the same order, so one is a rarity (a key that one process
    /// creates while another one deletes it), and a third in a row would be another fault.
    /// </summary>
    private const int CollisionsMax = 3;

    /// <summary>By the key of each write that is on its way: the writes that wait for its answer; null: none has waited.</summary>
    private readonly Dictionary<PostgresKey, Queue<PostgresWrite>?> _busy = [];

    public Task<long> Write(PostgresWrite write)
    {
        lock (Gate)
        {
            Admit();
            if (!_busy.TryGetValue(write.Key, out var waiting))
            {
                _busy.Add(write.Key, null);
                Enqueue(write);
            }
            else
            {
                if (waiting is null)
                {
                    _busy[write.Key] = waiting = new Queue<PostgresWrite>();
                }
                waiting.Enqueue(write);
            }
        }
        return write.Task;
    }

    protected override long BytesOf(PostgresWrite item) => item.Bytes;

    protected override async Task Run(PostgresSession session, List<PostgresWrite> batch)
    {
        batch.Sort(static (one, other) => one.Key.CompareTo(other.Key));
        await Commit(session, batch).ConfigureAwait(false);
    }

    private async Task Commit(PostgresSession session, List<PostgresWrite> batch)
    {
        try
        {
            await Send(session, batch).ConfigureAwait(false);
        }
        catch (PostgresException refused) when (PostgresFailures.IsRolledBack(refused))
        {
            if (batch.Count > 1 && PostgresFailures.IsOfOneItem(refused))
            {
                // The others must not suffer for it: halves find the one.
                await Commit(session, batch[..(batch.Count / 2)]).ConfigureAwait(false);
                await Commit(session, batch[(batch.Count / 2)..]).ConfigureAwait(false);
                return;
            }
            // Maybe it is this server, or what this session has become: the next batch tries a new one.
            await session.DisposeAsync().ConfigureAwait(false);
            Fail(batch, PostgresFailures.Translate(refused, mayHaveHappened: false));
            return;
        }
        catch (StoreUnavailableException unreachable)
        {
            Fail(batch, unreachable);
            return;
        }
        catch (Exception lost)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            Fail(
                batch,
                lost is NpgsqlException or IOException or TimeoutException ? PostgresFailures.Translate(lost, mayHaveHappened: true) : lost
            );
            return;
        }
        Answer(batch.FindAll(write => write.Won), write => write.VersionAfter);
        var losers = batch.FindAll(write => !write.Won);
        if (losers.Count > 0)
        {
            await AnswerLosers(session, losers).ConfigureAwait(false);
        }
    }

    private static async Task Send(PostgresSession session, List<PostgresWrite> batch)
    {
        for (var collisions = 0; ; collisions++)
        {
            var connection = await session.Connection().ConfigureAwait(false);
            try
            {
                await PostgresTransaction.Run(connection, batch).ConfigureAwait(false);
                return;
            }
            catch (PostgresException refused)
                when (collisions < CollisionsMax && PostgresFailures.IsRolledBack(refused) && PostgresFailures.IsCollision(refused))
            {
                // Nothing was written; the other transaction is through now.
            }
        }
    }

    /// <summary>Tells those whose condition did not hold what version there is.</summary>
    private async Task AnswerLosers(PostgresSession session, List<PostgresWrite> losers)
    {
        Dictionary<PostgresKey, long> stored;
        try
        {
            stored = await PostgresVersions.Read(await session.Connection().ConfigureAwait(false), losers).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            Fail(losers, PostgresFailures.Translate(failure, mayHaveHappened: false));
            return;
        }
        Answer(losers, write => stored.GetValueOrDefault(write.Key));
    }

    private void Answer(List<PostgresWrite> writes, Func<PostgresWrite, long> stored)
    {
        foreach (var write in writes)
        {
            var version = stored(write);
            if (write.Won || (write.What == PostgresWriteKind.StayAbsent && version == 0))
            {
                write.TrySetResult(version);
            }
            else
            {
                write.Conflict(version);
            }
            Release(write.Key, version);
        }
    }

    private void Fail(List<PostgresWrite> writes, Exception failure)
    {
        foreach (var write in writes)
        {
            write.TrySetException(failure);
            Release(write.Key, stored: null);
        }
    }

    /// <summary>
    /// Lets the next write of the key go. Those before it that expected another version than <paramref name="stored"/> have lost already:
    /// it was the key's version after they had asked.
    /// </summary>
    private void Release(PostgresKey key, long? stored)
    {
        lock (Gate)
        {
            Finished(1);
            var waiting = _busy[key];
            while (waiting is not null && waiting.TryDequeue(out var next))
            {
                if (stored is null || next.Expected == stored)
                {
                    Enqueue(next);
                    return;
                }
                // Continues on the thread pool, never inside of the gate.
                next.Conflict(stored.Value);
                Finished(1);
            }
            _busy.Remove(key);
        }
    }
}
