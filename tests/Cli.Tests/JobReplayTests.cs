using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Tests;
using Marketplace.Worker;
using ReceiptSamples = Marketplace.Receipts.Tests.Samples;

namespace Marketplace.Cli.Tests;

/// <summary><c>market job replay</c>: what it refuses before it runs anything.</summary>
public sealed class JobReplayTests : IDisposable
{
    /// <summary>The receipt of a run by this build's rules.</summary>
    private static readonly ReceiptFile Receipt = Of(ReceiptSamples.Earlier.Receipt);

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task ModuleThatIsNotTheReceipts_IsTheCallersMistake()
    {
        var invocation = Receipt.Receipt.Execution.Invocation;
        _shell.Service.On($"GET {Routes.JobReceipt(invocation.Job)}", _ => FakeService.Bytes(Receipt.ToJson()));
        var other = "\0asm\u0001\0\0\0more"u8.ToArray();
        _shell.Write("other.wasm", other);

        var ran = await _shell.Run("job", "replay", $"{invocation.Job}", "--module", "other.wasm");

        Assert.Equal((ExitCodes.LocalFile, ""), (ran.ExitCode, ran.Text));
        Assert.StartsWith($"market: other.wasm is {IdDerivation.Blob(other)}; the receipt says {invocation.Module}.\n", ran.Error);
        Assert.Single(_shell.Service.Received);
    }

    private static ReceiptFile Of(Receipt receipt)
    {
        var execution = receipt.Execution;
        return ReceiptSamples.Sign(
            receipt with
            {
                Execution = execution with { Result = execution.Result with { Profile = Replay.Profile } },
            }
        );
    }
}
