using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Marketplace.Crypto;
using Marketplace.Tests;

namespace Marketplace.Benchmarks;

/// <summary>What a silo has used since it was started.</summary>
/// <param name="Processor">The silo and its children.</param>
/// <param name="Threads">Of the processor time, what threads of a name took, all of a name together.</param>
/// <param name="AllocatedBytes">On the silo's managed heap.</param>
/// <param name="Paused">How long collections stopped all its threads.</param>
/// <param name="Collections">Of generation 0, 1 and 2; those of a generation count for the lower ones too.</param>
internal sealed record SiloFigures(
    TimeSpan Processor,
    IReadOnlyDictionary<string, TimeSpan> Threads,
    long AllocatedBytes,
    TimeSpan Paused,
    int[] Collections
)
{
    private const string Hooks = "DOTNET_STARTUP_HOOKS";
    private const string SocketName = "figures";

    /// <summary>Starts a silo that can be asked for its figures.</summary>
    public static async Task<SiloProcess> Start(string folder, params string[] arguments)
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder, OwnerFile.FolderMode);
        }
        Environment.SetEnvironmentVariable(Hooks, typeof(SiloFigures).Assembly.Location);
        Environment.SetEnvironmentVariable(StartupHook.Variable, Path.Combine(folder, SocketName));
        try
        {
            return await SiloProcess.Start(folder, CancellationToken.None, arguments);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Hooks, null);
            Environment.SetEnvironmentVariable(StartupHook.Variable, null);
        }
    }

    public static SiloFigures Of(SiloProcess silo)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(silo.Folder, SocketName)));
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
        var told = reader.ReadToEnd().Split(' ').Select(number => long.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        return new SiloFigures(
            ProcessorTime.OfTree(silo.Id),
            ProcessorTime.OfThreads(silo.Id),
            told[0],
            TimeSpan.FromMicroseconds(told[1]),
            [.. told[2..].Select(count => (int)count)]
        );
    }

    public static SiloFigures operator +(SiloFigures one, SiloFigures other) =>
        new(
            one.Processor + other.Processor,
            one.Threads.Concat(other.Threads)
                .GroupBy(thread => thread.Key)
                .ToDictionary(threads => threads.Key, threads => TimeSpan.FromTicks(threads.Sum(thread => thread.Value.Ticks))),
            one.AllocatedBytes + other.AllocatedBytes,
            one.Paused + other.Paused,
            [.. one.Collections.Zip(other.Collections, (mine, theirs) => mine + theirs)]
        );

    public static SiloFigures operator -(SiloFigures now, SiloFigures before) =>
        new(
            now.Processor - before.Processor,
            now.Threads.ToDictionary(thread => thread.Key, thread => thread.Value - before.Threads.GetValueOrDefault(thread.Key)),
            now.AllocatedBytes - before.AllocatedBytes,
            now.Paused - before.Paused,
            [.. now.Collections.Zip(before.Collections, (after, first) => after - first)]
        );

    /// <summary>Of the processor time, what threads took whose name begins so.</summary>
    public TimeSpan ThreadsOf(string name) =>
        Threads
            .Where(thread => thread.Key.StartsWith(name, StringComparison.Ordinal))
            .Aggregate(TimeSpan.Zero, (sum, thread) => sum + thread.Value);
}
