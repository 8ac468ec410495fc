using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Marketplace.Silo;

/// <summary>Writes the bound address where the command line finds it, and says on the console that the silo is ready.</summary>
internal sealed partial class Announcement(IHostApplicationLifetime lifetime, IServer server, DataFolder folder, ILogger<Announcement> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellation)
    {
        lifetime.ApplicationStarted.Register(Announce);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;

    private void Announce()
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()!.Addresses;
        folder.Write(DataFolder.Url, addresses.First());
        LogReady(string.Join(", ", addresses), folder.Path);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Ready on {Addresses}, data in {Folder}")]
    private partial void LogReady(string addresses, string folder);
}
