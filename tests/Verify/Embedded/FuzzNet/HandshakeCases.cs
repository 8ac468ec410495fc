using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Worker.Protocol;

namespace Marketplace.Verify.FuzzNet;

/// <summary>
/// Handshakes that are changed at each step: what is said, how it is signed, and how it is put into frames of the WebSocket. None may end
/// in a link but those that the change left in order.
/// </summary>
internal static class HandshakeCases
{
    private const string Ready = "ready";
    private const string ProofRefused = "proof_refused";
    private const string VersionRefused = "version_refused";
    private const string OtherMarket = "other_market";

    /// <summary>
    /// What is no frame of a WebSocket is cut, perhaps behind a status: a broken protocol, or text that is no UTF-8
    /// (https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1).
    /// </summary>
    private static readonly string[] BrokenProtocol = ["closed 1002", FuzzLink.Cut];
    private static readonly string[] BrokenText = ["closed 1007", FuzzLink.Cut];

    private static readonly (string Name, string[] Ends, Func<FuzzLane, LinkHello, LinkHello> Change)[] Hellos =
    [
        ("no versions", [VersionRefused], (_, hello) => hello with { Versions = [] }),
        (
            "other versions",
            [VersionRefused],
            (_, hello) => hello with { Versions = [0, 1, LinkPolicy.Version + 1, int.MinValue, int.MaxValue] }
        ),
        ("most versions", [Ready], (_, hello) => hello with { Versions = [.. Enumerable.Range(1, LinkPolicy.VersionsMax)] }),
        (
            "too many versions",
            [VersionRefused],
            (_, hello) => hello with { Versions = [.. Enumerable.Range(1, LinkPolicy.VersionsMax + 1)] }
        ),
        ("another market", [OtherMarket], (lane, hello) => hello with { Market = Hex(lane, 32) }),
        ("a market that is none", [FrameSamples.Malformed], (lane, hello) => hello with { Market = Hex(lane, 31) }),
        ("no market", [Ready], (_, hello) => hello with { Market = null }),
        ("a short nonce", [FrameSamples.Malformed], (lane, hello) => hello with { Nonce = Hex(lane, 31) }),
        ("a point of chance", [FrameSamples.Malformed], (lane, hello) => hello with { Ephemeral = "04" + Hex(lane, 64) }),
        ("the point of zeros", [FrameSamples.Malformed], (_, hello) => hello with { Ephemeral = "04" + new string('0', 128) }),
        ("a point beyond the field", [FrameSamples.Malformed], (_, hello) => hello with { Ephemeral = "04" + new string('f', 128) }),
        ("a point that is not reduced", [FrameSamples.Malformed], (_, hello) => hello with { Ephemeral = "04" + FieldSize + OnCurve }),
        ("a point with an X of nothing", [Ready], (_, hello) => hello with { Ephemeral = "04" + Zeros + OnCurve }),
        ("a compressed point", [FrameSamples.Malformed], (_, hello) => hello with { Ephemeral = "02" + hello.Ephemeral[2..66] }),
        ("a compressed point, as long", [FrameSamples.Malformed], (_, hello) => hello with { Ephemeral = "02" + hello.Ephemeral[2..] }),
        ("the point at infinity", [FrameSamples.Malformed], (_, hello) => hello with { Ephemeral = "00" }),
        ("a point in capital letters", [Ready], (_, hello) => hello with { Ephemeral = hello.Ephemeral.ToUpperInvariant() }),
        ("another's key", [ProofRefused], (lane, hello) => hello with { Worker = new WorkerId(Blake3.Hash(hello.Worker.Value.ToArray())) }),
        ("a key of small order", [ProofRefused], (_, hello) => hello with { Worker = WorkerId.Parse("01" + new string('0', 62)) }),
        ("a key that is no point", [ProofRefused], (_, hello) => hello with { Worker = WorkerId.Parse(new string('f', 64)) }),
    ];

