using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Marketplace.Tests.Gateway;

/// <summary>Bodies whose length is not told are charged for what is read of them, and give it back however they end.</summary>
public sealed class ChargedBodyTests
{
    private const int Piece = GatewayPolicy.BodyPieceBytes;
    private const int All = GatewayPolicy.MemoryBytesMin;

    private readonly MemoryBudget _budget = new(Options.Create(new GatewayOptions { MemoryBytesMax = All }));

    [Fact]
    public async Task SmallBatchesWithoutLength_AreServedTogether()
    {
        await using var gateway = await GatewayFixture.Start(options => options.MemoryBytesMax = 32L * All);
        var gate = new TaskCompletionSource();
        gateway.Market.Gate = gate.Task;

        // Charged for the longest that they could be, sixteen would be the account's part.
        var sending = Enumerable.Range(0, 20).Select(_ => PostBatch(gateway, 1000)).ToArray();
        for (var batch = 0; batch < sending.Length; batch++)
        {
            await gateway.Market.UntilSubmitting();
        }
        gate.SetResult();

        foreach (var answer in await Task.WhenAll(sending))
        {
            Assert.Single((await answer.Read(ApiJson.Default.JobBatchResponse)).Results);
        }
        AssertAllIsFree(gateway.Services.GetRequiredService<MemoryBudget>(), 32L * All);
    }

    [Theory, InlineData(0), InlineData(1)]
    public async Task BodyWithoutLength_IsServedToTheLastFreeByte_AndRefusedBeyond(int beyond)
    {
        await using var gateway = await GatewayFixture.Start(options => options.MemoryBytesMax = All);
        var budget = gateway.Services.GetRequiredService<MemoryBudget>();
        using (budget.Take(GatewayFixture.Mallory, All - GatewayPolicy.BatchAnswerBytes - (3 * Piece), 0))
        {
            var sending = PostBatch(gateway, (3 * Piece) + beyond);

            if (beyond == 0)
            {
                Assert.Single((await (await sending).Read(ApiJson.Default.JobBatchResponse)).Results);
            }
            else
            {
                await sending.Refused(HttpStatusCode.ServiceUnavailable, ErrorCode.Unavailable);
            }
        }
        AssertAllIsFree(budget, All);
        Assert.Empty(gateway.LogLines);
        Assert.Equal(beyond == 0, !gateway.Market.Jobs.IsEmpty);
    }

    [Fact]
    public async Task LargestBodyWithoutLength_IsServedToAnAccountThatHasNothingElseUnderWay()
    {
        await using var gateway = await GatewayFixture.Start(options => options.MemoryBytesMax = All);

        using var response = await PostBatch(gateway, GatewayPolicy.BatchBodyBytesMax - 64 * 1024);

        Assert.Single((await response.Read(ApiJson.Default.JobBatchResponse)).Results);
        AssertAllIsFree(gateway.Services.GetRequiredService<MemoryBudget>(), All);
    }

    [Fact]
    public async Task BodyThatItsClientAborts_GivesBackWhatWasRead()
    {
        var gateway = await GatewayFixture.Start(options => options.MemoryBytesMax = All);
        var budget = gateway.Services.GetRequiredService<MemoryBudget>();
        using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync(IPAddress.Loopback, gateway.Url.Port, TestContext.Current.CancellationToken);
            var head =
                $"POST {Routes.JobsBatch} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {gateway.Key}\r\n"
                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n";
            await socket.SendAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);

            // The server says so when the body is being read.
            var begin = new byte[1024];
            var count = await socket.ReceiveAsync(begin, TestContext.Current.CancellationToken);
            Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(begin, 0, count), StringComparison.Ordinal);
            await socket.SendAsync(
                Encoding.ASCII.GetBytes($"{3 * Piece:X}\r\n{new string(' ', 3 * Piece)}\r\n"),
                TestContext.Current.CancellationToken
            );
            socket.LingerState = new LingerOption(true, 0);
        }

        // Stopping waits for what is under way.
        await gateway.DisposeAsync();
        AssertAllIsFree(budget, All);
        Assert.Empty(gateway.LogLines);
    }

    [Fact]
    public async Task BodyThatBreaksOff_WasChargedForWhatWasRead_AndIsFreeAfterwards()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var share = _budget.Take(GatewayFixture.Alice, Piece, 0);
        var body = new ChargedBody(pipe.Reader, share);

        await pipe.Writer.WriteAsync(new byte[Piece], TestContext.Current.CancellationToken);
        var first = await body.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Piece, share.Held.Body);

        // What is read again is not charged again.
        body.AdvanceTo(first.Buffer.GetPosition(Piece / 2), first.Buffer.End);
        await pipe.Writer.WriteAsync(new byte[Piece + 1], TestContext.Current.CancellationToken);
        body.AdvanceTo((await body.ReadAsync(TestContext.Current.CancellationToken)).Buffer.End);
        Assert.Equal(3 * Piece, share.Held.Body);

        await pipe.Writer.CompleteAsync(new ConnectionResetException("The client has gone."));
        await Assert.ThrowsAsync<ConnectionResetException>(() => body.ReadAsync(TestContext.Current.CancellationToken).AsTask());
        share.Dispose();
        AssertAllIsFree(_budget, All);
    }

    private static Task<HttpResponseMessage> PostBatch(GatewayFixture gateway, int size)
    {
        var json = $$"""{"jobs":[{"requestId":"a","program":"{{gateway.Program}}","priceMax":"1"}]}""".PadRight(size);
        var request = new HttpRequestMessage(HttpMethod.Post, Routes.JobsBatch)
        {
            Content = new StringContent(json, new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.TransferEncodingChunked = true;
        return gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static void AssertAllIsFree(MemoryBudget budget, long all)
    {
        using var whole = budget.Take(GatewayFixture.Mallory, all, 0);
    }
}
