using Npgsql;

namespace Marketplace.Storage;

/// <summary>What an answer of the server, or its absence, says about a transaction.</summary>
internal static class PostgresFailures
{
    /// <summary>
    /// The server refused a statement and rolled the transaction back. A FATAL or PANIC says less: the connection ended, maybe just after
    /// the commit.
    /// </summary>
    public static bool IsRolledBack(PostgresException failure) => failure.InvariantSeverity == "ERROR";

    /// <summary>Two transactions met, and the server chose one to go: the same again succeeds. Class 40, transaction rollback.</summary>
    public static bool IsCollision(PostgresException failure) =>
        failure.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    /// <summary>
    /// One item is at fault, not the server's state: its values, or its size. Classes 22 (data), 23 (constraint) and 54 (limit of the
    /// server).
    /// </summary>
    public static bool IsOfOneItem(PostgresException failure) =>
        failure.SqlState.StartsWith("22", StringComparison.Ordinal)
        || failure.SqlState.StartsWith("23", StringComparison.Ordinal)
        || failure.SqlState.StartsWith("54", StringComparison.Ordinal);

    /// <summary>
    /// Reads, and once more where the connection turns out to be dead: it may have died long ago, in a restart of the server, and reading
    /// twice does no harm.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It could not be read.</exception>
    public static async Task<TAnswer> Read<TAnswer>(Func<Task<TAnswer>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (NpgsqlException lost) when (IsLostConnection(lost))
        {
            // Again, on another connection.
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
        {
            throw Translate(failure, mayHaveHappened: false);
        }
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
        {
            throw Translate(failure, mayHaveHappened: false);
        }
    }

    public static bool IsLostConnection(NpgsqlException failure) =>
        failure is PostgresException refused ? !IsRolledBack(refused) : failure.InnerException is not TimeoutException;

    public static StoreUnavailableException Translate(Exception failure, bool mayHaveHappened) =>
        failure switch
        {
            StoreUnavailableException known => known,
            PostgresException refused => new(
                $"The database refused ({refused.SqlState}: {refused.MessageText}).",
                mayHaveHappened,
                refused
            ),
            TimeoutException or NpgsqlException { InnerException: TimeoutException } => new(
                "The database did not answer in time.",
                mayHaveHappened,
                failure
            ),
            _ => new($"The connection to the database was lost ({failure.Message}).", mayHaveHappened, failure),
        };
}
