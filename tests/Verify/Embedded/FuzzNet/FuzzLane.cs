using System.Globalization;
using System.Text;
using System.Text.Json;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Worker.Protocol;

namespace Marketplace.Verify.FuzzNet;

/// <summary>
/// Cases one after the other, by one chance: a fuzzing worker with an open account, a link while it lasts, and a lease of a job that only
/// fuzzing workers get. After some hundred cases another worker takes its place, because the market stops giving jobs to one that fails.
/// </summary>
internal sealed class FuzzLane(FuzzTarget target, FuzzScene scene, int number, int seed) : IDisposable
{
    /// <summary>A link's frames need credit: each case sends two, and the market grants when half of its window was used.</summary>
    private const int CasesPerLink = LinkPolicy.WindowFrames / 3;

    private const int CasesPerWorker = 500;

    /// <summary>The probe's call numbers, which no sample and no changed number has.</summary>
    private const long ProbesFrom = 1L << 40;

    /// <summary>Longer than anything here takes, and shorter than the silo's own limits for silence.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan LeaseWait = TimeSpan.FromSeconds(2);

    private FuzzWorker _worker = null!;
    private DeployedProgram _program = null!;
    private FuzzLink? _link;
    private JobId? _job;
    private bool _mustOffer;
    private long _probes = ProbesFrom;
    private int _casesOfLink;
    private int _casesOfWorker;
    private int _generation;
    private int _jobs;

    /// <summary>What the lane's jobs ask for, so that no other lane's worker takes them.</summary>
    private string Label => string.Create(CultureInfo.InvariantCulture, $"fuzzed={number}");

    /// <summary>Another lane's lease, perhaps one that its worker has at the moment.</summary>
    public LeaseId ForeignLease =>
        target
            .Leases.Where(lease => lease.Key != number)
            .Select(lease => lease.Value)
            .OrderBy(_ => Chance.Next())
            .FirstOrDefault(new LeaseId(1, 1));

    public Random Chance { get; } = new(HashCode(seed, number));

    public FuzzTarget Target => target;

    public FuzzTable Table => target.Table;

    public FuzzWorker Worker => _worker;

    /// <summary>The market's number of the start, and the leases about it: the honest worker's are among them.</summary>
    public IReadOnlyList<string> Words { get; private set; } = [];

    public async Task Run(int cases)
    {
        _program = await scene.DeployStateful(number);
        await Replace();
        if (number == 0)
        {
            using var patience = new CancellationTokenSource(2 * Patience);
            await FuzzCases.RunEach(this, patience.Token);
        }
        for (var left = cases; left > 0; left--)
        {
            if (++_casesOfWorker > CasesPerWorker)
            {
                await Replace();
            }
            await RunOne();
        }
        Drop();
        await CancelJob();
    }