    private static readonly (string Name, string[] Ends, Func<FuzzLane, LinkProof, LinkProof> Change)[] Proofs =
    [
        ("a bit of the signature", [ProofRefused], (lane, proof) => proof with { Signature = Flip(lane, proof.Signature) }),
        ("a signature of zeros", [ProofRefused], (_, proof) => proof with { Signature = new string('0', 128) }),
        ("the neutral element", [ProofRefused], (_, proof) => proof with { Signature = "01" + new string('0', 126) }),
        ("a scalar that is not reduced", [ProofRefused], (_, proof) => proof with { Signature = AddOrder(proof.Signature) }),
        ("a short signature", [FrameSamples.Malformed], (_, proof) => proof with { Signature = proof.Signature[2..] }),
        ("no signature", [FrameSamples.Malformed], (_, proof) => proof with { Signature = "" }),
        ("a signature that is no number", [FrameSamples.Malformed], (_, proof) => proof with { Signature = new string('z', 128) }),
    ];

    /// <summary>What comes instead of the hello, whole: frames of the WebSocket that are good or not.</summary>
    private static readonly (string Name, string[] Ends, Func<byte[], byte[]> Bytes)[] Framings =
    [
        (
            "in fragments",
            ["challenge"],
            hello => [.. Part(RawSocket.Text, hello[..20], false), .. Part(RawSocket.Continuation, hello[20..], true)]
        ),
        (
            "with empty fragments",
            ["challenge"],
            hello => [.. Part(RawSocket.Text, [], false), .. Part(RawSocket.Continuation, hello, true)]
        ),
        ("behind a ping", ["challenge"], hello => [.. Part(RawSocket.Ping, "?"u8, true), .. Part(RawSocket.Text, hello, true)]),
        ("behind a pong", ["challenge"], hello => [.. Part(RawSocket.Pong, "?"u8, true), .. Part(RawSocket.Text, hello, true)]),
        ("of the largest size", ["challenge"], hello => Part(RawSocket.Text, Padded(hello, LinkPolicy.HandshakeBytesMax), true)),
        ("one byte too large", ["too_large"], hello => Part(RawSocket.Text, Padded(hello, LinkPolicy.HandshakeBytesMax + 1), true)),
        ("much too large", ["too_large"], hello => Part(RawSocket.Text, Padded(hello, 1 << 20), true)),
        ("binary", [FrameSamples.Malformed], hello => Part(RawSocket.Binary, hello, true)),
        ("of no length", [FrameSamples.Malformed], _ => Part(RawSocket.Text, [], true)),
        ("a closing message", [FuzzLink.Cut, "closed 1000", "stopping"], _ => Part(RawSocket.Closing, [0x03, 0xE8], true)),
        ("a closing message of one byte", BrokenProtocol, _ => Part(RawSocket.Closing, [0x03], true)),
        ("no UTF-8", BrokenText, _ => Part(RawSocket.Text, [0x7B, 0xFF, 0xFE, 0x7D], true)),
        ("half a letter", BrokenText, _ => Part(RawSocket.Text, [0x22, 0xF0, 0x9F], true)),
        ("not masked", BrokenProtocol, hello => RawSocket.Frame(RawSocket.Text, hello, isMasked: false)),
        ("with reserved bits", BrokenProtocol, hello => RawSocket.Frame(RawSocket.Text, hello, reserved: 0x40)),
        ("of an unknown kind", BrokenProtocol, hello => Part(3, hello, true)),
        ("a continuation of nothing", BrokenProtocol, hello => Part(RawSocket.Continuation, hello, true)),
        (
            "a beginning in the middle",
            BrokenProtocol,
            hello => [.. Part(RawSocket.Text, hello[..9], false), .. Part(RawSocket.Text, hello, true)]
        ),
        ("a ping in fragments", BrokenProtocol, _ => Part(RawSocket.Ping, "?"u8, false)),
        ("a long ping", BrokenProtocol, _ => Part(RawSocket.Ping, new byte[126], true)),
        ("of the longest length", BrokenProtocol, _ => [0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, (byte)'{']),
        ("HTTP once more", BrokenProtocol, _ => "GET / HTTP/1.1\r\n\r\n"u8.ToArray()),
    ];

    /// <summary>A point of P-256 whose X is 0, and the same with the field's size for X (SEC 2, 2.4.2): one point has one form.</summary>
    private const string OnCurve = "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4";
    private const string FieldSize = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
    private static readonly string Zeros = new('0', 64);

    public static Task Run(FuzzLane lane, CancellationToken cancellation) =>
        lane.Chance.Next(5) switch
        {
            0 => RunHello(lane, cancellation),
            1 => RunProof(lane, cancellation),
            2 => RunFraming(lane, cancellation),
            3 => RunText(lane, cancellation),
            _ => UpgradeCases.Run(lane, cancellation),
        };

