using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Marketplace.Api.Workers;
using Marketplace.Crypto;

namespace Marketplace.Worker.Protocol;

/// <summary>
/// Both ends of the handshake: hello, challenge, proof. After it each end knows that the other has its key, and that the frames of this
/// connection come from nobody between them. The caller bounds the time.
/// </summary>
public static class LinkHandshake
{
    /// <summary>The worker's end.</summary>
    /// <param name="socket">A connection on which nothing was said yet.</param>
    /// <param name="worker">The worker's key.</param>
    /// <param name="expected">The market's key, where the worker knows it.</param>
    /// <param name="ephemeral">Made for this connection.</param>
    /// <returns>The keys of the frames, and the market's key, which has signed.</returns>
    /// <exception cref="LinkEndedException">The market refused, is another one, or broke a rule.</exception>
    public static async Task<(LinkKeys Keys, Bytes32 Market)> Connect(
        WebSocket socket,
        Ed25519KeyPair worker,
        Bytes32? expected,
        LinkEphemeral ephemeral,
        CancellationToken cancellation
    )
    {
        var hello = Hello(new WorkerId(worker.PublicKey), expected, ephemeral);
        await Send(socket, hello, LinkJson.Default.LinkHello, cancellation);
        var challenge = await Receive(socket, LinkJson.OfMarket<LinkChallenge>(), cancellation);
        var (proof, keys) = Prove(hello, challenge, worker, expected, ephemeral);
        await Send(socket, proof, LinkJson.Default.LinkProof, cancellation);
        return (keys, LinkTranscript.Key(challenge.Market, "market"));
    }

    /// <summary>The market's end.</summary>
    /// <returns>The keys of the frames, and the worker's key, which has signed.</returns>
    /// <exception cref="LinkEndedException">The worker broke a rule or did not prove its key.</exception>
    public static async Task<(LinkKeys Keys, WorkerId Worker)> Accept(
        WebSocket socket,
        MarketIdentity market,
        LinkEphemeral ephemeral,
        CancellationToken cancellation
    )
    {
        var hello = await Receive(socket, LinkJson.OfWorker<LinkHello>(), cancellation);
        var challenge = Challenge(hello, market, ephemeral);
        await Send(socket, challenge, LinkJson.Default.LinkChallenge, cancellation);
        var proof = await Receive(socket, LinkJson.OfWorker<LinkProof>(), cancellation);
        return (Check(hello, challenge, proof, ephemeral), hello.Worker);
    }

    internal static LinkHello Hello(WorkerId worker, Bytes32? expected, LinkEphemeral ephemeral) =>
        new([LinkPolicy.Version], worker, ephemeral.Nonce.ToString(), LinkTranscript.PointOf(ephemeral.Key))
        {
            Market = expected?.ToString(),
        };

    internal static LinkChallenge Challenge(LinkHello hello, MarketIdentity market, LinkEphemeral ephemeral)
    {
        if (hello.Versions.Count is 0 or > LinkPolicy.VersionsMax || !hello.Versions.Contains(LinkPolicy.Version))
        {
            throw new LinkEndedException(LinkEnd.VersionRefused, $"This market speaks version {LinkPolicy.Version}.");
        }
        if (hello.Market is { } expected && LinkTranscript.Key(expected, "market") != market.PublicKey)
        {
            throw new LinkEndedException(LinkEnd.OtherMarket, $"This is the market {market.PublicKey}.");
        }
        var challenge = new LinkChallenge(
            LinkPolicy.Version,
            market.PublicKey.ToString(),
            ephemeral.Nonce.ToString(),
            LinkTranscript.PointOf(ephemeral.Key),
            Signature: ""
        );
        var signed = market.Sign(LinkTranscript.MarketMessage(LinkTranscript.Hash(hello, challenge)));
        return challenge with { Signature = Convert.ToHexStringLower(signed) };
    }