    /// <summary>A case that cannot begin, or waits for what does not come, must not be.</summary>
    private async Task RunOne()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await FuzzCases.Run(this, patience.Token);
        }
        catch (FuzzRefusedException refused)
        {
            Table.Violate($"connection: {refused.End}", refused.Message);
            Drop();
        }
        catch (OperationCanceledException late) when (patience.IsCancellationRequested)
        {
            Table.Violate("patience", $"A case was not over after {Patience}: {late.StackTrace}");
            Drop();
        }
    }

    /// <summary>The link, with an offer and a lease where they could be had. Another one where it ended or is used up.</summary>
    /// <param name="mustLease">A worker without a lease tries to get one, which it else does now and then.</param>
    public async Task<FuzzLink> Link(CancellationToken cancellation, bool mustLease = false)
    {
        if (_link is not null && ++_casesOfLink > CasesPerLink)
        {
            Drop();
        }
        if (_link is null)
        {
            _link = await FuzzLink.Open(target, _worker.Key, cancellation);
            _casesOfLink = 0;
            if (_worker.Lease is not null)
            {
                await _link.Send(new LinkFrame { Heartbeat = _worker.Beat() }, cancellation);
                Take(await _link.Receive(cancellation));
            }
        }
        if (_worker.Lease is null && (mustLease || Chance.Next(3) == 0))
        {
            await TakeLease(_link, cancellation);
        }
        return _link ??= await FuzzLink.Open(target, _worker.Key, cancellation);
    }

    /// <summary>Ends the link without a word, as a machine does whose network is gone.</summary>
    public void Drop()
    {
        _link?.Dispose();
        _link = null;
    }

    /// <summary>
    /// Sends JSON under the seal and behind it an honest call: where the connection goes on, that is answered, and with it all that comes
    /// before is known.
    /// </summary>
    /// <returns>How it ended: the kind of the answer, <c>refused CODE</c>, <c>waits</c>, or the reason of the connection's end.</returns>
    public async Task<string> Ask(FuzzLink link, byte[] json, string? answer, CancellationToken cancellation)
    {
        await link.Send(json, cancellation);
        var probe = ++_probes;
        var call = new LeaseCall(_worker.Id, new LeaseId(1, 1), 1);
        await link.Send(new LinkFrame { Call = probe, Find = new FindBlobCall(call, _worker.Module) }, cancellation);
        string? outcome = null;
        var isProbed = false;
        while (outcome is null || !isProbed)
        {
            if (isProbed && answer is null)
            {
                return "taken in";
            }
            // A poll waits for orders, and nothing else may take its time.
            using var moment = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (isProbed && answer == "orders")
            {
                moment.CancelAfter(TimeSpan.FromMilliseconds(20));
            }
            var heard = Take(await link.Receive(moment.Token));
            if (heard.Frame is not { } frame)
            {
                Drop();
                return heard.End == FuzzLink.Silence && isProbed && answer == "orders" ? "waits" : heard.End;
            }
            if (frame.Call == probe)
            {
                isProbed = true;
                CheckProbe(frame);
            }
            else
            {
                outcome = OutcomeOf(frame);
            }
        }
        return outcome;
    }

    /// <summary>Offers as a worker should, which every lease and poll before it ends.</summary>
    /// <returns>False where that was not answered as it must be; the link is gone.</returns>
    public async Task<bool> Offer(FuzzLink link, CancellationToken cancellation)
    {
        await link.Send(new LinkFrame { Call = _worker.NextCall(), Offer = _worker.Offer }, cancellation);
        var welcome = Take(await link.Receive(cancellation));
        if (welcome.Frame?.Welcome is null)
        {
            var end = welcome.Frame is { } other ? OutcomeOf(other) : welcome.End;
            Table.Violate("honest offer", $"An honest offer was answered with {end}.");
            Drop();
            return false;
        }
        _mustOffer = false;
        return true;
    }

    public static string OutcomeOf(LinkFrame frame) =>
        frame.Refused is { } refused ? $"refused {NameOf(refused.Code)}" : FrameSamples.KindOf(frame);

    public static string NameOf(ErrorCode code) => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{code}");

    /// <summary>What was sent, as far as it fits on a line.</summary>
    public static string Shown(ReadOnlySpan<byte> json) =>
        string.Create(CultureInfo.InvariantCulture, $"{json.Length} bytes: {Encoding.UTF8.GetString(json[..Math.Min(json.Length, 700)])}");

    public void Dispose()
    {
        Drop();
        _worker?.Dispose();
    }

    /// <summary>Notes what an answer changes for this worker.</summary>
    public Heard Take(Heard heard)
    {
        if (heard.Frame is { Welcome: { } welcome })
        {
            // The market knows no lease and no poll of it any more, and the offer may have been a changed one.
            (_worker.Start, _worker.Polls, _worker.Lease, _mustOffer) = (welcome.Start, 0, null, true);
        }
        else if (heard.Frame is { Orders: { } orders })
        {
            _mustOffer |= !orders.Known;
            _worker.Lease = orders.Leases.LastOrDefault() ?? _worker.Lease;
        }
        else if (heard.Frame is { Taken: not null } || heard.Frame?.Heartbeat?.Over?.Contains(_worker.LeaseOrNone) == true)
        {
            _worker.Lease = null;
        }
        else if (heard.End == "done")
        {
            (_worker.Lease, _mustOffer) = (null, true);
        }
        return heard;
    }

    private static int HashCode(int seed, int number) => unchecked((seed * 1_000_003) + number);

    private void CheckProbe(LinkFrame frame)
    {
        if (OutcomeOf(frame) != FrameSamples.LeaseNotFound)
        {
            Table.Violate("probe", $"An honest call behind a case was answered with {OutcomeOf(frame)}.");
        }
    }

    private async Task Replace()
    {
        Drop();
        await CancelJob();
        _worker?.Dispose();
        var name = Encoding.UTF8.GetBytes($"fuzznet {seed} {number} {_generation++}");
        _worker = new FuzzWorker(new Ed25519KeyPair(Blake3.Hash(name).ToArray()), target.Domain, scene.Till, _program.Module, Label);
        await scene.Open(_worker.Key);
        (_casesOfWorker, _mustOffer) = (0, true);
        Words = WordsOf(null);
    }

    private async Task CancelJob()
    {
        if (_job is { } job)
        {
            await scene.Cancel(job);
            _job = null;
        }
    }

    /// <summary>Submits a job for itself and polls. It goes without a lease where the market gives none.</summary>
    private async Task TakeLease(FuzzLink link, CancellationToken cancellation)
    {
        await CancelJob();
        if (_mustOffer && !await Offer(link, cancellation))
        {
            return;
        }
        _job = await scene.SubmitForFuzzing(_program.Id, Label, $"fuzzed-{number}-{++_jobs}");
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        wait.CancelAfter(LeaseWait);
        while (_worker.Lease is null)
        {
            // Orders may only say that the lease of the job before is to stop.
            await link.Send(new LinkFrame { Call = _worker.NextCall(), Poll = _worker.Poll() }, cancellation);
            if (Take(await link.Receive(wait.Token)) is { IsEnd: true } or { Frame.Orders.Known: false })
            {
                Table.Received("no lease");
                Drop();
                return;
            }
        }
        Table.Received("lease");
        target.Leases[number] = _worker.LeaseOrNone;
        Words = WordsOf(_worker.Lease);
        await link.Send(new LinkFrame { Heartbeat = _worker.Beat() }, cancellation);
        Take(await link.Receive(cancellation));
    }

    private string[] WordsOf(WorkerLease? lease)
    {
        var id = lease?.Id ?? new LeaseId(1, 1);
        return
        [
            $"{_worker.Id}",
            $"{scene.Till}",
            $"{id}",
            $"{id with { Sequence = id.Sequence + 1 }}",
            $"{id with { Sequence = Math.Max(0, id.Sequence - 1) }}",
            $"{id with { Sequence = Math.Max(0, id.Sequence - 2) }}",
            $"{id with { Start = id.Start - 1 }}",
            $"{_worker.Job}",
            $"{_program.Module}",
            new string('a', 64),
            "blob" + new string('f', 64),
            Label,
            "waiting",
            "reporting",
            "worker_fault",
            "a2V5",
            "100000",
        ];
    }
}