    private static async Task RunHello(FuzzLane lane, CancellationToken cancellation)
    {
        var (name, ends, change) = Hellos[lane.Chance.Next(Hellos.Length)];
        var end = await Shake(lane, (hello, _) => Json(change(lane, hello)), (proof, _) => Json(proof), cancellation);
        lane.Table.Add($"hello {name}", end, ends, () => "");
    }

    /// <summary>The proof of another connection is one of the changes.</summary>
    private static async Task RunProof(FuzzLane lane, CancellationToken cancellation)
    {
        var drawn = lane.Chance.Next(Proofs.Length + 4);
        if (drawn < Proofs.Length)
        {
            var (name, ends, change) = Proofs[drawn];
            var end = await Shake(lane, (hello, _) => Json(hello), (proof, _) => Json(change(lane, proof)), cancellation);
            lane.Table.Add($"proof {name}", end, ends, () => "");
        }
        else if (drawn == Proofs.Length)
        {
            var end = await Shake(lane, (hello, _) => Json(hello), (_, challenge) => Json(challenge), cancellation);
            lane.Table.Add("proof the challenge itself", end, [FrameSamples.Malformed], () => "");
        }
        else if (drawn == Proofs.Length + 1)
        {
            var end = await Shake(lane, (hello, _) => Json(hello), (_, _) => new byte[] { (byte)'{', (byte)'}' }, cancellation);
            lane.Table.Add("proof empty", end, [FrameSamples.Malformed], () => "");
        }
        else if (drawn == Proofs.Length + 2)
        {
            // [S]B = R + [k]A holds for any message where A and R are the neutral element and S is 0.
            var neutral = "01" + new string('0', 62);
            var end = await Shake(
                lane,
                (hello, _) => Json(hello with { Worker = WorkerId.Parse(neutral) }),
                (_, _) => Json(new LinkProof(neutral + Zeros)),
                cancellation
            );
            lane.Table.Add("proof by a key of small order", end, [ProofRefused], () => "");
        }
        else
        {
            var before = (await lane.Link(cancellation)).Said;
            var end = await Shake(lane, (_, _) => Json(before.Hello), (_, _) => Json(before.Proof), cancellation);
            lane.Table.Add("proof of another connection", end, [ProofRefused], () => "");
        }
    }

    private static async Task RunFraming(FuzzLane lane, CancellationToken cancellation)
    {
        var (name, ends, bytes) = Framings[lane.Chance.Next(Framings.Length)];
        using var raw = await RawSocket.Connect(lane.Target.Url, lane.Target.Address(), cancellation);
        await FuzzLink.Upgrade(raw, lane.Target, cancellation);
        using var ephemeral = Ephemeral();
        await raw.Send(bytes(Json(LinkHandshake.Hello(lane.Worker.Id, lane.Target.Market, ephemeral))), cancellation);
        RawMessage? message;
        do
        {
            message = await Read(raw, cancellation);
        } while (message is { Kind: RawSocket.Pong });
        var end = message is { Kind: RawSocket.Text } ? "challenge" : FuzzLink.EndOf(message);
        lane.Table.Add($"framing {name}", end, ends, () => "");
    }

    /// <summary>The hello's JSON, changed as that of frames is.</summary>
    private static async Task RunText(FuzzLane lane, CancellationToken cancellation)
    {
        var sent = (Json: Array.Empty<byte>(), What: "");
        var mutator = new JsonMutator(lane.Chance, lane.Words);
        var isHello = lane.Chance.Next(2) == 0;
        var end = await Shake(
            lane,
            (hello, _) => isHello ? (sent = mutator.Mutate(Json(hello))).Json : Json(hello),
            (proof, _) => isHello ? Json(proof) : (sent = mutator.Mutate(Json(proof))).Json,
            cancellation
        );
        string[] ends = isHello
            ? [Ready, FrameSamples.Malformed, VersionRefused, OtherMarket, ProofRefused, "too_large"]
            : [Ready, FrameSamples.Malformed, ProofRefused, "too_large"];
        lane.Table.Add(isHello ? "hello text" : "proof text", end, ends, () => $"{sent.What}: {FuzzLane.Shown(sent.Json)}");
    }

