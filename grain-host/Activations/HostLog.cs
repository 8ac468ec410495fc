using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Activations;

/// <summary>All messages of the host.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1, LogLevel.Error, "An exception escaped from a continuation of {Grain}, most likely in {Method}.")]
    public static partial void Escaped(ILogger logger, Exception exception, GrainId grain, string method);

    [LoggerMessage(2, LogLevel.Error, "{Grain} could not be activated: its waiting calls fail, the next call tries again.")]
    public static partial void ActivationFailed(ILogger logger, Exception exception, GrainId grain);

    [LoggerMessage(3, LogLevel.Error, "OnDeactivateAsync of {Grain} failed ({Reason}). It is deactivated nevertheless.")]
    public static partial void DeactivationFailed(ILogger logger, Exception exception, GrainId grain, DeactivationReasonCode reason);

    [LoggerMessage(4, LogLevel.Error, "Disposing {Grain} or its services failed.")]
    public static partial void DisposalFailed(ILogger logger, Exception exception, GrainId grain);

    [LoggerMessage(5, LogLevel.Error, "A timer of {Grain} failed. It ticks again after its period.")]
    public static partial void TimerFailed(ILogger logger, Exception exception, GrainId grain);

    [LoggerMessage(
        6,
        LogLevel.Warning,
        "The grain host stops with calls unfinished: {Count} grains are busy after {Limit}, like {Example}."
    )]
    public static partial void DrainExpired(ILogger logger, int count, TimeSpan limit, GrainId example);

    [LoggerMessage(10, LogLevel.Warning, "The one-way call {Method} of {Grain} was dropped: {Count} calls wait already.")]
    public static partial void OneWayRefused(ILogger logger, GrainId grain, string method, int count);

    [LoggerMessage(11, LogLevel.Error, "Calls wait for each other and can only end by their timeouts: {Circle}.")]
    public static partial void Deadlock(ILogger logger, string circle);

    [LoggerMessage(7, LogLevel.Error, "The reminder \"{Name}\" of {Grain} failed. It comes again after {Period}.")]
    public static partial void ReminderFailed(ILogger logger, Exception exception, GrainId grain, string name, TimeSpan period);

    [LoggerMessage(8, LogLevel.Error, "An observer of the stream {Stream} failed. It gets the next item nevertheless.")]
    public static partial void ObserverFailed(ILogger logger, Exception exception, StreamId stream);

    [LoggerMessage(9, LogLevel.Warning, "{Count} items of the stream {Stream} were dropped: its observer has {Limit} unread ones.")]
    public static partial void ItemsDropped(ILogger logger, int count, StreamId stream, int limit);
}
