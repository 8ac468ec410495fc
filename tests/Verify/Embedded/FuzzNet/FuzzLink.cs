using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;

namespace Marketplace.Verify.FuzzNet;

/// <summary>What came: a frame, or the end of the connection, by the name of its reason.</summary>
internal readonly record struct Heard(LinkFrame? Frame, string End)
{
    public bool IsEnd => Frame is null;
}

/// <summary>A worker's link after an honest handshake, whose frames the check seals itself, or breaks.</summary>
internal sealed class FuzzLink : IDisposable
{
    /// <summary>The connection was cut without a closing message.</summary>
    public const string Cut = "cut";

    /// <summary>Neither an answer nor an end came in time.</summary>
    public const string Silence = "nothing";

    private readonly LinkKeys _keys;

    private FuzzLink(RawSocket raw, LinkKeys keys, Recorded said)
    {
        (Raw, _keys, Said) = (raw, keys, said);
    }

    public RawSocket Raw { get; }

    /// <summary>What this side said in the handshake, for those who repeat it.</summary>
    public Recorded Said { get; }

    /// <summary>The number of the frame that was sent last.</summary>
    public long Sent { get; set; }

    /// <summary>Bytes of JSON that were sent: what is used of the credit, at most.</summary>
    public long Bytes { get; private set; }

    public byte[] KeyToMarket => _keys.ToMarket;

    public byte[] KeyToWorker => _keys.ToWorker;

    /// <summary>Frames that came, by the name of their member.</summary>
    public required Action<string> OnFrame { get; init; }

    /// <param name="readsReady">Else the market's first frame is left to the first receive: the link may be over before it comes.</param>
    public static async Task<FuzzLink> Open(
        FuzzTarget target,
        Ed25519KeyPair key,
        CancellationToken cancellation,
        bool readsReady = true,
        bool readsLittle = false
    )
    {
        var raw = await RawSocket.Connect(target.Url, target.Address(), cancellation, readsLittle);
        try
        {
            await Upgrade(raw, target, cancellation);
            using var random = RandomNumberGenerator.Create();
            using var ephemeral = LinkEphemeral.Make(random);
            var hello = LinkHandshake.Hello(new WorkerId(key.PublicKey), target.Market, ephemeral);
            await SendText(raw, hello, LinkJson.Default.LinkHello, cancellation);
            var challenge = await ReadChallenge(raw, cancellation);
            var (proof, keys) = LinkHandshake.Prove(hello, challenge, key, target.Market, ephemeral);
            await SendText(raw, proof, LinkJson.Default.LinkProof, cancellation);
            var link = new FuzzLink(raw, keys, new Recorded(hello, challenge, proof)) { OnFrame = target.Table.Received };
            if (!readsReady)
            {
                return link;
            }
            var ready = await link.Receive(cancellation);
            return ready.Frame?.Ready is not null ? link : throw new FuzzRefusedException(ready.End);
        }
        catch
        {
            raw.Dispose();
            throw;
        }
    }

    public static async Task Upgrade(RawSocket raw, FuzzTarget target, CancellationToken cancellation)
    {
        await raw.Send(Encoding.ASCII.GetBytes(RawSocket.Upgrade(target.Url)), cancellation);
        var answer = await raw.ReadAnswer(cancellation);
        if (answer?.Status != 101)
        {
            throw new FuzzRefusedException($"http {answer?.Status} {answer?.Code}");
        }
    }

    public static async Task<LinkChallenge> ReadChallenge(RawSocket raw, CancellationToken cancellation)
    {
        var message = await raw.ReadMessage(cancellation);
        return message is { Kind: RawSocket.Text }
            ? JsonSerializer.Deserialize(message.Payload, LinkJson.OfMarket<LinkChallenge>())!
            : throw new FuzzRefusedException(EndOf(message));
    }

    public static Task SendText<TMessage>(RawSocket raw, TMessage message, JsonTypeInfo<TMessage> form, CancellationToken cancellation) =>
        raw.SendFrame(RawSocket.Text, JsonSerializer.SerializeToUtf8Bytes(message, form), cancellation);