    internal static (LinkProof Proof, LinkKeys Keys) Prove(
        LinkHello hello,
        LinkChallenge challenge,
        Ed25519KeyPair worker,
        Bytes32? expected,
        LinkEphemeral ephemeral
    )
    {
        if (!hello.Versions.Contains(challenge.Version))
        {
            throw new LinkEndedException(LinkEnd.VersionRefused, $"The market chose version {challenge.Version}, which was not offered.");
        }
        var market = LinkTranscript.Key(challenge.Market, "market");
        if (expected is { } known && known != market)
        {
            throw new LinkEndedException(LinkEnd.OtherMarket, $"The market's key is {market}; expected is {known}.");
        }
        var transcript = LinkTranscript.Hash(hello, challenge);
        if (!Ed25519.Verify(market, LinkTranscript.MarketMessage(transcript), LinkTranscript.Signature(challenge.Signature)))
        {
            throw new LinkEndedException(LinkEnd.OtherMarket, $"The market did not prove that it has the key {market}.");
        }
        var keys = LinkTranscript.Keys(ephemeral.Key, challenge.Ephemeral, transcript);
        return (new LinkProof(Convert.ToHexStringLower(worker.Sign(LinkTranscript.WorkerMessage(transcript)))), keys);
    }

    internal static LinkKeys Check(LinkHello hello, LinkChallenge challenge, LinkProof proof, LinkEphemeral ephemeral)
    {
        var transcript = LinkTranscript.Hash(hello, challenge);
        return Ed25519.Verify(hello.Worker.Value, LinkTranscript.WorkerMessage(transcript), LinkTranscript.Signature(proof.Signature))
            ? LinkTranscript.Keys(ephemeral.Key, hello.Ephemeral, transcript)
            : throw new LinkEndedException(
                LinkEnd.ProofRefused,
                $"The signature is not that of worker {hello.Worker} for this connection to this market."
            );
    }

    private static async Task Send<TMessage>(
        WebSocket socket,
        TMessage message,
        JsonTypeInfo<TMessage> form,
        CancellationToken cancellation
    )
    {
        try
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(message, form);
            await socket.SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: true, cancellation);
        }
        catch (Exception lost) when (lost is WebSocketException or IOException)
        {
            throw new LinkEndedException(LinkEnd.Silent, $"The connection broke in the handshake: {lost.Message}", lost);
        }
    }

    private static async Task<TMessage> Receive<TMessage>(WebSocket socket, JsonTypeInfo<TMessage> form, CancellationToken cancellation)
        where TMessage : class
    {
        var buffer = ArrayPool<byte>.Shared.Rent(LinkPolicy.HandshakeBytesMax);
        try
        {
            var count = await ReceiveWhole(socket, buffer.AsMemory(0, LinkPolicy.HandshakeBytesMax), cancellation);
            return JsonSerializer.Deserialize(buffer.AsSpan(0, count), form)
                ?? throw new LinkEndedException(LinkEnd.Malformed, "The message is null.");
        }
        catch (JsonException malformed)
        {
            throw new LinkEndedException(
                LinkEnd.Malformed,
                $"The message is not a {typeof(TMessage).Name}: {malformed.Message}",
                malformed
            );
        }
        catch (Exception lost) when (lost is WebSocketException or IOException)
        {
            throw new LinkEndedException(LinkEnd.Silent, $"The connection broke in the handshake: {lost.Message}", lost);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<int> ReceiveWhole(WebSocket socket, Memory<byte> room, CancellationToken cancellation)
    {
        for (var count = 0; ; )
        {
            if (count == room.Length)
            {
                throw new LinkEndedException(
                    LinkEnd.TooLarge,
                    $"A message of the handshake has more than {LinkPolicy.HandshakeBytesMax} bytes."
                );
            }
            var part = await socket.ReceiveAsync(room[count..], cancellation);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                throw LinkClosing.Of(socket);
            }
            if (part.MessageType != WebSocketMessageType.Text)
            {
                throw new LinkEndedException(LinkEnd.Malformed, "A message is binary; messages are texts.");
            }
            count += part.Count;
            if (part.EndOfMessage)
            {
                return count;
            }
        }
    }
}
