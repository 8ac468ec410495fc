using Marketplace.GrainHost.Activations;
using Marketplace.GrainHost.Reminders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Hosting;

/// <summary>Starts and stops the host with the application.</summary>
public sealed class EmbeddedGrainHost : IHostedService
{
    private readonly HostCore _host;
    private readonly ReminderService _reminders;

    internal EmbeddedGrainHost(HostCore host, ReminderService reminders)
    {
        _host = host;
        _reminders = reminders;
    }

    /// <summary>How many activations there are.</summary>
    public int ActivationCount => _host.Directory.Snapshot().Count;

    /// <summary>How many reminders will tick.</summary>
    public int ReminderCount => _reminders.Count;

    /// <summary>The activations by class. Looks at each of them and holds none up, so calls that move meanwhile may be missed.</summary>
    public IReadOnlyList<ActivationFigures> Activations() =>
        [
            .. _host
                .Directory.Snapshot()
                .GroupBy(activation => activation.GrainClass)
                .Select(all => new ActivationFigures(
                    all.Key.Type,
                    all.Count(),
                    all.Sum(activation => activation.WaitingCalls),
                    all.Max(activation => activation.WaitingCalls),
                    all.Sum(activation => activation.RunningCalls)
                )),
        ];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_host.Services.GetRequiredService<TimeProvider>() != _host.Time)
        {
            throw new OrleansConfigurationException(
                $"{nameof(GrainHostOptions)}.{nameof(GrainHostOptions.TimeProvider)} is not the registered {nameof(TimeProvider)}: "
                    + "grains and their host must have the same clock."
            );
        }

        foreach (var grainInterface in _host.Classes.All.SelectMany(grainClass => grainClass.Interfaces).Distinct())
        {
            _host.Proxies.Prepare(grainInterface);
        }
        _host.Sweep.Start();
        _host.Idle.Start();
        _host.Dispatcher.Open();
        await _reminders.Start(cancellationToken);
    }

    /// <summary>
    /// Refuses new calls from outside, lets the calls under way end within <see cref="GrainHostOptions.DrainTimeout"/>, then
    /// deactivates everything.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _reminders.Dispose();
        _host.Dispatcher.CloseForClients();
        await Drain(cancellationToken);
        await DeactivateAll(cancellationToken);
        _host.Dispatcher.Close();
        _host.Idle.Dispose();
        _host.Sweep.Dispose();
    }

    /// <summary>
    /// Ends as a killed process does: no turn runs any more, nothing is deactivated or written. Callers from outside get a
    /// <see cref="SiloUnavailableException"/>, as from a lost connection. For simulated crashes.
    /// </summary>
    public void Kill()
    {
        _reminders.Dispose();
        _host.Dispatcher.Close();
        _host.Idle.Dispose();
        _host.Sweep.Dispose();
        foreach (var activation in _host.Directory.Snapshot())
        {
            activation.Kill();
        }
    }

    /// <summary>
    /// As <see cref="Kill()"/>, for some of the grains, as if the silo of a cluster had died that they were on: the others live on, their
    /// calls to the lost ones fail, and the next call makes a new activation. For simulated crashes.
    /// </summary>
    /// <param name="isLost">Which grains.</param>
    public void Kill(Func<GrainId, bool> isLost)
    {
        foreach (var activation in _host.Directory.Snapshot().Where(activation => isLost(activation.GrainId)))
        {
            activation.Kill();
        }
    }

    private async Task Drain(CancellationToken cancellationToken)
    {
        var limit = Task.Delay(_host.Options.DrainTimeout, _host.Time, cancellationToken);
        while (true)
        {
            // A call that ends may have called another grain, so the drain ends only when a look finds no activation busy.
            var busy = _host
                .Directory.Snapshot()
                .Select(activation => (Activation: activation, Idle: activation.WhenIdle()))
                .Where(pair => pair.Idle is not null)
                .ToList();
            if (busy.Count == 0)
            {
                return;
            }
            if (await Task.WhenAny(Task.WhenAll(busy.Select(pair => pair.Idle!)), limit) != limit)
            {
                continue;
            }
            HostLog.DrainExpired(_host.Logger, busy.Count, _host.Options.DrainTimeout, busy[0].Activation.GrainId);
            return;
        }
    }

    private async Task DeactivateAll(CancellationToken cancellationToken)
    {
        var limit = Task.Delay(_host.Options.DeactivationTimeout, _host.Time, cancellationToken);
        while (_host.Directory.Snapshot() is { Count: > 0 } remaining)
        {
            foreach (var activation in remaining)
            {
                activation.Deactivate(new(DeactivationReasonCode.ShuttingDown, "The grain host is shutting down."));
            }
            var ended = Task.WhenAll(remaining.Select(activation => activation.Deactivated));
            if (await Task.WhenAny(ended, limit) == limit)
            {
                return;
            }
        }
    }
}
