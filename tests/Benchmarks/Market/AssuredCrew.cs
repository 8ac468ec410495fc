using System.Security.Cryptography;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Tests;
using Marketplace.Worker;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Benchmarks;

/// <summary>
/// Workers of as many owners in this process, each with a stake, a vote log on the disk and a socket of its own to the market.
/// </summary>
internal sealed class AssuredCrew : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly TemporaryFolder _folder = new();
    private readonly List<Ed25519KeyPair> _keys = [];
    private readonly List<CommitteeVoter> _voters = [];
    private readonly List<Task> _links = [];
    private readonly List<Task> _agents = [];

    private AssuredCrew() { }

    /// <returns>When all of them are members of an epoch.</returns>
    public static async Task<AssuredCrew> Start(MarketNode market, int members)
    {
        var crew = new AssuredCrew();
        try
        {
            for (var number = 0; number < members; number++)
            {
                await crew.Add(market, number);
            }
            await crew.Until(market.HasMembers(members, crew._stopping.Token));
            return crew;
        }
        catch
        {
            await crew.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for what the workers bring about; fails when one of them ends instead.</summary>
    public async Task Until(Task what)
    {
        if (await Task.WhenAny([what, .. _agents, .. _links]) is var first && first != what)
        {
            await first;
            throw new BenchmarkException("A worker ended before it was over.");
        }
        await what;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll([.. _agents, .. _links]).ContinueWith(static _ => { }, TaskScheduler.Default);
        _voters.ForEach(voter => voter.Dispose());
        _keys.ForEach(key => key.Dispose());
        _http.Dispose();
        _stopping.Dispose();
        _folder.Dispose();
    }

    private async Task Add(MarketNode market, int number)
    {
        using var random = RandomNumberGenerator.Create();
        var key = Ed25519KeyPair.Generate(random);
        _keys.Add(key);
        var worker = new WorkerId(key.PublicKey);
        var options = new WorkerOptions { Worker = worker, PayTo = new AccountId(key.PublicKey) };
        await market.OpenWithStake(key);
        var voter =
            CommitteeVoter.Open(
                Directory.CreateDirectory(Path.Combine(_folder.Path, $"{number}")).FullName,
                key,
                options.PayTo,
                TimeProvider.System,
                NullLogger.Instance
            ) ?? throw new BenchmarkException("There is no vote log.");
        _voters.Add(voter);
        var connection = SwarmLink.Over(market.Url, key, _http, TimeProvider.System);
        _links.Add(connection.Run!(_stopping.Token));
        await Until(connection.Met!);
        _agents.Add(
            new WorkerAgent(connection.Link, options, TimeProvider.System, NullLogger<WorkerAgent>.Instance, voter).Run(_stopping.Token)
        );
    }
}
