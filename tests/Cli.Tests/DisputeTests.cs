using System.Text;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary><c>market dispute</c>: what it prints, and that it checks what it prints.</summary>
public sealed class DisputeTests : IDisposable
{
    private static readonly string Dispute = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "DISPUTE.md"))
        .Single(line => line.StartsWith("  {\"format\"", StringComparison.Ordinal))[2..];

    private static readonly JobId Job = new(new Bytes32([.. Enumerable.Repeat((byte)1, Bytes32.Size)]));

    private readonly Shell _shell = new();
    private string? _served;

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Show_ChecksAndSaysWhatItSays()
    {
        Serve(Dispute);
        var ran = await _shell.Run("dispute", "show", $"{Job}");
        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Expectation.Matches("answers/dispute-show.txt", ran.Text);
        Assert.Equal(Dispute + "\n", (await _shell.Run("dispute", "show", $"{Job}", "--json")).Text);

        Serve(Dispute.Replace("\"unitPrice\":\"110\"", "\"unitPrice\":\"111\"", StringComparison.Ordinal));
        ran = await _shell.Run("dispute", "show", $"{Job}");
        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.Contains("The dispute does not hold.", ran.Text, StringComparison.Ordinal);
    }

    /// <summary>One word of a row is no reason to fill up thousands of others.</summary>
    [Fact]
    public async Task Show_OfAHostileDispute_IsNotMuchLongerThanIt()
    {
        var settled = DisputeFile.Parse(Encoding.UTF8.GetBytes(Dispute));
        var votes = settled.Dispute.Votes;
        var hostile = settled with
        {
            Dispute = settled.Dispute with
            {
                Votes = [votes[0] with { Role = new string('x', 100_000) }, .. Enumerable.Repeat(votes[1], 1_000)],
            },
        };
        var json = Encoding.UTF8.GetString(hostile.ToJson());
        Serve(json);

        var ran = await _shell.Run("dispute", "show", $"{Job}");

        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.Contains("The dispute does not hold.", ran.Text, StringComparison.Ordinal);
        Assert.InRange(ran.Text.Length, 1, 3 * json.Length);
    }

    [Fact]
    public async Task Show_OfAnOpenDispute_SaysThatResultsAreSealed()
    {
        var key = new Ed25519KeyPair([.. Enumerable.Repeat((byte)9, Ed25519.SeedSize)]);
        var (settled, domain) = (DisputeFile.Parse(Encoding.UTF8.GetBytes(Dispute)), new MarketDomain(key.PublicKey));
        var open = settled.Dispute with
        {
            Results = [],
            Votes = [.. settled.Dispute.Votes.Take(2).Select(vote => vote with { Execution = default })],
            Accepted = default,
            State = DisputeStates.Open,
            Reason = "4 of at most 63 jurors have a result",
            Verdict = default,
            Slashings = [],
            DecidedAt = 0,
        };
        var file = settled with
        {
            Domain = domain,
            Dispute = open,
            WorkerSignatures = [],
            MarketSignature = Convert.ToHexStringLower(key.Sign(DisputeDigest.Of(domain, open.Hash()).ToArray())),
        };
        Serve(Encoding.UTF8.GetString(file.ToJson()));
        var ran = await _shell.Run("dispute", "show", $"{Job}");
        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Expectation.Matches("answers/dispute-show-open.txt", ran.Text);
    }

    [Fact]
    public async Task ExportedFile_IsVerifiedWithoutAService()
    {
        Serve(Dispute);
        var ran = await _shell.Run("dispute", "export", $"{Job}", "lie.dispute.json");
        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Assert.Equal(ExitCodes.LocalFile, (await _shell.Run("dispute", "export", $"{Job}", "lie.dispute.json")).ExitCode);
        _shell.Environment.Clear();

        ran = await _shell.Run("dispute", "verify", "lie.dispute.json");
        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Expectation.Matches("answers/dispute-verify.txt", ran.Text);
        ran = await _shell.Run("dispute", "verify", "lie.dispute.json", "--market", new string('1', Bytes32.TextSize));
        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        _shell.Write("none.dispute.json", "{}"u8.ToArray());
        Assert.Contains("is no dispute", (await _shell.Run("dispute", "verify", "none.dispute.json")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_HasAPageOfThem()
    {
        var worker = new WorkerId(new Bytes32([.. Enumerable.Repeat((byte)2, Bytes32.Size)]));
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var page = new Page<DisputeListItem>(
            [
                new DisputeListItem(
                    Job: Job,
                    State: DisputeState.Settled,
                    OpenedAt: at,
                    DecidedAt: at.AddMinutes(1),
                    Results: 2,
                    Seats: [worker, worker],
                    Jurors: [],
                    Losers: [worker],
                    Slashed: new TokenAmount(1234)
                ),
            ],
            Next: "cursor"
        );
        _shell.Service.On($"GET {Routes.Disputes}?worker={worker}&limit=50", page);
        var ran = await _shell.Run("dispute", "list", "--worker", $"{worker}");
        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Expectation.Matches("answers/dispute-list.txt", ran.Text + ran.Error);
        Assert.Equal(ExitCodes.Usage, (await _shell.Run("dispute", "list", "--worker", "xyz")).ExitCode);
    }

    private void Serve(string dispute)
    {
        if (_served is null)
        {
            _shell.Service.On($"GET {Routes.Dispute(Job)}", _ => FakeService.Bytes(Encoding.UTF8.GetBytes(_served!)));
        }
        _served = dispute;
    }
}
