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

    [LoggerMessage(6, LogLevel.Warning, "The grain host stops with calls unfinished: {Count} grains were busy after {Limit}, among them {Example}.")]
    public static partial void DrainExpired(ILogger logger, int count, TimeSpan limit, GrainId example);
}
