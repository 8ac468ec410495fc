using Marketplace.Worker.Protocol;

namespace Marketplace.Verify.FuzzNet;

/// <summary>One key with several connections: cut and made again, one beside the other, and all at once.</summary>
internal static class ResumeCases
{
    private const string Replaced = "replaced";
    private const int AtOnce = 4;

    public static async Task Run(FuzzLane lane, CancellationToken cancellation)
    {
        var before = await lane.Link(cancellation);
        switch (lane.Chance.Next(4))
        {
            case 0:
                await CutAndResume(lane, before, cancellation);
                break;
            case 1:
                await TakeThePlace(lane, before, cancellation);
                break;
            case 2:
                await OldFrames(lane, before, cancellation);
                break;
            default:
                await AllAtOnce(lane, cancellation);
                break;
        }
    }

    /// <summary>In the middle of a frame; the next connection goes on with the lease, under the same numbers.</summary>
    private static async Task CutAndResume(FuzzLane lane, FuzzLink before, CancellationToken cancellation)
    {
        var lease = lane.Worker.Lease;
        var frame = RawSocket.Frame(RawSocket.Text, FrameSeal.Seal(before.KeyToMarket, before.Sent + 1, Find(lane)));
        await before.Raw.Send(frame.AsMemory(0, lane.Chance.Next(1, frame.Length)), cancellation);
        before.Raw.Cut();
        lane.Drop();
        var link = await lane.Link(cancellation);
        var outcome = await lane.Ask(link, Find(lane), "found", cancellation);
        var isHeld = lease is not null && lane.Worker.Lease?.Id == lease.Id;
        string[] allowed = isHeld
            ? ["found", FrameSamples.LimitExceeded]
            : ["found", FrameSamples.LeaseNotFound, FrameSamples.LimitExceeded];
        lane.Table.Add(isHeld ? "resume with a lease" : "resume", outcome, allowed, () => $"{lease?.Id}");
    }

    /// <summary>The older connection hears that it was replaced, the newer one is answered.</summary>
    private static async Task TakeThePlace(FuzzLane lane, FuzzLink before, CancellationToken cancellation)
    {
        using var newer = await FuzzLink.Open(lane.Target, lane.Worker.Key, cancellation);
        lane.Table.Add("resume beside the older", await EndOf(before, cancellation), [Replaced], () => "");
        lane.Drop();
        await newer.Send(Find(lane), cancellation);
        var heard = lane.Take(await newer.Receive(cancellation));
        var outcome = heard.Frame is { } frame ? FuzzLane.OutcomeOf(frame) : heard.End;
        lane.Table.Add("resume as the newer", outcome, ["found", FrameSamples.LeaseNotFound, FrameSamples.LimitExceeded], () => "");
    }

    /// <summary>A frame of the connection before, and of the market's side, mean nothing on the next one.</summary>
    private static async Task OldFrames(FuzzLane lane, FuzzLink before, CancellationToken cancellation)
    {
        var old = FrameSeal.Seal(before.KeyToMarket, 1, Find(lane));
        lane.Drop();
        using var link = await FuzzLink.Open(lane.Target, lane.Worker.Key, cancellation);
        await link.SendSealed(old, cancellation);
        lane.Table.Add("resume with old frames", await EndOf(link, cancellation), ["bad_seal"], () => "");
    }

    /// <summary>However they overlap, one is left, and each other one hears why it is not.</summary>
    private static async Task AllAtOnce(FuzzLane lane, CancellationToken cancellation)
    {
        lane.Drop();
        var links = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Try(lane, cancellation)));
        var ends = new List<Task<string>>();
        foreach (var link in links)
        {
            await link.Send(Find(lane), cancellation);
            ends.Add(EndOf(link, cancellation));
        }
        // All but one end by themselves; the last one does when its turn is over.
        for (var left = AtOnce; left > 1; left--)
        {
            var ended = await Task.WhenAny(ends);
            ends.Remove(ended);
            lane.Table.Add("resume all at once", await ended, [Replaced], () => "");
        }
        using var last = await FuzzLink.Open(lane.Target, lane.Worker.Key, cancellation);
        lane.Table.Add("resume after all", await ends[0], [Replaced], () => "");
        foreach (var link in links)
        {
            link.Dispose();
        }
    }

    private static Task<FuzzLink> Try(FuzzLane lane, CancellationToken cancellation) =>
        FuzzLink.Open(lane.Target, lane.Worker.Key, cancellation, readsReady: false);

    private static byte[] Find(FuzzLane lane) => FuzzLink.Json(FrameSamples.OfWorker["find"].Sample(lane.Worker));

    private static async Task<string> EndOf(FuzzLink link, CancellationToken cancellation)
    {
        while (true)
        {
            if (await link.Receive(cancellation) is { IsEnd: true } end)
            {
                return end.End;
            }
        }
    }
}
