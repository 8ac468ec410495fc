using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>A timer that ticks in the turns of one activation and ends with it.</summary>
    public interface IGrainTimer : IDisposable
    {
        void Change(TimeSpan dueTime, TimeSpan period);
    }

    /// <summary>When a timer ticks, and how its ticks relate to calls.</summary>
    public readonly struct GrainTimerCreationOptions()
    {
        [SetsRequiredMembers]
        public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
            : this()
        {
            DueTime = dueTime;
            Period = period;
        }

        public required TimeSpan DueTime { get; init; }

        /// <summary>Counted from the end of a tick to the beginning of the next.</summary>
        public required TimeSpan Period { get; init; }

        /// <summary>Whether ticks interleave with calls and other ticks; otherwise a tick waits its turn like a call.</summary>
        public bool Interleave { get; init; }

        /// <summary>Whether a tick counts as use, so that the activation is not collected for being idle.</summary>
        public bool KeepAlive { get; init; }
    }
}

namespace Orleans.Timers
{
    /// <summary>Makes the timers of activations.</summary>
    public interface ITimerRegistry
    {
        IGrainTimer RegisterGrainTimer<TState>(
            IGrainContext grainContext,
            Func<TState, CancellationToken, Task> callback,
            TState state,
            GrainTimerCreationOptions options
        );
    }
}
