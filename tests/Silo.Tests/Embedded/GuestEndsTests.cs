using System.Text;
using Marketplace.Engine.Guests;
using Marketplace.Guests.Tests;

namespace Marketplace.Tests.Silo;

/// <summary>
/// Whatever a guest does to choose its end, the client pays for the fuel: the real engine, worker, market and store, over HTTP. Retries are
/// off, so that a job which ends as the worker's failure says so at once.
/// </summary>
public sealed class GuestEndsTests(GuestEndsTests.OneSilo silo) : IClassFixture<GuestEndsTests.OneSilo>
{
    private const uint Key = Probe.Scratch;
    private const uint Text = Probe.Scratch + 0x1000;
    private const uint Out = Probe.Scratch + 0x2000;
    private const long WorkingDirectory = 3;
    private const long AllRights = (1 << 28) - 1;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhateverAGuestWritesOrAsks_ItsFuelIsPaid()
    {
        await using var client = silo.Process.Client();
        var onvm = await Deploy(client, "probe");
        var large = await client.Blobs.Put(new byte[GuestPolicy.BlobBytesMax + 1], Cancellation);

        // An empty key and the largest value under the longest key, each alone: both are applied.
        await MustComplete(client, onvm, new Probe().Call("onvm_state_put", Key, 0, Key, 1), 0);
        await MustComplete(
            client,
            onvm,
            new Probe()
                .Call("onvm_state_put", Key, GuestPolicy.StateKeyBytesMax, 0, GuestPolicy.StateValueBytesMax)
                .Call("onvm_state_put", Key, 1, 0, 1),
            0,
            -4
        );
        await MustComplete(
            client,
            onvm,
            new Probe().Call("onvm_state_exists", Key, 0).Call("onvm_state_len", Key, GuestPolicy.StateKeyBytesMax),
            1,
            GuestPolicy.StateValueBytesMax
        );

        // Two of the largest values, and the root that they give before they are kept.
        var grown = await Run(
            client,
            onvm,
            new Probe().Call("onvm_state_put", Key, 1, 0, GuestPolicy.StateValueBytesMax).Call("onvm_state_root", Out)
        );
        MustBePaid(grown, JobState.Completed, code: null);

        // A blob that no worker would fetch is known all the same, and not read.
        var id = Encoding.ASCII.GetBytes(large.Id.Value.ToString());
        await MustComplete(
            client,
            onvm,
            new Probe().Poke(Key, id.AsSpan()).Call("onvm_blob_exists", Key, 64).Call("onvm_blob_read", Key, 64, Out, uint.MaxValue),
            1,
            -7
        );

        // One file under many names would be given back as many times.
        var files = new Probe()
            .Poke(Text, "out/aout/b"u8)
            .Call("path_open", WorkingDirectory, 0, Text, 5, 1, AllRights, 0, 0, Out)
            .Call("fd_filestat_set_size", 4, (GuestPolicy.FileBytesMax / 2) + 1)
            .Call("path_link", 3, 0, Text, 5, 3, Text + 5, 5);
        MustBePaid(await Run(client, onvm, files), JobState.Failed, ErrorCode.OutputTooLarge);
    }

    [Fact]
    public async Task EntryPointOfTheLongestName_IsDeployedAndRun()
    {
        await using var client = silo.Process.Client();
        var name = new string('e', GuestPolicy.EntryPointNameBytesMax);
        await using var module = new MemoryStream(WithEntryPoint(name));
        var program = await client.Programs.Deploy(module, "long entry", cancellation: Cancellation);

        var job = await client.Jobs.Run(Request(program) with { EntryPoint = name }, cancellation: Cancellation);

        Assert.Equal([name], program.EntryPoints);
        Assert.Equal((JobState.Completed, null), (job.State, job.Reason));
    }

    private static async Task MustComplete(MarketplaceClient client, DeployedProgram program, Probe script, params long[] answers)
    {
        var job = await Run(client, program, script);
        MustBePaid(job, JobState.Completed, null);
        var output = await client.Jobs.Output(job, Cancellation);
        Assert.Equal(
            answers,
            Enumerable.Range(0, output.Length / sizeof(long)).Select(index => BitConverter.ToInt64(output, index * sizeof(long)))
        );
    }

    private static void MustBePaid(Job job, JobState state, ErrorCode? code)
    {
        Assert.True((job.State, job.Code) == (state, code), $"{job.State}, {job.Code}: {job.Reason}");
        Assert.True(job.FuelUsed > 0 && job.Charge > TokenAmount.Zero, $"{job.FuelUsed} fuel cost {job.Charge}");
    }

    private static Task<Job> Run(MarketplaceClient client, DeployedProgram program, Probe script) =>
        client.Jobs.Run(Request(program) with { Input = script.Script() }, cancellation: Cancellation);

    private static JobRequest Request(DeployedProgram program) =>
        new()
        {
            RequestId = Guid.NewGuid().ToString(),
            Program = program.Id,
            PriceMax = new TokenAmount(1_000_000),
            RetriesMax = 0,
        };

    private static async Task<DeployedProgram> Deploy(MarketplaceClient client, string fixture)
    {
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "fixtures", $"{fixture}.wasm"));
        return await client.Programs.Deploy(module, fixture, cancellation: Cancellation);
    }

    /// <summary>An ONVM program of the packed convention that returns nothing: type, function, memory, exports, code.</summary>
    private static byte[] WithEntryPoint(string name)
    {
        byte[] type = [1, 0x60, 2, 0x7f, 0x7f, 1, 0x7e];
        byte[] exports = [2, 6, .. "memory"u8, 2, 0, .. Number(name.Length), .. Encoding.UTF8.GetBytes(name), 0, 0];
        return
        [
            .. "\0asm"u8,
            1,
            0,
            0,
            0,
            .. Section(1, type),
            .. Section(3, [1, 0]),
            .. Section(5, [1, 0, 1]),
            .. Section(7, exports),
            .. Section(10, [1, 4, 0, 0x42, 0, 0x0b]),
        ];
    }

    /// <summary>Started once: what the tests deploy and run does not meet.</summary>
    public sealed class OneSilo : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();

        internal SiloProcess Process { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Process = await SiloProcess.Start(_folder.Path, Cancellation);

        public async ValueTask DisposeAsync()
        {
            await Process.DisposeAsync();
            _folder.Dispose();
        }
    }

    private static byte[] Section(byte id, byte[] content) => [id, .. Number(content.Length), .. content];

    private static byte[] Number(int value) => value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Number(value >> 7)];
}