    /// <summary>A handshake in which the caller says what is sent.</summary>
    /// <returns><c>ready</c>, or the reason of the end.</returns>
    private static async Task<string> Shake(
        FuzzLane lane,
        Func<LinkHello, LinkChallenge?, byte[]> hello,
        Func<LinkProof, LinkChallenge, byte[]> proof,
        CancellationToken cancellation
    )
    {
        // The key has an open link, which a handshake that succeeds would take the place of.
        var key = lane.Worker.Key;
        using var raw = await RawSocket.Connect(lane.Target.Url, lane.Target.Address(), cancellation);
        await FuzzLink.Upgrade(raw, lane.Target, cancellation);
        using var ephemeral = Ephemeral();
        var honest = LinkHandshake.Hello(new WorkerId(key.PublicKey), lane.Target.Market, ephemeral);
        var said = hello(honest, null);
        await raw.SendFrame(RawSocket.Text, said, cancellation);
        var answer = await Read(raw, cancellation);
        if (answer is not { Kind: RawSocket.Text })
        {
            return FuzzLink.EndOf(answer);
        }
        var challenge = JsonSerializer.Deserialize(answer.Payload, LinkJson.OfMarket<LinkChallenge>())!;
        await raw.SendFrame(RawSocket.Text, proof(Prove(said, honest, challenge, key), challenge), cancellation);
        var first = await Read(raw, cancellation);
        if (first is not { Kind: RawSocket.Text })
        {
            return FuzzLink.EndOf(first);
        }
        // Another connection of the lane's worker has its place from now on.
        lane.Drop();
        return Encoding.UTF8.GetString(first.Payload).Contains("{\"ready\":", StringComparison.Ordinal)
            ? Ready
            : "a frame that is not ready";
    }

    /// <summary>Signs what was really said, where that still is a hello: only then is the change itself what is judged.</summary>
    private static LinkProof Prove(byte[] said, LinkHello honest, LinkChallenge challenge, Ed25519KeyPair key)
    {
        Bytes32 transcript;
        try
        {
            transcript = LinkTranscript.Hash(JsonSerializer.Deserialize(said, LinkJson.OfWorker<LinkHello>())!, challenge);
        }
        catch (Exception broken) when (broken is JsonException or LinkEndedException)
        {
            transcript = LinkTranscript.Hash(honest, challenge);
        }
        return new LinkProof(Convert.ToHexStringLower(key.Sign(LinkTranscript.WorkerMessage(transcript))));
    }

    private static async Task<RawMessage?> Read(RawSocket raw, CancellationToken cancellation)
    {
        try
        {
            return await raw.ReadMessage(cancellation);
        }
        catch (OperationCanceledException)
        {
            return new RawMessage(RawSocket.Binary, []);
        }
    }

    private static LinkEphemeral Ephemeral()
    {
        using var random = RandomNumberGenerator.Create();
        return LinkEphemeral.Make(random);
    }

    private static byte[] Part(byte kind, ReadOnlySpan<byte> payload, bool isFinal) => RawSocket.Frame(kind, payload, isFinal);

    private static byte[] Padded(byte[] json, int size) => [.. json[..^1], .. Enumerable.Repeat((byte)' ', size - json.Length), (byte)'}'];

    private static byte[] Json<TMessage>(TMessage message) =>
        JsonSerializer.SerializeToUtf8Bytes(
            message,
            (System.Text.Json.Serialization.Metadata.JsonTypeInfo<TMessage>)LinkJson.Default.GetTypeInfo(typeof(TMessage))!
        );

    private static string Hex(FuzzLane lane, int bytes)
    {
        var some = new byte[bytes];
        lane.Chance.NextBytes(some);
        return Convert.ToHexStringLower(some);
    }

    private static string Flip(FuzzLane lane, string hex)
    {
        var bytes = Convert.FromHexString(hex);
        bytes[lane.Chance.Next(bytes.Length)] ^= (byte)(1 << lane.Chance.Next(8));
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>S + L signs the same, where a verifier does not insist on S below L (RFC 8032, 5.1.7).</summary>
    private static string AddOrder(string signature)
    {
        var bytes = Convert.FromHexString(signature);
        var scalar = new System.Numerics.BigInteger(bytes.AsSpan(32), isUnsigned: true);
        var order = (System.Numerics.BigInteger.One << 252) + System.Numerics.BigInteger.Parse("27742317777372353535851937790883648493");
        var sum = (scalar + order).ToByteArray(isUnsigned: true);
        return signature[..64] + Convert.ToHexStringLower([.. sum, .. new byte[32 - sum.Length]]);
    }
}
