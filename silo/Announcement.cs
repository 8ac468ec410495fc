using Marketplace.Gateway;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;

namespace Marketplace.Silo;

/// <summary>A part of the start that the next parts do not wait for. It has ended before the ports open.</summary>
internal interface IStartPart
{
    /// <summary>Ends with the part; fails where the silo must not serve.</summary>
    Task Started { get; }
}

/// <summary>
/// Waits for the parts of the start, the last of all before the ports open. Writes the bound address where the command line finds it, and
/// says on the console that the silo is ready, stops and has stopped.
/// </summary>
internal sealed partial class Announcement(
    IHostApplicationLifetime lifetime,
    IServer server,
    IEnumerable<IStartPart> parts,
    SiloFolder folder,
    SiloOptions options,
    SignInLinks signIns,
    ILogger<Announcement> log
) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellation)
    {
        await foreach (var ended in Task.WhenEach(parts.Select(part => part.Started)).WithCancellation(cancellation))
        {
            await ended;
        }
        lifetime.ApplicationStarted.Register(Announce);
        lifetime.ApplicationStopping.Register(() => LogStopping(options.NameOrHost));
        lifetime.ApplicationStopped.Register(() => LogStopped(options.NameOrHost));
    }

    public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;

    private void Announce()
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        folder.Write(SiloFolder.Url, OwnAddress(addresses));
        if (!options.RunsWorker)
        {
            // What a run before this one had.
            folder.Delete(SiloFolder.Isolation);
        }
        LogReady(options.NameOrHost, string.Join(", ", addresses), folder.Path);
        SayLink(addresses);
    }

    /// <summary>
    /// Who reads the console of a silo that serves this machine alone is its operator, so the link holds the local account's key. Else
    /// 'market open' makes one.
    /// </summary>
    private void SayLink(string[] addresses)
    {
        if (ServesThisMachineAlone(addresses, options) && folder.Read(SiloFolder.ApiKey) is { } key)
        {
            LogPages(signIns.Create(OwnAddress(addresses), key));
        }
    }

    /// <summary>
    /// Names beside the loopback ones and proxies stand for clients elsewhere, who could use a link that they find where the log is
    /// gathered.
    /// </summary>
    internal static bool ServesThisMachineAlone(string[] addresses, SiloOptions options) =>
        GatewayBinding.IsLoopback(addresses) && options is { AllowedHosts: "", TrustedProxies: "" };

    /// <summary>
    /// Where commands on this machine reach the silo. They need no TLS, and 127.0.0.1 is seldom a name in a certificate. An address that
    /// stands for all of the machine's is bound on loopback too, and is none to send a key to.
    /// </summary>
    internal static string OwnAddress(IReadOnlyCollection<string> addresses)
    {
        var plain = addresses.Where(url => url.StartsWith("http:", StringComparison.Ordinal)).ToArray();
        if (plain.FirstOrDefault(url => GatewayBinding.IsLoopback([url])) is { } loopback)
        {
            return loopback;
        }
        return plain.Select(BindingAddress.Parse).FirstOrDefault(address => address.Host is "0.0.0.0" or "[::]" or "*" or "+") is { } all
            ? $"http://127.0.0.1:{all.Port}"
            : addresses.First();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Name} is ready on {Addresses}, data in {Folder}")]
    private partial void LogReady(string name, string addresses, string folder);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The market in a browser, good once within ten minutes ('market open' makes more): {Link}"
    )]
    private partial void LogPages(string link);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Name} stops: requests and runs under way end first")]
    private partial void LogStopping(string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Name} has stopped")]
    private partial void LogStopped(string name);
}
