using System.Text;
using Marketplace.Worker.Protocol;

namespace Marketplace.Verify.FuzzNet;

/// <summary>
/// Frames that a stranger on the way could make of what it sees: changed, cut, repeated, left out, in another order, of another connection.
/// None reaches the reader of the JSON.
/// </summary>
internal static class SealCases
{
    private const string BadSeal = "bad_seal";
    private const string BadSequence = "bad_sequence";
    private const string TooLarge = "too_large";

    /// <summary>Megabytes that are sealed here and there: one in so many draws.</summary>
    private const int LargeEvery = 40;

    private static readonly (string Name, string End, Func<FuzzLane, FuzzLink, CancellationToken, Task> Send)[] Cases =
    [
        ("bit flipped", BadSeal, (lane, link, stop) => link.SendSealed(Flip(lane, Next(lane, link)), stop)),
        ("cut", BadSeal, (lane, link, stop) => link.SendSealed(Cut(lane, Next(lane, link)), stop)),
        ("longer", BadSeal, (lane, link, stop) => link.SendSealed((byte[])[.. Next(lane, link), (byte)' '], stop)),
        ("empty", BadSeal, (_, link, stop) => link.SendSealed(default, stop)),
        ("dots", BadSeal, (_, link, stop) => link.SendSealed(Encoding.ASCII.GetBytes(new string('.', 100)), stop)),
        ("not sealed", BadSeal, (lane, link, stop) => link.SendSealed(Probe(lane), stop)),
        ("key of the other direction", BadSeal, (lane, link, stop) => link.SendSealed(Sealed(lane, link, link.KeyToWorker), stop)),
        ("key of another connection", BadSeal, (lane, link, stop) => link.SendSealed(Sealed(lane, link, new byte[32]), stop)),
        ("number of 20 digits", BadSeal, (lane, link, stop) => link.SendSealed(Numbered(lane, link, "18446744073709551616"), stop)),
        ("number below nothing", BadSeal, (lane, link, stop) => link.SendSealed(Numbered(lane, link, "-1"), stop)),
        ("number with a sign", BadSeal, (lane, link, stop) => link.SendSealed(Numbered(lane, link, $"+{link.Sent + 1}"), stop)),
        ("no number", BadSeal, (lane, link, stop) => link.SendSealed(Numbered(lane, link, ""), stop)),
        ("number of nothing", BadSequence, (lane, link, stop) => link.SendSealed(Numbered(lane, link, "0"), stop)),
        ("skipped", BadSequence, (lane, link, stop) => link.SendSealed(Sealed(lane, link, link.KeyToMarket, ahead: 2), stop)),
        ("far ahead", BadSequence, (lane, link, stop) => link.SendSealed(Numbered(lane, link, "9223372036854775807"), stop)),
        ("repeated", BadSequence, Repeat),
        ("in another order", BadSequence, Reorder),
    ];

    private static readonly (string Name, string End, int Bytes)[] Large =
    [
        ("largest", "found", LinkPolicy.FrameBytesMax),
        ("one byte too large", TooLarge, LinkPolicy.FrameBytesMax + 1),
        ("a megabyte too large", TooLarge, LinkPolicy.FrameBytesMax + (1 << 20)),
    ];

    public static async Task Run(FuzzLane lane, CancellationToken cancellation)
    {
        var link = await lane.Link(cancellation);
        if (lane.Chance.Next(LargeEvery) == 0)
        {
            await RunLarge(lane, cancellation);
            return;
        }
        var (name, end, send) = Cases[lane.Chance.Next(Cases.Length)];
        await send(lane, link, cancellation);
        await Expect(lane, link, name, [end], cancellation);
    }

    /// <summary>A frame of the largest size is read; one byte more is not, whoever sealed it.</summary>
    private static async Task RunLarge(FuzzLane lane, CancellationToken cancellation)
    {
        lane.Drop();
        var link = await lane.Link(cancellation);
        var (name, end, bytes) = Large[lane.Chance.Next(Large.Length)];
        var json = Probe(lane);
        byte[] padded = [.. json[..^1], .. Enumerable.Repeat((byte)' ', bytes - json.Length), (byte)'}'];
        await link.Send(padded, cancellation);
        string[] allowed = end == TooLarge ? [TooLarge] : ["found", FrameSamples.LeaseNotFound, FrameSamples.LimitExceeded];
        await Expect(lane, link, name, allowed, cancellation);
    }

    private static async Task Expect(FuzzLane lane, FuzzLink link, string name, string[] allowed, CancellationToken cancellation)
    {
        Heard heard;
        string outcome;
        do
        {
            heard = lane.Take(await link.Receive(cancellation));
            outcome = heard.Frame is { } frame ? FuzzLane.OutcomeOf(frame) : heard.End;
        } while (!heard.IsEnd && !allowed.Contains(outcome));
        lane.Drop();
        lane.Table.Add($"seal {name}", outcome, allowed, () => "");
    }

    private static async Task Repeat(FuzzLane lane, FuzzLink link, CancellationToken cancellation)
    {
        var text = Next(lane, link);
        await link.SendSealed(text, cancellation);
        await link.SendSealed(text, cancellation);
    }

    private static async Task Reorder(FuzzLane lane, FuzzLink link, CancellationToken cancellation)
    {
        await link.SendSealed(Sealed(lane, link, link.KeyToMarket, ahead: 2), cancellation);
        await link.SendSealed(Next(lane, link), cancellation);
    }

    private static byte[] Next(FuzzLane lane, FuzzLink link) => Sealed(lane, link, link.KeyToMarket);

    private static byte[] Sealed(FuzzLane lane, FuzzLink link, byte[] key, int ahead = 1) =>
        FrameSeal.Seal(key, link.Sent + ahead, Probe(lane));

    /// <summary>A frame whose number is any text, under a seal that fits it: what only the worker itself can make.</summary>
    private static byte[] Numbered(FuzzLane lane, FuzzLink link, string number)
    {
        byte[] signed = [.. Encoding.ASCII.GetBytes(number + "."), .. Probe(lane)];
        var mac = System.Security.Cryptography.HMACSHA256.HashData(link.KeyToMarket, signed);
        return [.. Encoding.ASCII.GetBytes(System.Buffers.Text.Base64Url.EncodeToString(mac)), (byte)'.', .. signed];
    }

    /// <summary>Of the bits that leave ASCII ASCII: what is no UTF-8 the WebSocket refuses before the seal is looked at.</summary>
    private static byte[] Flip(FuzzLane lane, byte[] text)
    {
        text[lane.Chance.Next(text.Length)] ^= (byte)(1 << lane.Chance.Next(7));
        return text;
    }

    private static byte[] Cut(FuzzLane lane, byte[] text) => text[..lane.Chance.Next(text.Length)];

    private static byte[] Probe(FuzzLane lane) => FuzzLink.Json(FrameSamples.OfWorker["find"].Sample(lane.Worker));
}