    /// <summary>Sends JSON under the seal, with the number that is due.</summary>
    public Task Send(byte[] json, CancellationToken cancellation)
    {
        Bytes += json.Length;
        return SendSealed(FrameSeal.Seal(_keys.ToMarket, ++Sent, json), cancellation);
    }

    public Task Send(LinkFrame frame, CancellationToken cancellation) => Send(Json(frame), cancellation);

    /// <summary>Sends a text that is a frame, or is not.</summary>
    public Task SendSealed(ReadOnlyMemory<byte> text, CancellationToken cancellation) =>
        Raw.SendFrame(RawSocket.Text, text.Span, cancellation);

    public static byte[] Json(LinkFrame frame) => JsonSerializer.SerializeToUtf8Bytes(frame, LinkJson.OfWorker<LinkFrame>());

    /// <summary>The next frame of the market that is not credit, or the end: sealed word and closing message must agree.</summary>
    public async Task<Heard> Receive(CancellationToken cancellation)
    {
        while (true)
        {
            RawMessage? message;
            try
            {
                message = await Raw.ReadMessage(cancellation);
            }
            catch (OperationCanceledException)
            {
                return new Heard(null, Silence);
            }
            if (message is not { Kind: RawSocket.Text })
            {
                return new Heard(null, EndOf(message));
            }
            if (!FrameSeal.TryOpen(_keys.ToWorker, message.Payload, out _, out var jsonAt))
            {
                return new Heard(null, "a frame of the market is not sealed");
            }
            var frame = JsonSerializer.Deserialize(message.Payload.AsSpan(jsonAt), LinkJson.OfMarket<LinkFrame>())!;
            OnFrame(FrameSamples.KindOf(frame));
            if (frame.Goodbye is { } goodbye)
            {
                return new Heard(null, await Confirm(LinkEndedException.NameOf(goodbye.Reason), cancellation));
            }
            if (frame.Credit is null)
            {
                return new Heard(frame, "");
            }
        }
    }

    public void Dispose() => Raw.Dispose();

    /// <summary>How a connection ended that has no keys yet, or not any more.</summary>
    public static string EndOf(RawMessage? message) =>
        message is null ? Cut
        : message.Kind != RawSocket.Closing ? $"a message of kind {message.Kind}"
        : message.Words.Split(": ")[0] is { Length: > 0 } word && LinkEndedException.Find(word) is not null ? word
        : $"closed {message.Status}";

    /// <summary>A reader of the closing message alone must hear the same as one who reads the seal.</summary>
    private async Task<string> Confirm(string reason, CancellationToken cancellation)
    {
        try
        {
            var closing = EndOf(await Raw.ReadMessage(cancellation));
            return closing == reason || closing == Cut ? reason : $"{reason}, but closed with {closing}";
        }
        catch (OperationCanceledException)
        {
            return $"{reason}, and never closed";
        }
    }
}

/// <summary>One side of a handshake that succeeded.</summary>
internal sealed record Recorded(LinkHello Hello, LinkChallenge Challenge, LinkProof Proof);

/// <summary>The silo did not let a connection in.</summary>
internal sealed class FuzzRefusedException(string end) : Exception($"The silo did not let a connection in: {end}")
{
    public string End { get; } = end;
}

/// <summary>What all cases share: where the silo is, which market, and where results go.</summary>
internal sealed class FuzzTarget(Uri url, MarketDomain domain, FuzzTable table)
{
    /// <summary>Limits of the silo count by address; ports that are used up do as well.</summary>
    private const int Addresses = 32;
    private int _turn;

    public Uri Url => url;

    public MarketDomain Domain => domain;

    public Bytes32 Market => domain.Market;

    public FuzzTable Table => table;

    /// <summary>The last lease of each lane, which no other lane's worker may use.</summary>
    public ConcurrentDictionary<int, LeaseId> Leases { get; } = new();

    /// <summary>127.0.1.1 and the next ones, in turns.</summary>
    public IPAddress Address() => new([127, 0, 1, (byte)(1 + ((uint)Interlocked.Increment(ref _turn) % Addresses))]);
}
