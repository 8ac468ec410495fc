using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Worker.Protocol;

namespace Marketplace.Verify.FuzzNet;

/// <summary>
/// Connections that stay and do little: half a message, a byte now and then, nothing read. They are open beside all other cases, and the
/// silo's own times must end each of them; one that keeps to the rules and only never reads may stay, with what its credit lets it hold.
/// </summary>
internal sealed class SlowCases(FuzzTarget target, int count)
{
    /// <summary>Many at a time, few enough for the ports and the silo's places beside the other cases.</summary>
    private const int AtOnce = 250;

    /// <summary>Beside the silo's own limit: its timers, the way, and a machine that has much to do.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan BytePause = TimeSpan.FromSeconds(1);

    /// <summary>Only what was not read can end it.</summary>
    public const string LargeAnswers = "large answers and nothing read";

    private readonly Case[] _cases =
    [
        new("says nothing", TimeSpan.FromSeconds(10), ["http 408 limit_exceeded", FuzzLink.Cut], Quiet),
        new("half a request", TimeSpan.FromSeconds(10), ["http 408 limit_exceeded", FuzzLink.Cut], HalfRequest),
        new("no hello", LinkPolicy.HandshakeTimeMax, [FuzzLink.Cut, "silent"], NoHello),
        new("half a hello", LinkPolicy.HandshakeTimeMax, [FuzzLink.Cut, "silent"], HalfHello),
        new("a hello byte by byte", LinkPolicy.HandshakeTimeMax, [FuzzLink.Cut, "silent"], HelloByByte),
        new("no proof", LinkPolicy.HandshakeTimeMax, [FuzzLink.Cut, "silent"], NoProof),
        new("no frame", LinkPolicy.SilenceMax, [FuzzLink.Cut, "silent"], NoFrame),
        new("half a frame", LinkPolicy.SilenceMax, [FuzzLink.Cut, "silent"], HalfFrame),
        new("a frame byte by byte", LinkPolicy.SilenceMax, [FuzzLink.Cut, "silent"], FrameByByte),
        new("pings and no frame", LinkPolicy.SilenceMax, [FuzzLink.Cut, "silent"], Pings),
        new("calls and nothing read", LinkPolicy.SilenceMax, [FuzzLink.Cut, "silent"], NothingRead),
        new(LargeAnswers, LinkPolicy.SendTimeMax, [FuzzLink.Cut], LargeUnread),
        new("heartbeats and nothing read", LinkPolicy.SilenceMax, ["lives"], LivesUnread),
    ];

    public async Task Run()
    {
        using var places = new SemaphoreSlim(AtOnce);
        var running = new List<Task>();
        for (var index = 0; index < count; index++)
        {
            await places.WaitAsync();
            running.Add(RunOne(index, places));
        }
        await Task.WhenAll(running);
    }

    private async Task RunOne(int index, SemaphoreSlim places)
    {
        var slow = _cases[index % _cases.Length];
        using var key = new Ed25519KeyPair(Blake3.Hash(Encoding.UTF8.GetBytes($"fuzznet slow {index}")).ToArray());
        var clock = Stopwatch.StartNew();
        string end;
        try
        {
            using var patience = new CancellationTokenSource(slow.Limit + Grace);
            end = await slow.Run(this, key, patience.Token);
            if (end != "lives" && clock.Elapsed < slow.Limit / 2)
            {
                end += " too early";
            }
        }
        catch (FuzzRefusedException refused)
        {
            end = refused.End;
        }
        catch (OperationCanceledException)
        {
            end = FuzzLink.Silence;
        }
        finally
        {
            places.Release();
        }
        target.Table.Add($"slow {slow.Name}", end, slow.Ends, () => $"after {clock.Elapsed}");
    }

    private static async Task<string> Quiet(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var raw = await slow.Connect(cancellation);
        // A connection without a request is idle: its limit is minutes, so one byte begins a request.
        await raw.Send("G"u8.ToArray(), cancellation);
        return await UpgradeCases.Outcome(raw, cancellation);
    }

    private static async Task<string> HalfRequest(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var raw = await slow.Connect(cancellation);
        await raw.Send(Encoding.ASCII.GetBytes(RawSocket.Upgrade(slow.Url)[..^3]), cancellation);
        return await UpgradeCases.Outcome(raw, cancellation);
    }

    private static async Task<string> NoHello(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var raw = await slow.Upgraded(cancellation);
        return await End(raw, cancellation);
    }

    private static async Task<string> HalfHello(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var raw = await slow.Upgraded(cancellation);
        await raw.Send(Hello(slow, key)[..40], cancellation);
        return await End(raw, cancellation);
    }

    private static async Task<string> HelloByByte(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var raw = await slow.Upgraded(cancellation);
        return await ByteByByte(raw, Hello(slow, key), cancellation);
    }

    private static async Task<string> NoProof(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var raw = await slow.Upgraded(cancellation);
        await raw.Send(Hello(slow, key), cancellation);
        await FuzzLink.ReadChallenge(raw, cancellation);
        return await End(raw, cancellation);
    }

    private static async Task<string> NoFrame(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var link = await FuzzLink.Open(slow.Target, key, cancellation);
        return (await link.Receive(cancellation)).End;
    }

    private static async Task<string> HalfFrame(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var link = await FuzzLink.Open(slow.Target, key, cancellation);
        // Says that it has a megabyte, and brings some of it.
        var frame = RawSocket.Frame(RawSocket.Text, Encoding.ASCII.GetBytes(new string('x', 1 << 20)));
        await link.Raw.Send(frame.AsMemory(0, 60_000), cancellation);
        return (await link.Receive(cancellation)).End;
    }

