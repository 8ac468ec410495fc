using Marketplace.GrainInterfaces;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// What a grain does when the grain that it calls has lost a write to another activation of itself: nothing was changed, the loser is gone,
/// and the same call reaches an activation with fresh state. For methods that may be repeated. The exception itself never leaves the
/// caller, because the caller's own state is not out of date.
/// </summary>
internal static class LostWrites
{
    /// <summary>
    /// Each loss means that another activation has written. More losses in a row than this are no coincidence of two callers.
    /// </summary>
    public const int AttemptsMax = 5;

    /// <exception cref="MarketException"><see cref="ErrorCode.Unavailable"/>: it was the last attempt.</exception>
    public static void RequireAnother(int attempt, InconsistentStateException lost)
    {
        if (attempt >= AttemptsMax)
        {
            throw new MarketException(
                ErrorCode.Unavailable,
                $"Another activation wrote first, {attempt} times in a row: {lost.Message} Send the request again."
            );
        }
    }

    /// <inheritdoc cref="RequireAnother"/>
    public static async Task Resend(Func<Task> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await call();
                return;
            }
            catch (InconsistentStateException lost)
            {
                RequireAnother(attempt, lost);
            }
        }
    }

    /// <inheritdoc cref="RequireAnother"/>
    public static async Task<TAnswer> Resend<TAnswer>(Func<Task<TAnswer>> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (InconsistentStateException lost)
            {
                RequireAnother(attempt, lost);
            }
        }
    }
}
