using System.Security.Cryptography;
using Marketplace.Crypto;
using Marketplace.Worker;

namespace Marketplace.Benchmarks.Overload;

/// <summary>Simulated workers of this process, each with a socket of its own to the silo, that tell when jobs end.</summary>
internal sealed class ConnectedSwarm : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly Ed25519KeyPair[] _keys;
    private readonly Task _run;

    private ConnectedSwarm(Uri url, Ed25519KeyPair[] keys, AccountId payTo, SwarmOptions options, LinkMeasure measure)
    {
        _keys = keys;
        var swarm = new Swarm(
            options,
            [.. keys.Select(key => new WorkerId(key.PublicKey))],
            payTo,
            index =>
            {
                var link = SwarmLink.Over(url, keys[index], _http, TimeProvider.System);
                return link with { Link = new MeasuredLink(link.Link, measure) };
            },
            TimeProvider.System
        );
        _run = Task.Run(() => swarm.Run(_stopping.Token));
    }

    /// <returns>When all workers have offered their slots.</returns>
    public static async Task<ConnectedSwarm> Start(MeasuredSilos silos, SwarmOptions options, JobEnds ends)
    {
        using var random = RandomNumberGenerator.Create();
        var keys = Enumerable.Range(0, options.Workers).Select(_ => Ed25519KeyPair.Generate(random)).ToArray();
        var client = silos.Clients[0];
        foreach (var key in keys)
        {
            await client.Accounts.Open(key, new OpenOptions { Name = "swarm", Scopes = [Scope.Read] });
        }
        var measure = new LinkMeasure(options.Workers, int.MaxValue) { Reported = ends.Note };
        measure.Open();
        var swarm = new ConnectedSwarm(silos.Url, keys, (await client.Account.Get()).Id, options, measure);
        await swarm.Until(measure.AllOffered);
        return swarm;
    }

    /// <summary>Waits until something is over; fails when the workers end before.</summary>
    public async Task Until(Task what)
    {
        if (await Task.WhenAny(what, _run) == _run)
        {
            await _run;
            throw new BenchmarkException("The workers ended before it was over.");
        }
        await what;
    }

    /// <inheritdoc cref="Until(Task)"/>
    public async Task<TResult> Until<TResult>(Task<TResult> what)
    {
        await Until((Task)what);
        return await what;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        // The silo has stopped before; workers whose link is cut off say so.
        await _run.ContinueWith(static _ => { }, TaskScheduler.Default);
        foreach (var key in _keys)
        {
            key.Dispose();
        }
        _http.Dispose();
        _stopping.Dispose();
    }
}