    private static async Task<string> FrameByByte(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var link = await FuzzLink.Open(slow.Target, key, cancellation);
        var frame = RawSocket.Frame(RawSocket.Text, Encoding.ASCII.GetBytes(new string('x', 1_000)));
        return await ByteByByte(link.Raw, frame, cancellation);
    }

    private static async Task<string> Pings(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var link = await FuzzLink.Open(slow.Target, key, cancellation);
        var ending = End(link.Raw, cancellation);
        while (await Task.WhenAny(ending, Task.Delay(BytePause, cancellation)) != ending)
        {
            await link.Raw.SendFrame(RawSocket.Ping, "?"u8, cancellation);
        }
        return await ending;
    }

    /// <summary>As many calls as there is credit for, whose answers are not read.</summary>
    private static async Task<string> NothingRead(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var link = await FuzzLink.Open(slow.Target, key, cancellation);
        await SendCalls(link, key, cancellation);
        await Task.Delay(LinkPolicy.SilenceMax, cancellation);
        return await End(link.Raw, cancellation);
    }

    private static async Task<string> LivesUnread(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var link = await FuzzLink.Open(slow.Target, key, cancellation);
        await SendCalls(link, key, cancellation);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < LinkPolicy.SilenceMax * 1.2; )
        {
            await link.Send(new LinkFrame { Heartbeat = new LinkHeartbeat(DateTimeOffset.UtcNow) }, cancellation);
            await Task.Delay(LinkPolicy.HeartbeatPeriod, cancellation);
        }
        // Now it reads, and all answers are there.
        for (var answers = 0; answers < LinkPolicy.WindowFrames / 2; )
        {
            var heard = await link.Receive(cancellation);
            if (heard.IsEnd)
            {
                return heard.End;
            }
            answers += heard.Frame!.Refused is null ? 0 : 1;
        }
        return "lives";
    }

    /// <summary>Each heartbeat is answered with all the leases that it names and the worker does not have.</summary>
    private static async Task<string> LargeUnread(SlowCases slow, Ed25519KeyPair key, CancellationToken cancellation)
    {
        using var link = await FuzzLink.Open(slow.Target, key, cancellation, readsLittle: true);
        var runs = Enumerable
            .Range(1, WorkerLimits.LeasesMax)
            .Select(number => new LeaseBeat(new LeaseId(1, number), LeaseStage.Running, 1));
        var frame = FuzzLink.Json(new LinkFrame { Heartbeat = new LinkHeartbeat(DateTimeOffset.UtcNow) { Runs = [.. runs] } });
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < LinkPolicy.SendTimeMax * 1.4; )
        {
            await link.Send(frame, cancellation);
            await Task.Delay(1.1 * LinkPolicy.HeartbeatPeriodMin, cancellation);
        }
        return await End(link.Raw, cancellation);
    }

    private static async Task SendCalls(FuzzLink link, Ed25519KeyPair key, CancellationToken cancellation)
    {
        var run = new LeaseCall(new WorkerId(key.PublicKey), new LeaseId(1, 1), 1);
        for (var call = 1; call < LinkPolicy.WindowFrames; call++)
        {
            await link.Send(new LinkFrame { Call = call, Find = new FindBlobCall(run, new BlobId(default)) }, cancellation);
        }
    }

    private static byte[] Hello(SlowCases slow, Ed25519KeyPair key)
    {
        using var random = System.Security.Cryptography.RandomNumberGenerator.Create();
        using var ephemeral = LinkEphemeral.Make(random);
        var hello = LinkHandshake.Hello(new WorkerId(key.PublicKey), slow.Target.Market, ephemeral);
        return RawSocket.Frame(RawSocket.Text, JsonSerializer.SerializeToUtf8Bytes(hello, LinkJson.Default.LinkHello));
    }

    private static async Task<string> ByteByByte(RawSocket raw, byte[] bytes, CancellationToken cancellation)
    {
        var ending = End(raw, cancellation);
        for (var index = 0; index < bytes.Length; index++)
        {
            await raw.Send(bytes.AsMemory(index, 1), cancellation);
            if (await Task.WhenAny(ending, Task.Delay(BytePause, cancellation)) == ending)
            {
                break;
            }
        }
        return await ending;
    }

    private static async Task<string> End(RawSocket raw, CancellationToken cancellation)
    {
        RawMessage? message;
        do
        {
            message = await raw.ReadMessage(cancellation);
        } while (message is { Kind: RawSocket.Text or RawSocket.Pong });
        return FuzzLink.EndOf(message);
    }

    private Uri Url => target.Url;

    private FuzzTarget Target => target;

    private Task<RawSocket> Connect(CancellationToken cancellation) => RawSocket.Connect(target.Url, target.Address(), cancellation);

    private async Task<RawSocket> Upgraded(CancellationToken cancellation)
    {
        var raw = await Connect(cancellation);
        await FuzzLink.Upgrade(raw, target, cancellation);
        return raw;
    }

    /// <param name="Name">What it does.</param>
    /// <param name="Limit">After which the silo must end it.</param>
    /// <param name="Ends">How it may end.</param>
    /// <param name="Run">Does it until it has ended.</param>
    private sealed record Case(
        string Name,
        TimeSpan Limit,
        string[] Ends,
        Func<SlowCases, Ed25519KeyPair, CancellationToken, Task<string>> Run
    );
}
