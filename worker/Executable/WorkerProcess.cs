using System.Runtime.InteropServices;

namespace Marketplace.Worker;

/// <summary>A worker that is a process of its own: its link, its account, its agent, and the signals that end it.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly MarketAddress _market;
    private readonly WorkerFolder _folder;
    private readonly WorkerOptions _options;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly CancellationTokenSource _drain = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpMessageInvoker _http;
    private readonly StatusLine _status;
    private readonly RemoteMarketLink _link;
    private readonly CommitteeVoter? _voter;
    private readonly WorkerAgent _agent;
    private readonly IDisposable? _telemetry;

    /// <param name="serves">Whether it serves in committees.</param>
    /// <param name="telemetry">Where the traces of its runs go; null: nowhere.</param>
    public WorkerProcess(MarketAddress market, WorkerFolder folder, WorkerOptions options, bool serves, OtlpTarget? telemetry)
    {
        (_market, _folder, _options) = (market, folder, options);
        _http = market.Connections();
        _status = StatusLine.Open(options, _time);
        _telemetry = telemetry is null
            ? null
            : OtlpExport.Traces(telemetry, OtlpExport.Resource("marketplace-worker", options.Worker.ToString()));
        var remote = new RemoteMarket
        {
            Url = market.Url,
            Key = folder.Key,
            Pin = folder,
            Http = _http,
        };
        _link = new RemoteMarketLink(remote, _time, _status.Logger<RemoteMarketLink>());
        _voter = serves ? CommitteeVoter.Open(folder.FullPath, folder.Key, options.PayTo, _time, _status.Logger<CommitteeVoter>()) : null;
        _agent = new WorkerAgent(_link, options, _time, _status.Logger<WorkerAgent>(), _voter);
        _status.Follow(
            _agent,
            () =>
                _drain.IsCancellationRequested ? "drains"
                : _link.IsConnected ? "works"
                : "connects"
        );
    }

    /// <summary>Runs until a signal ends it: the first one drains, the second one stops at once.</summary>
    public async Task Run()
    {
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var leave = new CancellationTokenSource();
        var linked = _link.Run(leave.Token);
        var working = Work();
        if (await Task.WhenAny(linked, working) == linked)
        {
            // Another market, or another version: there is no market to work for.
            await _stop.CancelAsync();
        }
        try
        {
            await working;
        }
        finally
        {
            await leave.CancelAsync();
            await linked;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _status.DisposeAsync();
        _telemetry?.Dispose();
        _http.Dispose();
        _voter?.Dispose();
        _drain.Dispose();
        _stop.Dispose();
    }

    private async Task Work()
    {
        using var asked = CancellationTokenSource.CreateLinkedTokenSource(_drain.Token, _stop.Token);
        var account = new WorkerAccount(_folder, _market, _status, _time);
        try
        {
            var met = await _link.Met.WaitAsync(asked.Token);
            await account.Open(met.Market, asked.Token);
        }
        catch (OperationCanceledException) when (asked.IsCancellationRequested)
        {
            return;
        }
        using var over = new CancellationTokenSource();
        var earnsItself = _options.PayTo.Value == _folder.Key.PublicKey;
        var earning = _status.IsTerminal && earnsItself ? account.Watch(over.Token) : Task.CompletedTask;
        try
        {
            await _agent.Run(_stop.Token, _drain.Token);
        }
        finally
        {
            await over.CancelAsync();
            await earning;
        }
    }

    private void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (_drain.IsCancellationRequested)
        {
            _stop.Cancel();
            return;
        }
        _status.Say($"{signal.Signal}: takes no more jobs; what runs has {WorkerPolicy.DrainTimeMax.TotalSeconds} s to end");
        _stop.CancelAfter(WorkerPolicy.DrainTimeMax);
        _drain.Cancel();
    }
}
