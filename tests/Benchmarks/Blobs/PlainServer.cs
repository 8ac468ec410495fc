using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Marketplace.Tests;

namespace Marketplace.Benchmarks.Blobs;

/// <summary>
/// nginx with PUT and GET of plain files, which it neither hashes nor flushes: what HTTP itself costs on this machine.
/// </summary>
internal sealed class PlainServer : IAsyncDisposable
{
    private const string Program = "nginx";

    private readonly TemporaryFolder _folder;
    private readonly Process _process;

    private PlainServer(TemporaryFolder folder, Process process, Uri url) => (_folder, _process, Url) = (folder, process, url);

    public Uri Url { get; }

    /// <returns>Null where nginx is not installed.</returns>
    public static async Task<PlainServer?> Start()
    {
        if (!await Tool.Exists(Program, "-v"))
        {
            return null;
        }
        var folder = new TemporaryFolder();
        var port = FreePort();
        foreach (var name in (string[])["files", "incoming"])
        {
            // As a user of their own, its processes have no way into a folder that is for its owner only.
            Directory.CreateDirectory(Path.Combine(folder.Path, name));
        }
        var configuration = Path.Combine(folder.Path, "nginx.conf");
        await File.WriteAllTextAsync(configuration, Configuration(folder.Path, port));
        var process = Process.Start(
            new ProcessStartInfo(Program, ["-c", configuration, "-p", folder.Path, "-e", Path.Combine(folder.Path, "error.log")])
        )!;
        var server = new PlainServer(folder, process, new Uri($"http://127.0.0.1:{port}/"));
        await server.Ready();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await Tool.Run("kill", $"{_process.Id}");
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Configuration(string folder, int port) =>
        $$"""
            daemon off;
            user {{Environment.UserName}};
            worker_processes 2;
            pid {{folder}}/nginx.pid;
            events { worker_connections 256; }
            http {
              access_log off;
              sendfile on;
              keepalive_requests 1000000;
              client_max_body_size 16g;
              client_body_temp_path {{folder}}/incoming;
              server {
                listen 127.0.0.1:{{port}};
                root {{folder}}/files;
                location / { dav_methods PUT; }
              }
            }
            """;

    private async Task Ready()
    {
        using var client = new HttpClient();
        while (true)
        {
            if (_process.HasExited)
            {
                throw new BenchmarkException($"nginx ended: {await File.ReadAllTextAsync(Path.Combine(_folder.Path, "error.log"))}");
            }
            try
            {
                using var answer = await client.GetAsync(Url);
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(10);
            }
        }
    }
}
