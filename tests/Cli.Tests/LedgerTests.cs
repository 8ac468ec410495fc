using System.Text;
using Marketplace.Receipts;
using Marketplace.Receipts.Tests;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary><c>market ledger</c>: what it prints, and that it checks files without the market.</summary>
public sealed class LedgerTests : IDisposable
{
    private readonly LedgerSamples _ledger = LedgerSamples.Worker();
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Records_AreShown()
    {
        Serve(50);
        var ran = await _shell.Run("ledger", "show", $"{_ledger.Name}");
        Assert.Equal(0, ran.ExitCode);
        Expectation.Matches("answers/ledger-show.txt", ran.Text + ran.Error);
        ran = await _shell.Run("ledger", "show", $"{_ledger.Name}", "--json");
        Assert.Equal(_ledger.Records.Count, ran.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task LedgerOfNoName_IsTheAccountsOwn()
    {
        var own = LedgerName.Of(new AccountId(new Bytes32(new byte[32])));
        _shell.Service.On(
            "GET /v1/account",
            new Account(
                Id: new AccountId(own.Owner),
                Available: default,
                Held: default,
                UnderWay: default,
                Earned: default,
                Spent: default,
                OpenJobs: 0
            )
        );
        _shell.Service.On($"GET {Routes.LedgerRecords($"{own}")}?from=7&limit=50", _ => FakeService.Bytes([]));
        var empty = new LedgerSamples { Name = own };
        _shell.Service.On($"GET {Routes.Ledger($"{own}")}", _ => FakeService.Bytes(LedgerLines.ToJson(empty.Head())));
        var ran = await _shell.Run("ledger", "show", "--from", "7");
        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("has 0 records", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneRecord_IsOne()
    {
        var one = new LedgerSamples();
        one.Add(LedgerSamples.MarketKey, 1, 1, LedgerKinds.Offer, LedgerSamples.Offer(1));
        _shell.Service.On($"GET {Routes.Ledger($"{one.Name}")}", _ => FakeService.Bytes(LedgerLines.ToJson(one.Head())));
        byte[] line = [.. LedgerLines.ToJson(one.Records[0]), (byte)'\n'];
        _shell.Service.On($"GET {Routes.LedgerRecords($"{one.Name}")}?from=0&limit=50", _ => FakeService.Bytes(line));
        var ran = await _shell.Run("ledger", "show", $"{one.Name}");
        Assert.Contains("has 1 record, root", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExportAndHead_AreCheckedWithoutTheMarket()
    {
        Serve(3);
        var head = await _shell.Run("ledger", "head", $"{_ledger.Name}");
        _shell.Write("kept.head.json", head.Output);
        var ran = await _shell.Run("ledger", "export", $"{_ledger.Name}", "worker.ledger.jsonl");
        Assert.Equal(0, ran.ExitCode);
        Assert.Equal(_ledger.File(), File.ReadAllBytes(Path.Combine(_shell.Folder, "worker.ledger.jsonl")));
        ran = await _shell.Run("ledger", "export", $"{_ledger.Name}", "worker.ledger.jsonl");
        Assert.Equal(ExitCodes.LocalFile, ran.ExitCode);
        _shell.Environment.Clear();

        ran = await _shell.Run(
            "ledger",
            "verify",
            "worker.ledger.jsonl",
            "--head",
            "kept.head.json",
            "--market",
            $"{LedgerSamples.Domain.Market}"
        );
        Assert.Equal(0, ran.ExitCode);
        Expectation.Matches("answers/ledger-verify.txt", ran.Text);
        ran = await _shell.Run("ledger", "verify", "worker.ledger.jsonl", "--json");
        Assert.Contains("\"records\":3", ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fork_IsShown()
    {
        _ledger.Add(LedgerSamples.WorkerKey, 7, 1, LedgerKinds.Offer, LedgerSamples.Offer(2));
        Serve(4);
        var ran = await _shell.Run("ledger", "verify", $"{_ledger.Name}");
        Assert.Equal(0, ran.ExitCode);
        Expectation.Matches("answers/ledger-verify-fork.txt", ran.Text);
        ran = await _shell.Run("ledger", "verify", $"{_ledger.Name}", "--json");
        Assert.Contains("\"epoch\":7,\"sequence\":1,\"records\":[1,3]", ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LedgerThatDoesNotHold_IsNamedWithTheFirstDifference()
    {
        var file = Encoding.UTF8.GetString(_ledger.File());
        _shell.Write("broken", Encoding.UTF8.GetBytes(file.Replace("\"value\":\"1000\"", "\"value\":\"1001\"", StringComparison.Ordinal)));
        var ran = await _shell.Run("ledger", "verify", "broken");
        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.Contains("Line 4: The signature of its author", ran.Error, StringComparison.Ordinal);

        // History that was rewritten after the head was kept.
        _shell.Write("kept", LedgerLines.ToJson(_ledger.Head()));
        var other = new LedgerSamples();
        other.Add(LedgerSamples.MarketKey, 1, 1, LedgerKinds.Offer, LedgerSamples.Offer(1));
        _shell.Write("other", other.File());
        ran = await _shell.Run("ledger", "verify", "other", "--head", "kept");
        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.Contains("history was cut", ran.Error, StringComparison.Ordinal);
        ran = await _shell.Run("ledger", "verify", "other", "--head", "other");
        Assert.Contains("no head of a ledger", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsNoLedger_IsRefusedWithWhatThereIs()
    {
        var ran = await _shell.Run("ledger", "show", "workers");
        Assert.Equal(ExitCodes.Usage, ran.ExitCode);
        Assert.Contains("'workers' is no ledger", ran.Error, StringComparison.Ordinal);
        Assert.Contains("'market worker list'", ran.Error, StringComparison.Ordinal);
    }

    private void Serve(int limit)
    {
        _shell.Service.On($"GET {Routes.Ledger($"{_ledger.Name}")}", _ => FakeService.Bytes(LedgerLines.ToJson(_ledger.Head())));
        var lines = _ledger.Records.SelectMany(record => LedgerLines.ToJson(record).Append((byte)'\n')).ToArray();
        _shell.Service.On($"GET {Routes.LedgerRecords($"{_ledger.Name}")}?from=0&limit={limit}", _ => FakeService.Bytes(lines));
    }
}
