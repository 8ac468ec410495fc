using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;

namespace Marketplace.Chain.Tests;

/// <summary>Runs alone, so that what the process takes is what these tests take.</summary>
[CollectionDefinition(nameof(HugeAnswerTests), DisableParallelization = true)]
public sealed class HugeAnswerCollection;

/// <summary>A node that sends without end is cut at the limit of the answer, and takes no more memory than that.</summary>
[Collection(nameof(HugeAnswerTests))]
public sealed class HugeAnswerTests
{
    private const long Gibibyte = 1L << 30;

    /// <summary>Of all attempts: the buffers of the sockets on both sides take some megabytes before the node sees the end.</summary>
    private const long SentBytesMax = 32L << 20;
    private const long AllocatedBytesMax = 16L << 20;

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private static readonly byte[] Spaces = [.. Enumerable.Repeat((byte)' ', 64 * 1024)];

    [Fact]
    public async Task EndlessBody_IsCut()
    {
        await using var rig = new RpcRig();
        var sent = 0L;
        rig.Node.Speak = async (to, cancel) =>
        {
            await to.WriteAsync(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"u8.ToArray(),
                cancel
            );
            for (; sent < Gibibyte; sent += Spaces.Length)
            {
                await to.WriteAsync("10000\r\n"u8.ToArray(), cancel);
                await to.WriteAsync(Spaces, cancel);
                await to.WriteAsync("\r\n"u8.ToArray(), cancel);
            }
        };

        var allocated = await AllocatedByRefusal(rig, rig.Options, RpcFault.TooLarge);

        Assert.InRange(allocated, 0, AllocatedBytesMax);
        Assert.InRange(Interlocked.Read(ref sent), 1, SentBytesMax);
    }

    [Fact]
    public async Task DeclaredGibibyte_IsNotRead()
    {
        await using var rig = new RpcRig();
        rig.Node.Speak = async (to, cancel) =>
        {
            var head = $"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {Gibibyte}\r\n\r\n";
            await to.WriteAsync(Encoding.ASCII.GetBytes(head), cancel);
            await Task.Delay(Timeout.Infinite, cancel);
        };

        var allocated = await AllocatedByRefusal(rig, rig.Options, RpcFault.TooLarge);

        Assert.InRange(allocated, 0, AllocatedBytesMax);
    }

    /// <summary>A handler of the operator's may unpack what comes; what it unpacks is cut like anything else.</summary>
    [Fact]
    public async Task CompressedGibibyte_IsCut()
    {
        await using var rig = new RpcRig();
        var bomb = Bomb();
        rig.Node.Speak = async (to, cancel) =>
        {
            var head = string.Create(
                CultureInfo.InvariantCulture,
                $"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {bomb.Length}\r\n\r\n"
            );
            await to.WriteAsync(Encoding.ASCII.GetBytes(head), cancel);
            await to.WriteAsync(bomb, cancel);
        };
        using var unpacking = new HttpMessageInvoker(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All });

        var allocated = await AllocatedByRefusal(rig, rig.Options with { Invoker = unpacking }, RpcFault.TooLarge);

        Assert.InRange(allocated, 0, AllocatedBytesMax);
    }

    [Fact]
    public async Task EndlessHeaders_AreCut()
    {
        await using var rig = new RpcRig();
        rig.Node.Speak = async (to, cancel) =>
        {
            await to.WriteAsync("HTTP/1.1 200 OK\r\nx: "u8.ToArray(), cancel);
            while (true)
            {
                await to.WriteAsync(Spaces, cancel);
            }
        };

        var allocated = await AllocatedByRefusal(rig, rig.Options, RpcFault.TooLarge);

        Assert.InRange(allocated, 0, AllocatedBytesMax);
    }

    /// <summary>At the limit an answer is read; one byte beyond it is not.</summary>
    [Theory]
    [InlineData(0, null), InlineData(1, RpcFault.TooLarge)]
    public async Task Answer_MayHaveSoManyBytes(int beyond, RpcFault? fault)
    {
        await using var rig = new RpcRig();
        var rpc = new FailoverRpc(rig.Options);
        await rpc.GetBalance(SampleChain.Contract, BlockId.Of(5), Cancel);
        rig.Node.Speak = (to, cancel) =>
        {
            // The third call: two were in the first request.
            var body = """{"jsonrpc":"2.0","id":3,"result":"0x64"}""";
            return to.WriteAsync(ScriptedNode.Http(body + new string(' ', RpcPolicy.WordAnswerBytesMax - body.Length + beyond)), cancel)
                .AsTask();
        };

        // Further attempts ask for the chain again, to which this is no answer.
        await Record.ExceptionAsync(() => rpc.GetBalance(SampleChain.Contract, BlockId.Of(5), Cancel));

        Assert.Equal(fault, rig.Faults.FirstOrDefault()?.Fault);
    }

    /// <summary>Logs without members: they are counted before they are read.</summary>
    [Theory]
    [InlineData(0, RpcFault.MalformedValue), InlineData(1, RpcFault.TooManyValues)]
    public async Task Answer_MayHaveSoManyLogs(int beyond, RpcFault fault)
    {
        await using var rig = new RpcRig();
        var logs = string.Join(',', Enumerable.Repeat("{}", RpcPolicy.LogsMax + beyond));
        var body = $$"""[{"jsonrpc":"2.0","id":1,"result":"0x7a69"},{"jsonrpc":"2.0","id":2,"result":[{{logs}}]}]""";
        rig.Node.Speak = (to, cancel) => to.WriteAsync(ScriptedNode.Http(body), cancel).AsTask();

        await Assert.ThrowsAsync<RpcException>(() => new FailoverRpc(rig.Options).GetLogs(SampleChain.Filter, Cancel));

        Assert.Equal(fault, rig.Faults[0].Fault);
    }

    private static async Task<long> AllocatedByRefusal(RpcRig rig, RpcOptions options, RpcFault fault)
    {
        var rpc = new FailoverRpc(options);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var refused = await Assert.ThrowsAsync<RpcException>(() => rpc.GetBalance(SampleChain.Contract, BlockId.Of(5), Cancel));
        var after = GC.GetTotalAllocatedBytes(precise: true);
        Assert.Equal((fault, rig.Node.Endpoint.Name), (refused.Fault, refused.Endpoint));
        Assert.Equal(RpcPolicy.AttemptsMax, rig.Node.Requests);
        return after - before;
    }

    private static byte[] Bomb()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            for (var written = 0L; written < Gibibyte; written += Spaces.Length)
            {
                gzip.Write(Spaces);
            }
        }
        return packed.ToArray();
    }
}
