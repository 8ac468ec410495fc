using System.Text.Json;
using Marketplace.Api.Workers;
using Marketplace.Worker.Protocol;

namespace Marketplace.Verify.FuzzNet;

/// <summary>Chooses a case, and has frames of all kinds whose JSON is hostile, under a good seal.</summary>
internal static class FuzzCases
{
    /// <summary>Of a hundred cases, how many come from each part.</summary>
    private static readonly (int Share, Func<FuzzLane, CancellationToken, Task> Run)[] Parts =
    [
        (56, RunFrame),
        (12, SealCases.Run),
        (8, CallCases.Run),
        (14, HandshakeCases.Run),
        (6, RouteCases.Run),
        (4, ResumeCases.Run),
    ];

    public static async Task Run(FuzzLane lane, CancellationToken cancellation)
    {
        var drawn = lane.Chance.Next(Parts.Sum(part => part.Share));
        foreach (var (share, run) in Parts)
        {
            if ((drawn -= share) < 0)
            {
                await run(lane, cancellation);
                return;
            }
        }
    }

    /// <summary>Each kind as it is, and with a comma too much: what chance leaves out of a short run, and must not.</summary>
    public static async Task RunEach(FuzzLane lane, CancellationToken cancellation)
    {
        foreach (var name in FrameSamples.Names)
        {
            await RunFrame(lane, await lane.Link(cancellation, mustLease: true), name, json => (json, "as it is"), cancellation);
            await RunFrame(lane, await lane.Link(cancellation), name, json => ([.. json[..^1], .. ",}"u8], "a comma"), cancellation);
        }
        // The market grants credit when half of its window was used; each case sends two frames.
        lane.Drop();
        for (var count = 0; count <= LinkPolicy.WindowFrames / LinkPolicy.GrantPart / 2; count++)
        {
            await RunFrame(lane, await lane.Link(cancellation), "find", json => (json, "as it is"), cancellation);
        }
    }

    /// <summary>One of all kinds by chance, mostly of those that the market takes; each twentieth is sent as it is.</summary>
    private static async Task RunFrame(FuzzLane lane, CancellationToken cancellation)
    {
        var link = await lane.Link(cancellation);
        var name = FrameSamples.Names[lane.Chance.Next(FrameSamples.Names.Count)];
        if (FrameSamples.OfMarket.ContainsKey(name) && lane.Chance.Next(2) == 0)
        {
            name = FrameSamples.Names[lane.Chance.Next(FrameSamples.Names.Count)];
        }
        await RunFrame(lane, link, name, lane.Chance.Next(20) > 0 ? json => Mutate(lane, json) : null, cancellation);
    }

    /// <param name="change">What is done to the JSON; null: nothing.</param>
    private static async Task RunFrame(
        FuzzLane lane,
        FuzzLink link,
        string name,
        Func<byte[], (byte[] Json, string What)>? change,
        CancellationToken cancellation
    )
    {
        change ??= json => (json, "as it is");
        if (FrameSamples.OfMarket.TryGetValue(name, out var ofMarket))
        {
            var sent = change(FuzzLink.Json(ofMarket(lane.Worker)));
            await Ask(lane, link, name, sent, null, [FrameSamples.Malformed], cancellation);
        }
        else if (FrameSamples.OfWorker.TryGetValue(name, out var kind))
        {
            var json = FuzzLink.Json(kind.Sample(lane.Worker));
            var sent = change(json);
            IReadOnlyCollection<string> allowed = ReferenceEquals(sent.Json, json)
                ? [.. kind.Allowed.Except(Faults), kind.Answer ?? "taken in"]
                : [.. kind.Allowed, kind.Answer ?? "taken in", FrameSamples.Malformed];
            await Ask(lane, link, name, sent, kind.Answer, allowed, cancellation);
        }
        else
        {
            lane.Table.Violate(name, $"The kind of frame '{name}' has no sample.");
        }
    }

    /// <summary>A frame that is in order never ends like this.</summary>
    private static readonly string[] Faults =
    [
        FrameSamples.ForeignWorker,
        FrameSamples.MalformedRequest,
        "bad_sequence",
        "bad_signature",
        "account_needed",
    ];

    private static (byte[] Json, string What) Mutate(FuzzLane lane, byte[] json)
    {
        var (changed, what) = new JsonMutator(lane.Chance, lane.Words).Mutate(json);
        return lane.Chance.Next(4) > 0 && SignAgain(lane, changed) is { } signed ? (signed, what + ", signed again") : (changed, what);
    }

    /// <summary>A changed report that is still one goes further with a signature that fits it.</summary>
    private static byte[]? SignAgain(FuzzLane lane, byte[] json)
    {
        try
        {
            return
                JsonSerializer.Deserialize(json, LinkJson.OfWorker<LinkFrame>()) is { Report.Report: { } report } frame
                && report.Results.All(result => result?.StateChanges is not null && result.Files?.Any(file => file?.Name is null) != true)
                ? FuzzLink.Json(frame with { Report = lane.Worker.Sign(report) })
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task Ask(
        FuzzLane lane,
        FuzzLink link,
        string name,
        (byte[] Json, string What) sent,
        string? answer,
        IReadOnlyCollection<string> allowed,
        CancellationToken cancellation
    )
    {
        var outcome = await lane.Ask(link, sent.Json, answer, cancellation);
        // Another value may be megabytes, or thousands of the first one.
        allowed = sent.Json.Length > LinkPolicy.FrameBytesMax ? ["too_large"] : allowed;
        lane.Table.Add($"frame {name}", outcome, allowed, () => $"{sent.What}: {FuzzLane.Shown(sent.Json)}");
    }
}
