using System.Globalization;
using System.Text;
using System.Text.Json;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker.Protocol;

namespace Marketplace.Tests.Worker;

/// <summary>
/// The examples of PROTOCOL.md are what the code gives. After a wanted change, a run with the variable MARKETPLACE_WRITE_PROTOCOL set to
/// that
/// file's full path writes them anew.
/// </summary>
public sealed class ProtocolDocumentTests
{
    private const string Head = "## Examples\n";

    [Fact]
    public void Examples_AreWhatTheCodeGives()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "PROTOCOL.md");
        var kept = File.ReadAllText(file);
        var made = Examples();
        var before = kept[..(kept.IndexOf(Head, StringComparison.Ordinal) + Head.Length)];
        if (Environment.GetEnvironmentVariable("MARKETPLACE_WRITE_PROTOCOL") is { Length: > 0 } path)
        {
            File.WriteAllText(path, before + made);
        }
        Assert.Equal(before + made, kept);
    }

    [Fact]
    public void Numbers_AreThoseOfTheCode()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "PROTOCOL.md"));
        string[] sentences =
        [
            $"done in {LinkPolicy.HandshakeTimeMax.TotalSeconds} s; each is a JSON object",
            $"at most {Number(LinkPolicy.HandshakeBytesMax)} bytes",
            $"list of 1 to {LinkPolicy.VersionsMax} numbers",
            $"an object of at most {Number(LinkPolicy.FrameBytesMax)} bytes",
            $"may have {LinkPolicy.WindowFrames} frames with {Number(LinkPolicy.WindowBytes)} bytes",
            $"silent for {LinkPolicy.SilenceMax.TotalSeconds} s is gone. Send one every {LinkPolicy.HeartbeatPeriod.TotalSeconds} s",
            $"more than {LinkPolicy.HeartbeatsBurst} at once",
            $"1 to {LinkPolicy.ReportResultsMax})",
            $"in `sealed` (1 to {LinkPolicy.ReportResultsMax};",
            $"`bids` (at most {WorkerLimits.BidsMax})",
            $"`windows` (at most {WorkerLimits.WindowsMax})",
            $"`receipts` (1 to {WorkerLimits.WindowReceiptsMax})",
            $"`votes` (at most {WorkerLimits.WindowsMax}) and `shares` (at most {WorkerLimits.SharesMax})",
            $"the jobs (1 to {WorkerLimits.WindowReceiptsMax}) whose",
            $"At most {Number(JobLimits.OutputBytesMax)} bytes each, {JobLimits.FilesMax + 1} of them and",
            $"`slots` (1 to {Number(WorkerLimits.SlotsMax)}), `memoryPagesMax` (1 to {Number(JobLimits.MemoryPagesMax)} pages",
            $"`buyerReputationMin` (1 to {Number(WorkerLimits.ReputationMax)},",
            $"`output` (up to {Number(JobLimits.InlineBytesMax)} bytes)",
        ];

        Assert.All(sentences, sentence => Assert.Contains(sentence, text));
        Assert.Equal(TimeSpan.FromMinutes(2), LinkPolicy.RequestAgeMax);
        Assert.All(Enum.GetValues<LinkEnd>(), reason => Assert.Contains($"`{LinkEndedException.NameOf(reason)}`", text));
        Assert.All(
            Enum.GetValues<RunOutcome>(),
            outcome => Assert.Contains($"`{JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString())}`", text)
        );
        Assert.All(
            typeof(LinkFrame).GetProperties(),
            member => Assert.Contains($"`{JsonNamingPolicy.CamelCase.ConvertName(member.Name)}", text)
        );
    }

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Examples()
    {
        using var worker = ProtocolSamples.Worker();
        using var market = ProtocolSamples.Market();
        using var mine = ProtocolSamples.WorkerEphemeral();
        using var theirs = ProtocolSamples.MarketEphemeral();
        var hello = LinkHandshake.Hello(new WorkerId(worker.PublicKey), null, mine);
        var challenge = LinkHandshake.Challenge(hello, market, theirs);
        var (proof, keys) = LinkHandshake.Prove(hello, challenge, worker, null, mine);
        var (domain, onChain) = (new MarketDomain(market.PublicKey), ProtocolSamples.OnChain);
        var find = Json(new LinkFrame { Call = 1, Find = new FindBlobCall(ProtocolSamples.Call, new BlobId(default)) });
        var report = WorkerSignatures.Sign(worker, domain, ProtocolSamples.Report(3), 7, 1);
        var root = WorkerSignatures.BatchOf(report.Report)!.Root;
        var sent = Json(new LinkFrame { Call = 2, Report = report });
        var binding = new BidCommitment(market.PublicKey, Start: 7, Auction: 5, ProtocolSamples.Result(1).Job, ProtocolSamples.WorkerId);
        var commitment = binding.Of(new TokenAmount(1_234_567), Bytes32.Parse(hello.Nonce));
        var path = Routes.LeaseBlob(ProtocolSamples.Call.Lease, new BlobId(default));
        using var committee = new CommitteeSample(worker, domain);
        var header = WorkerSignatures.Authorization(worker, market.PublicKey, "GET", path, ProtocolSamples.Call, ProtocolSamples.At);

        var text = new StringBuilder();
        text.Append(
            "\nThe worker's seed is the bytes 00 to 1f, the market's 20 to 3f; the private numbers of the ephemeral keys are the bytes\n"
        );
        text.Append("40 to 5f (worker) ");
        text.Append("and 60 to 7f (market), big-endian; the nonces are the bytes 80 to 9f and a0 to bf. Each value is one line.\n\n```\n");
        Line("worker key", worker.PublicKey);
        Line("market key", market.PublicKey);
        Line("hello", JsonSerializer.Serialize(hello, LinkJson.Default.LinkHello));
        Line("challenge", JsonSerializer.Serialize(challenge, LinkJson.Default.LinkChallenge));
        Line("transcript", LinkTranscript.Hash(hello, challenge));
        Line("proof", JsonSerializer.Serialize(proof, LinkJson.Default.LinkProof));
        Line("key of frames to the market", Convert.ToHexStringLower(keys.ToMarket));
        Line("key of frames to the worker", Convert.ToHexStringLower(keys.ToWorker));
        Line("first frame to the worker", FirstFrame(keys, new LinkReady(ProtocolSamples.At, 30)));
        Line("first frame to the market", Encoding.UTF8.GetString(FrameSeal.Seal(keys.ToMarket, 1, find)));
        var settles = new LinkReady(ProtocolSamples.At, 30) { ChainId = onChain.ChainId, Contract = onChain.Contract };
        Line("first frame to the worker where the market settles on a chain", FirstFrame(keys, settles));
        for (var number = 1; number <= 3; number++)
        {
            Line($"execution of result {number}", ProtocolSamples.Result(number).Execution!);
        }
        Line("lease of result 1", JsonSerializer.Serialize(ProtocolSamples.Lease(1), LinkJson.Default.WorkerLease));
        Line("root of the three executions", root);
        Line("digest of the three executions, which the worker signs", BatchDigest.OfExecutions(domain, root));
        Line("that digest where the market settles on the chain", BatchDigest.OfExecutions(onChain, root));
        Line("second frame to the market, a signed report", Encoding.UTF8.GetString(FrameSeal.Seal(keys.ToMarket, 2, sent)));
        Line("commitment to 1234567 per million fuel, with the first nonce, for auction 5 of the first result's job", commitment);
        Line(
            "commitment to result 1, with the first nonce as salt",
            ResultCommitment.Of(ProtocolSamples.WorkerId, ProtocolSamples.Result(1).Execution!.Value, Bytes32.Parse(hello.Nonce))
        );
        Line("key for committees, of the seed c0 to df", JsonSerializer.Serialize(committee.Key, LinkJson.Default.CommitteeKey));
        Line("duties of epoch 7", JsonSerializer.Serialize(committee.Duties, LinkJson.Default.CommitteeDuties));
        Line("digest of the share", committee.ShareDigest);
        Line("hash of the receipt of result 1", committee.Receipt);
        Line("digest of the window", committee.WindowDigest);
        Line("third frame to the market, the votes", Encoding.UTF8.GetString(FrameSeal.Seal(keys.ToMarket, 3, Json(committee.Frame))));
        Line("request", $"GET {path}");
        Line("its header", $"Authorization: {header}");
        text.Append("```\n");
        return text.ToString();

        void Line(string name, object value) => text.Append(CultureInfo.InvariantCulture, $"{name}:\n  {value}\n");
    }

    private static string FirstFrame(LinkKeys keys, LinkReady ready) =>
        Encoding.UTF8.GetString(FrameSeal.Seal(keys.ToWorker, 1, Json(new LinkFrame { Ready = ready })));

    private static byte[] Json(LinkFrame frame) => JsonSerializer.SerializeToUtf8Bytes(frame, LinkJson.OfWorker<LinkFrame>());
}
