using System.Text;
using Marketplace.Tests;

namespace Marketplace.Cli.Tests;

/// <summary>Epochs are checked without a service, as the example of COMMITTEE.md shows.</summary>
public sealed class EpochTests : IDisposable
{
    private static readonly string Epoch = Example("COMMITTEE.md", 0);

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task GoodEpoch_Holds()
    {
        var ran = await _shell.Run("epoch", "verify", Write("7.epoch.json", Epoch));

        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Assert.Contains("The epoch holds, as far as it was checked.", ran.Text, StringComparison.Ordinal);
        Assert.Contains("4 shares are right; 1 of 5 workers gave none.", ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EpochWithoutAShareThatItHad_DoesNotHold()
    {
        var share = Epoch.IndexOf("\"shares\":[\"", StringComparison.Ordinal) + "\"shares\":[\"".Length;

        var ran = await _shell.Run("epoch", "verify", Write("7.epoch.json", Epoch.Remove(share, 192)));

        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.Contains("which the market has not signed", ran.Text, StringComparison.Ordinal);
    }

    /// <summary>The receipt of RECEIPT.md is one of a committee of the same market and epoch, whose members were not drawn.</summary>
    [Fact]
    public async Task ReceiptOfOtherMembers_DoesNotHold()
    {
        var receipt = Write("hello.receipt.json", Example("RECEIPT.md", 1));

        var ran = await _shell.Run("epoch", "verify", Write("7.epoch.json", Epoch), "--receipt", receipt);

        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.Contains("members are others", ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_SaysTheOrderOfTheDraw()
    {
        var ran = await _shell.Run("epoch", "show", Write("7.epoch.json", Epoch));

        Assert.Equal(ExitCodes.Ok, ran.ExitCode);
        Expectation.Matches("answers/epoch-show.txt", ran.Text);
    }

    [Fact]
    public async Task WhatIsNoEpoch_IsSaidSo()
    {
        var ran = await _shell.Run("epoch", "show", Write("7.epoch.json", "{}"));

        Assert.Equal(ExitCodes.Damaged, ran.ExitCode);
        Assert.Contains("is no epoch", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Epoch_ByItsNumber_IsThatOfTheService()
    {
        _shell.Service.On($"GET {Routes.Epoch("7")}", _ => FakeService.Bytes(Encoding.UTF8.GetBytes(Epoch)));

        var shown = await _shell.Run("epoch", "show", "7");
        Expectation.Matches("answers/epoch-show.txt", shown.Text);
        Assert.Equal(Epoch + "\n", (await _shell.Run("epoch", "show", "7", "--json")).Text);
        Assert.Equal(ExitCodes.Ok, (await _shell.Run("epoch", "verify", "7")).ExitCode);
    }

    /// <summary>A service that gives another epoch than the one that was asked for.</summary>
    [Fact]
    public async Task FileOfAnotherEpoch_IsNotTaken()
    {
        _shell.Service.On($"GET {Routes.Epoch("8")}", _ => FakeService.Bytes(Encoding.UTF8.GetBytes(Epoch)));

        var ran = await _shell.Run("epoch", "verify", "8");

        Assert.NotEqual(ExitCodes.Ok, ran.ExitCode);
        Assert.Contains("is that of epoch 7", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_ShowsHowFarEachIs()
    {
        var at = new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
        var epochs = new CommitteeEpochs([
            new CommitteeEpoch(3, CommitteeEpochState.Collecting, 24, Shares: 0, At: null, Until: null),
            new CommitteeEpoch(2, CommitteeEpochState.NotDrawn, 24, Shares: 2, at, Until: null),
            new CommitteeEpoch(1, CommitteeEpochState.Running, 23, Shares: 21, at.AddHours(-1), at),
        ]);
        _shell.Service.On($"GET {Routes.Epochs}", _ => FakeService.Json(epochs));

        Expectation.Matches("answers/epoch-list.txt", (await _shell.Run("epoch", "list")).Text);
    }

    private string Write(string file, string text) => _shell.Write(file, Encoding.UTF8.GetBytes(text));

    /// <summary>The file that a document shows, of several.</summary>
    internal static string Example(string document, int index)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, document));
        return lines.Where(line => line.StartsWith("  {\"format\"", StringComparison.Ordinal)).ElementAt(index)[2..];
    }
}
