using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Marketplace.Engine;

namespace Marketplace.Cli.Commands;

/// <summary>What a silo or a worker needs of the machine: room, a disk that keeps what it says it keeps, an engine that is right.</summary>
internal static class MachineChecks
{
    /// <summary>Below this the service soon refuses to store anything.</summary>
    private const long FreeBytesMin = 1L << 30;

    private const int Flushes = 16;

    /// <summary>A silo waits for a flush before it acknowledges anything, so slower ones are what its users wait for.</summary>
    private static readonly TimeSpan FlushMax = TimeSpan.FromMilliseconds(50);

    /// <summary>No disk has written in less, not even one whose memory survives a loss of power: the call alone takes as much.</summary>
    private static readonly TimeSpan FlushMin = TimeSpan.FromMicroseconds(5);

    /// <summary>Network and the whole seconds of HTTP's dates make less of a difference.</summary>
    private static readonly TimeSpan ClockSkewMax = TimeSpan.FromSeconds(5);

    /// <summary>Authorities and tools that renew do it earlier.</summary>
    private static readonly TimeSpan CertificateLeft = TimeSpan.FromDays(14);

    private static readonly FileStreamOptions Scratch = new()
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        BufferSize = 0,
        Options = FileOptions.DeleteOnClose,
    };

    public static Check Disk(string folder)
    {
        try
        {
            var free = new DriveInfo(folder).AvailableFreeSpace;
            return free >= FreeBytesMin
                ? new Check("disk", true, $"{free >> 20:#,0} MiB free at {folder}")
                : new Check(
                    "disk",
                    false,
                    $"{free >> 20:#,0} MiB free at {folder}",
                    $"Make room: with less than {FreeBytesMin >> 20} MiB the service may refuse to store anything."
                );
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new Check("disk", false, $"{folder}: {unknown.Message}", "Check that the folder can be read.");
        }
    }

    /// <summary>How long the disk takes to keep a small write, and whether it can have kept it at all.</summary>
    public static Check Flush(string folder)
    {
        var path = Path.Combine(folder, $".doctor-{Environment.ProcessId}");
        try
        {
            var format = new DriveInfo(folder).DriveFormat;
            var times = new TimeSpan[Flushes];
            using (var file = new FileStream(path, Scratch))
            {
                for (var at = 0; at < Flushes; at++)
                {
                    file.Write("durable"u8);
                    var began = Stopwatch.GetTimestamp();
                    file.Flush(flushToDisk: true);
                    times[at] = Stopwatch.GetElapsedTime(began);
                }
            }
            Array.Sort(times);
            return Flush(format, times[Flushes / 2]);
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new Check("flush", false, $"{folder}: {unknown.Message}", "Check that the folder can be written.");
        }
    }

    internal static Check Flush(string format, TimeSpan median)
    {
        var seen = $"{median.TotalMilliseconds:0.00} ms, the median of {Flushes}, on {format}";
        return format is "tmpfs" or "ramfs" || median < FlushMin
                ? new Check(
                    "flush",
                    false,
                    $"{seen}: nothing is kept when the power goes",
                    "Have the data folder on a disk, without mount options or controllers that only say that they have written."
                )
            : median > FlushMax
                ? new Check(
                    "flush",
                    false,
                    $"{seen}: every job waits for several",
                    $"Use a faster disk, or one that others leave alone; at most {FlushMax.TotalMilliseconds:0} ms are well."
                )
            : new Check("flush", true, seen);
    }

    /// <summary>Runs a program whose result and fuel are known, interpreted at first and then as machine code.</summary>
    public static async Task<Check> Engine()
    {
        try
        {
            var (result, fuel) = await RunKnown();
            return (result, fuel) == (KnownProgram.Result, KnownProgram.Fuel)
                ? new Check("engine", true, $"the known program gave its result for its {Table.Show(fuel)} fuel")
                : new Check(
                    "engine",
                    false,
                    $"the known program gave {result} for {fuel} fuel; right are {KnownProgram.Result} and {KnownProgram.Fuel}",
                    "Run no worker here: its results would contradict others and cost its stake. Look for faulty memory or processor."
                );
        }
        catch (Exception failure) when (failure is InvalidModuleException or LinkException or TrapException)
        {
            return new Check("engine", false, failure.Message, "Run no worker here, and report this with the machine's processor.");
        }
    }

    private static async Task<(long Result, long Fuel)> RunKnown()
    {
        using var threads = new GuestThreads(1);
        return await threads.Run(() =>
        {
            var compiled = CompiledModule.Compile(WasmModule.Decode(KnownProgram.Module, EngineLimits.Default));
            using var run = new Run(new RunLimits { FuelMax = KnownProgram.Fuel * 2, MemoryPagesMax = 0 }, TimeProvider.System);
            using var instance = Instance.Instantiate(compiled, new Imports(), run);
            return (instance.Invoke(KnownProgram.Export, Value.FromI32(KnownProgram.Terms))[0].I64, run.FuelUsed);
        });
    }

    /// <summary>Until when the certificate is good that the service shows. Whom it is trusted by, every other call looks at.</summary>
    public static async Task<Check> Certificate(Uri url, TimeProvider clock, CancellationToken cancellation)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(url.Host, url.Port, cancellation);
            using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.Host }, cancellation);
            using var shown = X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData());
            return Certificate(shown.NotAfter.ToUniversalTime(), clock.GetUtcNow().UtcDateTime);
        }
        catch (Exception failure) when (failure is SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            return new Check("certificate", false, failure.Message, "Check that the address is one of a service with HTTPS.");
        }
    }

    internal static Check Certificate(DateTime until, DateTime now) =>
        until - now >= CertificateLeft
            ? new Check("certificate", true, $"until {until:yyyy-MM-dd}")
            : new Check(
                "certificate",
                false,
                until <= now
                    ? $"ended on {until:yyyy-MM-dd}"
                    : $"until {until:yyyy-MM-dd}, in less than {CertificateLeft.TotalDays:0} days",
                "Renew it: callers refuse the service once it has ended. A silo reads the file of --certificate again when it changes."
            );

    /// <summary>Times are in signatures, leases and claims; the second of an HTTP date is left out.</summary>
    public static Check Clock(DateTimeOffset answeredAt, DateTimeOffset now)
    {
        var ahead = now - answeredAt;
        var seen = $"{Math.Abs(ahead.TotalSeconds):0} s {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the service";
        return ahead.Duration() <= ClockSkewMax
            ? new Check("clock", true, "agrees with the service")
            : new Check("clock", false, seen, "Have both machines set their clocks by a time service.");
    }
}
